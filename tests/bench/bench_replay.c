/* SPDX-License-Identifier: GPL-2.0-only */
/* Replay of 24 h of 200 series under 40 rules at one reading a second: "what would these rules have done yesterday?" */
#include "engine/record/inputlog.h"
#include "engine/replay.h"
#include "tests/bench/rules.h"

#define SERIES 200
#define RULES 40
#define SECONDS (24 * 3600)

/* Walks between 0 and 60 %, with a spike now and then. */
static void move(struct series *s)
{
	for (unsigned i = 0; i < SERIES; i++) {
		int64_t v = s->readings[i].value + (int64_t)(series_random(s) % 20000) - 10000;
		s->readings[i].value = series_random(s) % 5000 ? CLAMP(v, 0, 600000) : 900000;
	}
}

static int record_day(struct series *s, struct buf *ret_tts)
{
	struct entities *entities = entities_new(ENTITY_DEFAULT_MAX);
	struct inputlog_options o = {.vocabulary = &s->vocabulary,
				     .period_ns = s->period_ns,
				     .rules_digest = "",
				     .entities = entities,
				     .ring_bytes = 256 << 20,
				     .checkpoint_every_ns = UINT64_MAX};
	struct inputlog *l = NULL;
	uint64_t begin_ns;
	int r = inputlog_new(&o, &l);
	for (unsigned t = 0; r == 0 && t < SECONDS; t++) {
		move(s);
		inputlog_input(l, &(struct input){.kind = INPUT_TICK,
						  .t_ns = (t + 1) * NS_PER_S,
						  .tick = {s->readings, SERIES}});
	}
	r = r < 0 ? r : inputlog_export(inputlog_fd(l), 0, UINT64_MAX, ret_tts, &begin_ns);
	inputlog_free(l);
	entities_free(entities);
	return r;
}

int main(void)
{
	static struct series s;
	_cleanup_buf_ struct buf tts = {0};
	_cleanup_(replay_done) struct replay_result result = {0};
	series_init(&s, SERIES, TIER_SECOND, /* period_ns= */ NS_PER_S, /* value= */ 200000);
	struct ruleset *set = series_rules(&s, RULES, SERIES / RULES);
	if (!set || record_day(&s, &tts) < 0)
		return 1;
	struct replay_options o = {.samples = tts.data, .len = tts.len, .rules = set, .vocabulary = &s.vocabulary};
	uint64_t begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	int r = replay_run(&o, &result);
	printf("%-28s %8.3f s for %llu readings, %zu firings, %.1f MiB of log\n", "replay of 24 h x 200 x 40",
	       (double)(clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin) / NS_PER_S, (unsigned long long)result.samples,
	       result.happening, (double)tts.len / (1 << 20));
	ruleset_free(set);
	return r < 0;
}
