/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/course_live.h"

#include "engine/base/clock.h"
#include "engine/replay.h"
#include "tests/unit/support/dice.h"
#include "tests/unit/support/vocabulary.h"

/* Those of the lines that tell of rules as this set has them. */
static void keep_lines(const struct ruleset *set, const char *from, const char *end, struct buf *out)
{
	while (from < end) {
		const char *next = (const char *)memchr(from, '\n', (size_t)(end - from)) + 1;
		for (size_t i = 0; i < set->n; i++)
			if (memcmp(from, set->rules[i].digest, 2) == 0)
				buf_add(out, from, (size_t)(next - from));
		from = next;
	}
}

struct listener {
	const struct course *c;
	const struct ruleset *set;
	struct buf heard;
};

static void hear(void *ctx, const struct recorded_transition *t)
{
	struct listener *l = ctx;
	course_line(l->c, ruleset_find(l->set, t->rule)->digest, t, &l->heard);
}

static bool is_same_text(const struct buf *decided, const struct buf *again)
{
	size_t at = 0;
	if (decided->len == again->len && memcmp(decided->data ?: "", again->data ?: "", decided->len) == 0)
		return true;
	while (at < decided->len && at < again->len && decided->data[at] == again->data[at])
		at++;
	while (at > 0 && decided->data[at - 1] != '\n')
		at--;
	fprintf(stderr, "live:     %.100s\nreplayed: %.100s\n", buf_str(decided) + at, buf_str(again) + at);
	return false;
}

/* `live` is how much had been decided where the log begins. */
static bool replays(struct course *c, const struct buf *tts, size_t live, const struct ruleset *set)
{
	struct listener l = {.c = c, .set = set};
	_cleanup_buf_ struct buf decided = {0};
	_cleanup_(replay_done) struct replay_result result = {0};
	struct replay_options o = {.samples = tts->data,
				   .len = tts->len,
				   .rules = set,
				   .vocabulary = test_vocabulary(),
				   .decided = hear,
				   .decided_ctx = &l};
	int r = replay_run(&o, &result);
	keep_lines(set, c->live.data + live, c->live.data + c->live.len, &decided);
	bool same = r == 0 && !result.differences && !result.lost && is_same_text(&decided, &l.heard);
	if (!same)
		fprintf(stderr, "replay of %s: %d, %llu differences, %llu lost: %s\n", set->digest, r,
			(unsigned long long)result.differences, (unsigned long long)result.lost, result.difference);
	for (size_t i = 0; i < l.heard.len; i++)
		c->sum->replayed += l.heard.data[i] == '\n';
	buf_done(&l.heard);
	return same;
}

/* From the last checkpoint at or before from_ns; every set that may have held. */
static bool replays_from(struct course *c, uint64_t from_ns, unsigned first_set, unsigned n_sets)
{
	_cleanup_buf_ struct buf tts = {0};
	uint64_t begin_ns = 0;
	size_t at = c->n_checkpoints;
	int r = inputlog_export(inputlog_fd(c->log), from_ns, UINT64_MAX, &tts, &begin_ns);
	while (at > 0 && c->checkpoints[at - 1].t_ns > begin_ns)
		at--;
	if (r < 0 || begin_ns > from_ns || at == 0 || c->checkpoints[at - 1].t_ns != begin_ns) {
		fprintf(stderr, "export: %d, begin %llu\n", r, (unsigned long long)begin_ns);
		return false;
	}
	bool same = true;
	for (unsigned i = 0; i < n_sets; i++)
		same &= replays(c, &tts, c->checkpoints[at - 1].live, &c->sets.of[first_set + i]);
	return same;
}

bool course_replays(struct course *c)
{
	uint64_t within_ns = WORLD_PERIOD_NS + dice_draw(c->world.t_ns);
	if (inputlog_lost(c->log)) {
		fprintf(stderr, "the log lost %llu records\n", (unsigned long long)inputlog_lost(c->log));
		return false;
	}
	return replays_from(c, WORLD_PERIOD_NS, 0, c->reloads ? RANDOM_SETS : 1) &&
	       replays_from(c, within_ns, c->world.set, 1);
}
