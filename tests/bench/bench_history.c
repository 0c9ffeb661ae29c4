/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The history on disk: 24 h of 200 series at one reading a second through the recorder (encoding, the writer's files, folding),
 * what it weighs, and its replay under 40 rules. Two thirds of the series move, as those of a busy machine do.
 */
#include <fcntl.h>

#include "engine/record/hourlog.h"
#include "engine/replay_hours.h"
#include "snapshot/store/hours.h"
#include "tests/bench/rules.h"
#include "tests/unit/support/bundle.h"

#define SERIES 200
#define RULES 40
#define SECONDS (24 * 3600)
#define READINGS ((double)SERIES * SECONDS)
#define REALTIME_OFFSET INT64_C(1794999600000000000)

/* Walks between 0 and 60 %, with a spike now and then. */
static void move(struct series *s)
{
	for (unsigned i = 0; i < SERIES; i++) {
		int64_t v = s->readings[i].value + (int64_t)(series_random(s) % 20000) - 10000;
		if (i % 3 == 0)
			continue;
		s->readings[i].value = series_random(s) % 5000 ? CLAMP(v, 0, 600000) : 900000;
	}
}

/* CPU ns: of the daemon's side, of the writer's. */
struct cost {
	uint64_t encode_ns, write_ns;
};

static int record_second(struct series *s, struct hourlog *log, struct hours *hours, uint64_t t_ns, struct cost *cost)
{
	move(s);
	uint64_t begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	hourlog_second(log, t_ns, s->readings, SERIES);
	const struct buf *bytes = hourlog_pending(log);
	uint64_t encoded = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	int r = hours_append(hours, bytes->data, bytes->len);
	hourlog_sent(log);
	cost->encode_ns += encoded - begin;
	cost->write_ns += clock_now(CLOCK_PROCESS_CPUTIME_ID) - encoded;
	return r;
}

static int record_day(struct series *s, const char *dir, struct cost *cost)
{
	struct entities *entities = entities_new(ENTITY_DEFAULT_MAX);
	struct inputlog_options o = {
		.vocabulary = &s->vocabulary, .period_ns = s->period_ns, .rules_digest = "", .entities = entities};
	struct hourlog *log = NULL;
	struct hours *hours = NULL;
	_cleanup_close_ int state = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = state < 0 ? -errno : hourlog_new(&o, 1, &log);
	r = r < 0 ? r : hours_open(state, &(struct hours_bounds){0}, (gid_t)-1, &hours);
	if (r == 0)
		hourlog_input(log, &(struct input){.kind = INPUT_CLOCK, .clock = {0, REALTIME_OFFSET, 0}});
	for (unsigned t = 1; r == 0 && t <= SECONDS; t++)
		r = record_second(s, log, hours, t * NS_PER_S, cost);
	if (hours)
		hours_close(hours);
	hourlog_free(log);
	entities_free(entities);
	return r;
}

int main(void)
{
	static struct series s;
	struct cost cost = {0};
	struct hours_extent extent = {0};
	char path[512];
	char *dir = scratch_make();
	snprintf(path, sizeof(path), "%s/" HOURS_DIR, dir);
	series_init(&s, SERIES, TIER_SECOND, /* period_ns= */ NS_PER_S, /* value= */ 200000);
	struct ruleset *set = series_rules(&s, RULES, SERIES / RULES);
	int r = set ? record_day(&s, dir, &cost) : -EINVAL;
	r = r < 0 ? r : hours_extent(path, &extent);
	printf("%-28s %8.2f bytes per reading, %.2f MiB per hour\n", "history, 200 x 1 Hz", (double)extent.bytes / READINGS,
	       (double)extent.bytes / (1 << 20) / 24);
	printf("%-28s %8.1f ns per reading in the daemon, %.1f in the writer; %.1f us per second in all\n", "writing it",
	       (double)cost.encode_ns / READINGS, (double)cost.write_ns / READINGS,
	       (double)(cost.encode_ns + cost.write_ns) / SECONDS / 1e3);
	struct replay_hours_options hours = {.path = path};
	struct replay_options o = {.rules = set, .vocabulary = &s.vocabulary};
	struct replay_result result = {0};
	uint64_t damaged = 0, begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	r = r < 0 ? r : replay_hours(&hours, &o, &result, &damaged);
	printf("%-28s %8.3f s for %llu readings, %zu firings\n", "replay of 24 h x 200 x 40",
	       (double)(clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin) / NS_PER_S, (unsigned long long)result.samples,
	       result.happening);
	replay_done(&result);
	ruleset_free(set);
	scratch_remove(dir);
	return r < 0 || damaged;
}
