/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/replay_hours.h"

#include "engine/base/clock.h"
#include "snapshot/store/hours.h"

#define WARM_NS (60 * NS_PER_S)

struct walk {
	const struct replay_hours_options *hours;
	struct hours_reader *reader;
	bool begun;
	uint64_t run, end_ns, end_realtime_ns; /* of the block before; end_ns as shifted */
	int64_t shift_ns;
};

/* How far to move the times of another run, so that it comes behind. */
static int64_t shift_of(const struct walk *w, const struct hourlog_block *b)
{
	uint64_t begin_realtime_ns = b->begin_ns + (uint64_t)b->realtime_offset_ns, between_ns = NS_PER_S;
	if (begin_realtime_ns > w->end_realtime_ns)
		between_ns = MAX(begin_realtime_ns - w->end_realtime_ns, between_ns);
	return (int64_t)(w->end_ns + between_ns - b->begin_ns);
}

static int next_piece(void *ctx, struct replay_piece *ret)
{
	struct walk *w = ctx;
	struct hourlog_block b;
	int r = hours_next(w->reader, &b);
	if (r <= 0)
		return r;
	bool same = w->run == b.run && b.begin_ns + (uint64_t)w->shift_ns >= w->end_ns;
	if (w->begun && !same)
		w->shift_ns = shift_of(w, &b);
	*ret = (struct replay_piece){.log = b.log, .len = b.len, .restarted = w->begun && !same, .shift_ns = w->shift_ns};
	w->begun = true;
	w->run = b.run;
	w->end_ns = b.end_ns + (uint64_t)w->shift_ns;
	w->end_realtime_ns = b.end_ns + (uint64_t)b.realtime_offset_ns;
	if (w->hours->progress)
		w->hours->progress(w->hours->ctx, hours_share(w->reader));
	return 1;
}

uint64_t replay_hours_warm_ns(const struct ruleset *set)
{
	uint64_t longest = WARM_NS;
	for (size_t i = 0; i < set->n; i++)
		longest = MAX(longest, set->rules[i].longest_span_ns + WARM_NS);
	return longest;
}

int replay_hours(const struct replay_hours_options *hours, const struct replay_options *options, struct replay_result *ret,
		 uint64_t *ret_damaged)
{
	struct walk w = {.hours = hours};
	struct replay_options with = *options;
	uint64_t from_ns = options->since_ns - MIN(options->since_ns, replay_hours_warm_ns(options->rules));
	int r = hours_read(hours->path, from_ns, options->until_ns ? options->until_ns : UINT64_MAX, &w.reader);
	if (r < 0)
		return r;
	with.next = next_piece;
	with.ctx = &w;
	r = replay_run(&with, ret);
	*ret_damaged = hours_damaged(w.reader);
	hours_read_done(w.reader);
	return r;
}
