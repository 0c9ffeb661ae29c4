/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules change while they watch: what was decided before, at and after is decided again from the log, bit by bit. */
#include "bpf/event.h"
#include "engine/replay.h"
#include "tests/unit/support/vocabulary.h"

#define LIVE_VOCABULARY test_vocabulary()
#include "tests/unit/engine/live.h"

#define CASES 60
#define TICKS 400

/* Each has a number in it that a reload may change. */
static const char *const pool[] = {
	"  - name: busy\n    summary: x\n    severity: major\n    for_each: host\n    hold: 500ms\n    clear_hold: 1s\n"
	"    when: cpu.sys > 50%% and rise(cpu.sys, %us) > 10%%\n    limits: {entity: 3/1m, rule: 4/1m}\n",
	"  - name: long\n    summary: x\n    severity: minor\n    for_each: host\n    when: avg(cpu.sys, %u9s) > 35%%\n"
	"    arm: {detectors: [softirq], for: 2s}\n    limits: {entity: 9/1m, rule: 9/1m}\n",
	"  - name: smooth\n    summary: x\n    severity: minor\n    for_each: host\n    when: ewma(cpu.sys, %us) > 40%%\n",
	"  - name: disks\n    summary: x\n    severity: info\n    for_each: disk\n    match: \"*\"\n"
	"    when: avg(disk.util, %us) > 45%%\n    hold: 1s of 3s\n    limits: {entity: 100/1m, rule: 100/1m}\n",
	"  - name: events\n    summary: x\n    severity: info\n    for_each: host\n    when: events(oom, %us) > 2\n"
	"    clear_hold: 2s\n    limits: {entity: 100/1m, rule: 100/1m}\n",
};

static unsigned draw(struct live *l, unsigned below)
{
	l->random = l->random * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(l->random >> 33) % below;
}

/* Any of the pool, each in one of three forms. */
static struct ruleset *draw_rules(struct live *l)
{
	_cleanup_buf_ struct buf text = {0};
	for (size_t i = 0; i < ARRAY_SIZE(pool); i++)
		if (draw(l, 4))
			buf_printf(&text, pool[i], draw(l, 3) + 2); /* NOLINT: one of ours */
	if (!text.len)
		buf_printf(&text, pool[0], 2U);
	return load(buf_str(&text), "", NULL);
}

static const struct rule *same_rule(const struct ruleset *set, const struct rule *r)
{
	const struct rule *other = ruleset_find(set, r->name);
	return other && streq(other->digest, r->digest) ? other : NULL;
}

/* As the engine does it. */
static void reload(struct live *l, const struct ruleset *old, const struct ruleset *set)
{
	const char *gone[8];
	struct inputlog_rule rules[8];
	struct input in = {.kind = INPUT_RELOAD, .reload = {set->digest, gone, 0}};
	for (size_t i = 0; i < old->n; i++)
		if (!same_rule(set, &old->rules[i]))
			gone[in.reload.n_gone++] = old->rules[i].name;
	take(l, in);
	uint16_t softirq = (uint16_t)vocabulary_detector(LIVE_VOCABULARY, "softirq");
	l->t_ns += draw(l, 3) ? 0 : 8 * NS_PER_S; /* what follows may well begin a segment */
	take(l, (struct input){.kind = INPUT_ATTACH, .attach = {softirq, draw(l, 2)}});
	struct machine *next = live_machine(l, set);
	assert_int_equal(machine_succeed(next, l->machine), 0);
	machine_free(l->machine);
	l->machine = next;
	struct inputlog_options o = live_rules(set, rules);
	assert_int_equal(inputlog_reload(l->log, &o), 0);
}

static uint16_t disk_named(struct live *l, unsigned n)
{
	char name[16];
	snprintf(name, sizeof(name), "sd%u", n);
	uint16_t slot = entities_find(l->entities, ENTITY_KIND_DISK, name);
	if (slot != ENTITY_NONE)
		return slot;
	slot = entities_add(l->entities, ENTITY_KIND_DISK, name);
	take(l, (struct input){.kind = INPUT_BORN, .born = {slot, ENTITY_KIND_DISK, entities_get(l->entities, slot)->name}});
	return slot;
}

static void happen(struct live *l)
{
	struct event_oom oom = {.h = {.kind = EVENT_OOM, .size = sizeof(oom), .t_ns = l->t_ns}};
	uint16_t disk = disk_named(l, draw(l, 3)), detector = (uint16_t)vocabulary_detector(LIVE_VOCABULARY, "oom");
	switch (draw(l, 30)) {
	case 0:
		take(l, (struct input){.kind = INPUT_GONE, .gone = {disk}});
		entities_remove(l->entities, disk);
		break;
	case 1:
	case 2:
	case 3:
		take(l, (struct input){.kind = INPUT_EVENT, .event = {detector, ENTITY_HOST, &oom, sizeof(oom)}});
		break;
	}
}

static void tick(struct live *l)
{
	uint16_t cpu = (uint16_t)vocabulary_signal(LIVE_VOCABULARY, "cpu.sys");
	uint16_t util = (uint16_t)vocabulary_signal(LIVE_VOCABULARY, "disk.util");
	struct reading r[2] = {{cpu, ENTITY_HOST, !draw(l, 50), 0}, {util, disk_named(l, draw(l, 3)), !draw(l, 50), 0}};
	for (size_t i = 0; i < 2; i++)
		r[i].value = r[i].unknown ? 0 : next_cpu(l);
	take(l, (struct input){.kind = INPUT_TICK, .tick = {r, 2}});
}

struct sets {
	struct ruleset *of[8];
	size_t n;
};

/* Readings four times a second, and a reload now and then. */
static void watch(struct live *l, uint64_t seed, struct sets *s)
{
	struct live dice = {.random = seed};
	uint16_t oom = (uint16_t)vocabulary_detector(LIVE_VOCABULARY, "oom");
	s->of[s->n++] = draw_rules(&dice);
	live_begin(l, s->of[0], seed);
	take(l, (struct input){.kind = INPUT_ATTACH, .attach = {oom, true}});
	for (unsigned i = 0; i < TICKS; i++) {
		l->t_ns += TICK_NS * 5 / 2;
		happen(l);
		tick(l);
		if (i % 80 != 40 + seed % 20 || s->n == ARRAY_SIZE(s->of))
			continue;
		s->of[s->n] = draw_rules(l);
		reload(l, s->of[s->n - 1], s->of[s->n]);
		s->n++;
	}
}

static void done(struct live *l, struct sets *s)
{
	live_end(l);
	for (size_t i = 0; i < s->n; i++)
		ruleset_free(s->of[i]);
}

static void expect_no_difference(const struct buf *tts, const struct ruleset *set, uint64_t seed, size_t *firings)
{
	_cleanup_(replay_done) struct replay_result r = {0};
	struct replay_options o = {.samples = tts->data, .len = tts->len, .rules = set, .vocabulary = LIVE_VOCABULARY};
	assert_int_equal(replay_run(&o, &r), 0);
	if (r.differences)
		fail_msg("seed %d: %s", (int)seed, r.difference);
	*firings += r.n;
}

static void any_of_the_sets_decides_the_same_across_random_reloads(void **state _unused_)
{
	size_t firings = 0;
	for (uint64_t seed = 1; seed <= CASES; seed++) {
		struct live l;
		struct sets s = {0};
		_cleanup_buf_ struct buf tts = {0};
		uint64_t begin_ns;
		watch(&l, seed * 7919, &s);
		assert_int_equal(inputlog_lost(l.log), 0);
		assert_int_equal(inputlog_export(inputlog_fd(l.log), 1000 * NS_PER_S + seed % 50 * NS_PER_S, UINT64_MAX, &tts, &begin_ns), 0);
		for (size_t i = 0; i < s.n; i++)
			expect_no_difference(&tts, s.of[i], seed, &firings);
		done(&l, &s);
	}
	assert_in_range(firings, CASES, CASES * 1000);
}

struct heard {
	const struct ruleset *set;
	const char *rule; /* the only one that is listened to */
	struct buf said;
};

static void hear(void *ctx, const struct transition *t)
{
	struct heard *h = ctx;
	if (streq(h->set->rules[t->rule].name, h->rule))
		buf_printf(&h->said, "%llu %s%s\n", (unsigned long long)t->t_ns, transition_name(t->kind), t->token ? "" : "!");
}

static void feed(struct machine *m, struct live *l, unsigned ticks, struct heard *h)
{
	uint16_t cpu = (uint16_t)vocabulary_signal(LIVE_VOCABULARY, "cpu.sys");
	for (unsigned i = 0; i < ticks; i++) {
		struct reading r = {cpu, ENTITY_HOST, false, next_cpu(l)};
		l->t_ns += TICK_NS;
		machine_input(m, &(struct input){.kind = INPUT_TICK, .t_ns = l->t_ns, .tick = {&r, 1}}, hear, h);
	}
}

/* 600 ticks; with a reload to `next` after so many of them. */
static void hear_all(const struct ruleset *set, const struct ruleset *next, unsigned at, const char *rule, struct buf *ret)
{
	struct live l = {.random = 77, .t_ns = 1000 * NS_PER_S, .cpu = 100000};
	struct heard h = {.set = set, .rule = rule};
	for (size_t i = 0; i < LIVE_VOCABULARY->n_signals; i++)
		l.period_ns[i] = TICK_NS;
	struct machine *m = live_machine(&l, set);
	feed(m, &l, at, &h);
	if (next) {
		struct machine *successor = live_machine(&l, next);
		assert_int_equal(machine_succeed(successor, m), 0);
		machine_free(m);
		m = successor;
		h.set = next;
	}
	feed(m, &l, 600 - at, &h);
	machine_free(m);
	*ret = h.said;
}

static void an_unchanged_rule_does_not_notice_a_reload(void **state _unused_)
{
	static const char other[] = "  - name: other\n    summary: x\n    severity: info\n    for_each: host\n"
				    "    when: avg(cpu.sys, 20s) > 99%\n";
	static const char smooth[] = "  - name: smooth\n    summary: x\n    severity: minor\n    for_each: host\n"
				     "    when: ewma(cpu.sys, 2s) > 40%\n    limits: {entity: 2/1m}\n";
	static const struct {
		const char *text, *name;
	} rules[] = {{busy_rule, "busy"}, {hot_rule, "hot"}, {smooth, "smooth"}};
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct ruleset *alone = load(rules[i].text, "", NULL), *two = load(other, rules[i].text, NULL);
		_cleanup_buf_ struct buf plain = {0};
		hear_all(alone, NULL, 0, rules[i].name, &plain);
		assert_true(plain.len > 100);
		for (unsigned at = 5; at < 600; at += 13) {
			_cleanup_buf_ struct buf wider = {0}, narrower = {0};
			hear_all(alone, two, at, rules[i].name, &wider);
			assert_string_equal(buf_str(&wider), buf_str(&plain));
			hear_all(two, alone, at, rules[i].name, &narrower);
			assert_string_equal(buf_str(&narrower), buf_str(&plain));
		}
		ruleset_free(alone);
		ruleset_free(two);
	}
}

static void what_a_removed_rule_was_at_ends(void **state _unused_)
{
	static const char *const gone[] = {"hot"};
	struct ruleset *set = load(busy_rule, hot_rule, NULL);
	struct live l;
	live_begin(&l, set, 3);
	while (!l.fired[1])
		live_run(&l, 1);
	struct rule_status s;
	take(&l, (struct input){.kind = INPUT_RELOAD, .reload = {"new", gone, 1}});
	assert_true(machine_status(l.machine, 1, ENTITY_HOST, &s));
	assert_int_equal(s.state, RULE_IDLE);
	live_end(&l);
	ruleset_free(set);
}

static void a_changed_rule_keeps_what_it_spent_of_its_limits(void **state _unused_)
{
	struct ruleset *set = load(busy_rule, "", NULL), *changed = load(busy_rule, "", "busy.level=60%");
	struct live l;
	struct rule_status before, after;
	live_begin(&l, set, 3);
	while (!l.fired[0])
		live_run(&l, 1);
	assert_true(machine_status(l.machine, 0, ENTITY_HOST, &before));
	reload(&l, set, changed);
	assert_true(machine_status(l.machine, 0, ENTITY_HOST, &after));
	assert_int_equal(after.state, RULE_IDLE);
	assert_int_equal(after.tokens_entity, 2);
	assert_int_equal(after.tokens_rule, before.tokens_rule);
	live_end(&l);
	ruleset_free(set);
	ruleset_free(changed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_of_the_sets_decides_the_same_across_random_reloads),
		cmocka_unit_test(an_unchanged_rule_does_not_notice_a_reload),
		cmocka_unit_test(what_a_removed_rule_was_at_ends),
		cmocka_unit_test(a_changed_rule_keeps_what_it_spent_of_its_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
