/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/stage.h"

#include "engine/base/io.h"
#include "snapshot/bundle/bundle.h"
#include "snapshot/wire.h"
#include "snapshot/worker.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <zstd.h>

#define FRAME_OVERHEAD 1024 /* tar header and padding, frame header, checksum, an entry of the seek table */
#define LEAST_CUT 512
#define ESTIMATE_LEVEL 3

struct kept {
	char member[160];
	int fd; /* -1: scratch that is not whole */
};

struct stage {
	int socket;
	const struct plan *plan;
	struct bundle_writer *bundle;
	struct ledger ledger;
	struct kept *kept;
	size_t n_kept;
	int error;
};

int stage_new(int socket, int fd, const struct plan *plan, struct stage **ret)
{
	_cleanup_free_ struct stage *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->socket = socket;
	s->plan = plan;
	s->ledger.fired_ns = plan->fired_ns;
	int r = bundle_writer_new(fd, plan->id, plan->clocks.realtime, &s->bundle);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}

/* Percent of the bundle up to which a collector may fill it. */
static unsigned share(const struct collector *collector)
{
	if (!collector || collector->always)
		return 98 - (collector ? MIN(collector->volatility, 10U) : 0);
	return 90 - 4 * MIN(collector->volatility, 10U);
}

uint64_t stage_allowance(uint64_t max_bytes, uint64_t used, const struct collector *collector)
{
	if (max_bytes == 0)
		return UINT64_MAX;
	uint64_t limit = max_bytes / 100 * share(collector);
	return limit > used ? limit - used : 0;
}

/* SIZE_MAX when it cannot be told. */
static size_t compressed_size(const char *data, size_t len)
{
	size_t bound = ZSTD_compressBound(len);
	_cleanup_free_ char *out = malloc(bound);
	size_t n = out ? ZSTD_compress(out, bound, data, len, ESTIMATE_LEVEL) : SIZE_MAX;
	return ZSTD_isError(n) ? SIZE_MAX : n;
}

bool stage_has_lines(const char *member)
{
	static const char *const wholes[] = {".data", ".json", ".svg", ".tts"};
	const char *end = strrchr(member, '.');
	for (size_t i = 0; end && i < ARRAY_SIZE(wholes); i++)
		if (streq(end, wholes[i]))
			return false;
	return true;
}

static size_t cut_after_line(const char *data, size_t len)
{
	const char *newline = memrchr(data, '\n', len);
	return newline ? (size_t)(newline - data) + 1 : 0;
}

size_t stage_fit(const char *data, size_t len, uint64_t room)
{
	size_t keep = len;
	room = room > FRAME_OVERHEAD ? room - FRAME_OVERHEAD : 0;
	while (keep > room) {
		size_t size = compressed_size(data, keep);
		if (size <= room)
			break;
		double ratio = size == SIZE_MAX ? 0.5 : 0.9 * (double)room / (double)size;
		keep = cut_after_line(data, (size_t)((double)keep * ratio));
		if (keep < LEAST_CUT)
			return 0;
	}
	return keep;
}

static int report(struct stage *s, enum worker_report_kind kind, const char *member)
{
	struct worker_report r = {.kind = kind,
				  .error = kind == WORKER_FAILED ? s->error : 0,
				  .bytes = s->bundle ? bundle_writer_bytes(s->bundle) : 0,
				  .t_ns = clock_now(CLOCK_MONOTONIC)};
	snprintf(r.member, sizeof(r.member), "%s", member);
	if (kind == WORKER_EXTENT && !s->ledger.first_member_ns)
		s->ledger.first_member_ns = r.t_ns;
	return wire_send(s->socket, &r, sizeof(r), NULL, 0, /* flags= */ 0);
}

/* The ledger's line, filled like `like`; its member's name is set already. */
static void add_line(struct stage *s, const struct ledger_entry *like)
{
	struct ledger_entry *line = ledger_add(&s->ledger, like->member);
	if (line)
		*line = *like;
	else
		s->error = -ENOMEM;
}

static void close_line(struct stage *s, struct ledger_entry *entry, int r)
{
	entry->present = r == 0;
	if (r < 0 && r != -ENOSPC) {
		entry->state = MEMBER_FAILED;
		snprintf(entry->reason, sizeof(entry->reason), "writing it into the bundle: %s", strerror(-r));
	}
	add_line(s, entry);
	if (r == 0)
		report(s, WORKER_EXTENT, entry->member);
}

int stage_add(struct stage *s, const char *member, const char *text, size_t len)
{
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	struct ledger_entry entry = {.state = MEMBER_COMPLETE, .begin_ns = now, .end_ns = now};
	snprintf(entry.member, sizeof(entry.member), "%s", member);
	snprintf(entry.collector, sizeof(entry.collector), "worker");
	bundle_writer_limit(s->bundle, UINT64_MAX);
	int r = bundle_add(s->bundle, member, text, len, &entry);
	close_line(s, &entry, r);
	return r;
}

/* What else is wrong with it stays: the state if that is a gap already, the reason in any case. */
static void say_cut(struct ledger_entry *entry, const struct plan *plan, size_t keep, size_t len)
{
	char before[sizeof(entry->reason)];
	memcpy(before, entry->reason, sizeof(before));
	int n = snprintf(entry->reason, sizeof(entry->reason), "%.100s%s", before, *before ? "; " : "");
	snprintf(entry->reason + n, sizeof(entry->reason) - (size_t)n, "%s of %" PRIu64 " bytes: %zu of %zu bytes kept",
		 plan->by_stage ? "store.stage" : "max_size", plan->max_bytes, keep, len);
	if (!member_state_is_gap(entry->state))
		entry->state = MEMBER_TRUNCATED;
}

/* The whole, or as much of it as the size bound leaves room for; -ENOSPC when that is nothing. */
static int add_fitting(struct stage *s, struct ledger_entry *entry, const char *data, size_t len)
{
	uint64_t used = bundle_writer_bytes(s->bundle);
	uint64_t room = stage_allowance(s->plan->max_bytes, used, collector_find(entry->collector));
	bundle_writer_limit(s->bundle, room == UINT64_MAX ? room : used + room);
	int r = bundle_add(s->bundle, entry->member, data, len, entry);
	if (r != -ENOSPC)
		return r;
	size_t keep = stage_has_lines(entry->member) ? stage_fit(data, len, room) : 0;
	if (keep)
		r = bundle_add(s->bundle, entry->member, data, keep, entry);
	say_cut(entry, s->plan, r == 0 ? keep : 0, len);
	return r;
}

/* Who reads scratch takes it for the whole: what was cut is not given out. */
static void keep_fd(struct stage *s, const struct ledger_entry *entry, int fd)
{
	struct kept *more = reallocarray(s->kept, s->n_kept + 1, sizeof(*more));
	if (!more)
		return;
	s->kept = more;
	bool is_cut = entry->member[0] == '.' && (fd < 0 || entry->state != MEMBER_COMPLETE);
	struct kept k = {.fd = is_cut ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0)};
	snprintf(k.member, sizeof(k.member), "%s", entry->member);
	if (is_cut || k.fd >= 0)
		more[s->n_kept++] = k;
}

static void add_file(struct stage *s, struct ledger_entry *entry, int fd)
{
	const void *data;
	size_t len;
	int r = wire_map(fd, &data, &len);
	if (r < 0) {
		entry->state = MEMBER_FAILED;
		snprintf(entry->reason, sizeof(entry->reason), "mapping its memory file: %s", strerror(-r));
		add_line(s, entry);
		return;
	}
	close_line(s, entry, add_fitting(s, entry, data, len));
	if (len)
		munmap((void *)data, len);
}

void stage_member(struct stage *s, const struct ledger_entry *entry, int fd)
{
	struct ledger_entry e = *entry;
	if (fd >= 0 || e.member[0] == '.')
		keep_fd(s, &e, fd);
	if (e.member[0] == '.')
		return;
	if (ledger_find(&s->ledger, e.member))
		snprintf(e.member, sizeof(e.member), "%.140s.%zu", entry->member, s->ledger.n);
	if (fd >= 0)
		add_file(s, &e, fd);
	else
		add_line(s, &e);
}

void stage_missing(struct stage *s, const char *member, enum member_state state, const char *reason)
{
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	struct ledger_entry entry = {.state = state, .begin_ns = now, .end_ns = now};
	snprintf(entry.member, sizeof(entry.member), "%s", member);
	snprintf(entry.collector, sizeof(entry.collector), "%s", member);
	snprintf(entry.reason, sizeof(entry.reason), "%s", reason);
	if (!ledger_find(&s->ledger, member))
		add_line(s, &entry);
}

static int ledger_fd(struct stage *s)
{
	_cleanup_buf_ struct buf text = {0};
	int r = ledger_json(&s->ledger, &text);
	return r < 0 ? r : wire_text("ledger", buf_str(&text));
}

int stage_read(struct stage *s, const char *member)
{
	if (streq(member, "ledger.json"))
		return ledger_fd(s);
	for (size_t i = 0; i < s->n_kept; i++) {
		if (!streq(s->kept[i].member, member))
			continue;
		if (s->kept[i].fd < 0)
			return -ENODATA;
		int fd = fcntl(s->kept[i].fd, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	return -ENOENT;
}

int stage_join(struct stage *s, const struct ledger_firing *firing)
{
	return ledger_add_firing(&s->ledger, firing);
}

int stage_finish(struct stage *s)
{
	_cleanup_buf_ struct buf text = {0};
	s->ledger.done_ns = clock_now(CLOCK_MONOTONIC);
	bundle_writer_limit(s->bundle, UINT64_MAX);
	int r = ledger_json(&s->ledger, &text);
	if (r == 0)
		r = bundle_add(s->bundle, "ledger.json", text.data, text.len, NULL);
	if (r == 0) {
		report(s, WORKER_EXTENT, "ledger.json");
		r = bundle_finish(s->bundle);
	}
	if (r < 0)
		s->error = r;
	report(s, s->error ? WORKER_FAILED : WORKER_DONE, "");
	return s->error;
}

struct stage *stage_free(struct stage *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_kept; i++)
		close_fd(&s->kept[i].fd);
	free(s->kept);
	bundle_writer_free(s->bundle);
	ledger_done(&s->ledger);
	free(s);
	return NULL;
}
