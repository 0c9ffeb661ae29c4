/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/events.h"

#include "snapshot/collect/collectors.h"
#include "snapshot/collect/kernel_names.h"

/* Looked up only if an event has a stack. */
struct names {
	struct collect *c;
	struct kallsyms *symbols;
	bool tried;
	char text[160];
};

static const char *name_of(void *ctx, uint64_t address)
{
	struct names *n = ctx;
	struct ksym found;
	if (!n->tried && collect_kernel_names(n->c, &n->symbols) < 0)
		n->symbols = NULL;
	n->tried = true;
	if (!kallsyms_find(n->symbols, address, &found, NULL))
		return NULL;
	return kallsyms_format(n->symbols, address, n->text, sizeof(n->text));
}

static void print_events(struct collect *c, struct ring_snapshot *snapshot, FILE *to)
{
	const struct clocks *clocks = &collect_plan(c)->clocks;
	int64_t offset = (int64_t)(clocks->realtime - clocks->monotonic);
	_cleanup_buf_ struct buf line = {0};
	struct names names = {.c = c};
	struct ring_record rec;
	while (ring_snapshot_next(snapshot, &rec)) {
		const char *entity;
		const struct event *event;
		uint32_t len;
		if (!events_parse(&rec, &entity, &event, &len) || event->t_ns < collect_from_ns(c) ||
		    event->t_ns > collect_until_ns(c))
			continue;
		buf_clear(&line);
		event_json(&line, collect_vocabulary(c), event, len, entity, offset, name_of, &names);
		fprintf(to, "%s\n", buf_str(&line));
	}
	kallsyms_free(names.symbols);
}

int collect_events(struct collect *c)
{
	struct ring_snapshot *snapshot;
	if (collect_fd(c, CAPTURE_FD_EVENTS) < 0) {
		collect_missing(c, "events.jsonl", MEMBER_UNSUPPORTED, "there is no ring of events");
		return 0;
	}
	int r = ring_snapshot_take(collect_fd(c, CAPTURE_FD_EVENTS), collect_from_ns(c), collect_until_ns(c), &snapshot);
	if (r < 0)
		return r;
	FILE *to = collect_open(c, "events.jsonl");
	if (to) {
		uint64_t lost = ring_snapshot_lost(snapshot);
		print_events(c, snapshot, to);
		collect_begin_ns(c, ring_snapshot_wrapped(snapshot) ? ring_snapshot_begin(snapshot) : collect_from_ns(c));
		collect_close(c, lost ? MEMBER_LOSSY : MEMBER_COMPLETE, lost ? "no room in the ring" : NULL, lost);
	}
	ring_snapshot_free(snapshot);
	return 0;
}
