/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_history [DIR]: the history on disk. The made-up day of day.h through the recorder (encoding, the writer's files,
 * folding), what it weighs, and its replay under 40 rules. With DIR it stays there, as DIR/history.
 */
#include <fcntl.h>

#include "engine/base/clock.h"
#include "engine/record/hourlog.h"
#include "engine/replay_hours.h"
#include "engine/vocabulary.h"
#include "rules/load.h"
#include "snapshot/store/hours.h"
#include "tests/bench/day.h"
#include "tests/unit/support/bundle.h"

/* CPU ns: of the daemon's side, of the writer's. */
struct cost {
	uint64_t encode_ns, write_ns;
};

static int record_second(struct day *d, struct hourlog *log, struct hours *hours, struct cost *cost)
{
	day_second(d);
	uint64_t begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	hourlog_second(log, d->t * NS_PER_S, d->readings, d->n);
	const struct buf *bytes = hourlog_pending(log);
	uint64_t encoded = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	int r = hours_append(hours, bytes->data, bytes->len);
	hourlog_sent(log);
	cost->encode_ns += encoded - begin;
	cost->write_ns += clock_now(CLOCK_PROCESS_CPUTIME_ID) - encoded;
	return r;
}

static void begin_recording(const struct day *d, struct hourlog *log)
{
	hourlog_input(log, &(struct input){.kind = INPUT_CLOCK, .clock = {0, DAY_BEGIN_S * (int64_t)NS_PER_S, 0}});
	for (uint16_t slot = ENTITY_HOST + 1; slot < entities_max(d->entities); slot++) {
		const struct entity *e = entities_get(d->entities, slot);
		if (e->alive)
			hourlog_input(log, &(struct input){.kind = INPUT_BORN, .born = {slot, e->kind, e->name}});
	}
}

static int record_day(struct day *d, const char *dir, struct cost *cost)
{
	static uint64_t period_ns[1024];
	struct inputlog_options o = {
		.vocabulary = vocabulary(), .period_ns = period_ns, .rules_digest = "", .entities = d->entities};
	struct hourlog *log = NULL;
	struct hours *hours = NULL;
	_cleanup_close_ int state = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < MIN(o.vocabulary->n_signals, ARRAY_SIZE(period_ns)); i++)
		period_ns[i] = NS_PER_S;
	int r = state < 0 ? -errno : hourlog_new(&o, 1, &log);
	r = r < 0 ? r : hours_open(state, &(struct hours_bounds){0}, (gid_t)-1, &hours);
	if (r == 0)
		begin_recording(d, log);
	while (r == 0 && d->t < DAY_SECONDS)
		r = record_second(d, log, hours, cost);
	if (hours)
		hours_close(hours);
	hourlog_free(log);
	return r;
}

static void tell_cost(const struct day *d, const struct cost *cost, const struct hours_extent *extent)
{
	double hours = DAY_SECONDS / 3600.0, bytes = (double)extent->bytes;
	double encode_ms = (double)cost->encode_ns / hours / 1e6, write_ms = (double)cost->write_ns / hours / 1e6;
	printf("history, %zu series at 1 Hz: %.2f bytes a reading; an hour costs %.2f MiB and %.0f ms of CPU (daemon %.0f, "
	       "writer %.0f)\n",
	       d->n, bytes / (double)d->n / DAY_SECONDS, bytes / (1 << 20) / hours, encode_ms + write_ms, encode_ms, write_ms);
}

static struct ruleset *load_rules(const struct day *day)
{
	_cleanup_buf_ struct buf text = {0};
	const struct load_options options = {.vocabulary = vocabulary()};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	size_t n;
	day_rules(day, DAY_TRACETRAP, &text);
	if (rules_load_text("day.yaml", buf_str(&text), text.len, &options, d, &set) < 0) {
		const struct diagnostic *all = diagnostics_all(d, &n);
		for (size_t i = 0; i < n; i++)
			fprintf(stderr, "day.yaml:%u: %s\n", all[i].at.line, all[i].message);
	}
	diagnostics_free(d);
	return set;
}

static int replay_day(const struct day *d, const char *path)
{
	_cleanup_(replay_done) struct replay_result result = {0};
	struct ruleset *set = load_rules(d);
	struct replay_hours_options hours = {.path = path};
	struct replay_options o = {.rules = set, .vocabulary = vocabulary()};
	uint64_t damaged = 0, begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	int r = set ? replay_hours(&hours, &o, &result, &damaged) : -EINVAL;
	double s = (double)(clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin) / NS_PER_S;
	printf("replay, 24 h of %zu series under %u rules: %.3f s of CPU (budget 1 s), %.1f million readings a second, %zu firings\n",
	       d->n, DAY_RULES, s, (double)result.samples / s / 1e6, result.happening);
	ruleset_free(set);
	return r < 0 || damaged || result.samples != d->n * DAY_SECONDS ? -EIO : 0;
}

int main(int argc, char *argv[])
{
	static struct day d;
	struct cost cost = {0};
	struct hours_extent extent = {0};
	char path[512], *scratch = argc > 1 ? NULL : scratch_make();
	const char *dir = scratch ? scratch : argv[1];
	snprintf(path, sizeof(path), "%s/" HOURS_DIR, dir);
	int r = day_init(&d);
	r = r < 0 ? r : record_day(&d, dir, &cost);
	r = r < 0 ? r : hours_extent(path, &extent);
	if (r == 0)
		tell_cost(&d, &cost, &extent);
	r = r < 0 ? r : replay_day(&d, path);
	day_done(&d);
	if (scratch)
		scratch_remove(scratch);
	return r < 0;
}
