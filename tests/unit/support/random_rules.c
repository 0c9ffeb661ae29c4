/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/random_rules.h"

#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/dice.h"
#include "tests/unit/support/vocabulary.h"

/* One throw of the dice an expression: compilers work out arguments in orders of their own. */

static const char *const host_signals[] = {"cpu.sys", "tasks.d", "mem.used"};
static const char *const disk_signals[] = {"disk.util", "disk.await"};
static int64_t scale = 1;

static const char *pick_signal(enum entity_kind inside)
{
	return inside == ENTITY_KIND_DISK ? disk_signals[dice_draw(2)] :
	       inside == ENTITY_KIND_CPU  ? "cpu.sys" :
					    host_signals[dice_draw(3)];
}

static struct expr *make_leaf(enum entity_kind inside)
{
	static const uint64_t spans_s[] = {2, 3, 5, 10, 62};
	if (inside != ENTITY_KIND_HOST && dice_chance(15))
		return host_signal(pick_signal(ENTITY_KIND_HOST));
	if (dice_chance(30))
		return signal_now(pick_signal(inside));
	if (dice_chance(10))
		return events_of(inside == ENTITY_KIND_DISK ? "iolatency" : "softirq", spans_s[dice_draw(4)] * NS_PER_S);
	enum window_fn fn = (enum window_fn)dice_draw(WINDOW_FN_MAX_);
	const char *signal = pick_signal(inside);
	return window_of(fn, signal, spans_s[dice_draw(5)] * NS_PER_S);
}

static struct expr *make_number(enum entity_kind inside, unsigned depth)
{
	if (!depth || !dice_chance(30))
		return make_leaf(inside);
	if (dice_chance(15))
		return pair(EXPR_NEGATE, make_number(inside, depth - 1), NULL);
	enum expr_kind kind = (enum expr_kind)(EXPR_ADD + dice_draw(4));
	struct expr *a = make_number(inside, depth - 1);
	return pair(kind, a, make_number(inside, depth - 1));
}

/* NULL: all of them. */
static const char *pick_pattern(void)
{
	static const char *const patterns[] = {"*", "e[12]-*", "*-0", "e3-?"};
	return dice_chance(60) ? NULL : patterns[dice_draw(4)];
}

static struct expr *make_comparison(enum entity_kind inside, unsigned depth)
{
	enum expr_kind kind = (enum expr_kind)(EXPR_LESS + dice_draw(6));
	struct expr *a = make_number(inside, depth);
	if (dice_chance(15))
		return pair(kind, a, make_number(inside, 0));
	return pair(kind, a, number((double)(((int64_t)dice_draw(12) - 2) * scale), UNIT_NUMBER));
}

struct expr *random_truth(enum entity_kind inside, unsigned depth)
{
	if (depth && dice_chance(45)) {
		enum expr_kind kind = dice_chance(50) ? EXPR_AND : EXPR_OR;
		struct expr *a = random_truth(inside, depth - 1);
		return pair(kind, a, random_truth(inside, depth - 1));
	}
	if (depth && dice_chance(10))
		return pair(EXPR_NOT, random_truth(inside, depth - 1), NULL);
	if (depth && dice_chance(20)) {
		enum expr_kind kind = dice_chance(50) ? EXPR_ANY : EXPR_ALL;
		const char *pattern = pick_pattern();
		return over(kind, ENTITY_KIND_DISK, pattern, random_truth(ENTITY_KIND_DISK, 0));
	}
	if (depth && dice_chance(10)) {
		const char *pattern = pick_pattern();
		struct expr *tally = over(EXPR_TALLY, ENTITY_KIND_DISK, pattern, random_truth(ENTITY_KIND_DISK, 0));
		return pair(EXPR_GREATER_EQUAL, tally, number((double)dice_draw(3), UNIT_COUNT));
	}
	return dice_chance(3) ? constant(dice_chance(50)) : make_comparison(inside, depth);
}

/* What a rule on events asks of one; NULL: nothing. */
static struct expr *make_event_truth(enum entity_kind inside, const char *detector)
{
	if (dice_chance(30))
		return NULL;
	if (!streq(detector, "iolatency") || dice_chance(30))
		return random_truth(inside, 1);
	if (dice_chance(30))
		return field_of(detector, "disk", "sda");
	struct expr *field = field_of(detector, dice_chance(50) ? "bytes" : "sector", NULL);
	struct expr *truth = pair(EXPR_GREATER, field, number((double)dice_draw(10), UNIT_NUMBER));
	return dice_chance(50) ? truth : pair(EXPR_AND, truth, random_truth(inside, 0));
}

/* `form` counts all forms of all names. */
static void make_exceptions(struct rule *r, size_t form)
{
	static const enum entity_kind kinds[] = {ENTITY_KIND_DISK, ENTITY_KIND_CPU};
	static const char *const patterns[] = {"*", "e1-*", "e[24]-0"};
	static struct exception pool[RANDOM_NAMES * RANDOM_FORMS][2];
	static struct exception_match matches[RANDOM_NAMES * RANDOM_FORMS][2];
	r->exceptions = pool[form];
	r->n_exceptions = dice_chance(60) ? 1 + dice_draw(2) : 0;
	for (size_t i = 0; i < r->n_exceptions; i++) {
		struct exception *e = &pool[form][i];
		*e = (struct exception){.name = i ? "second" : "first"};
		e->days = dice_chance(70) ? EVERY_DAY : (uint8_t)(1 + dice_draw(EVERY_DAY));
		e->from_s = (uint32_t)dice_draw(DAY_S / 60) * 60;
		e->to_s = (uint32_t)(e->from_s + 60 + dice_draw(DAY_S / 60 - 2) * 60) % DAY_S;
		matches[form][i].kind = kinds[dice_draw(2)];
		matches[form][i].pattern = patterns[dice_draw(3)];
		e->matches = &matches[form][i];
		e->n_matches = dice_draw(2);
	}
}

static void make_arming(struct rule *r)
{
	static const uint16_t detectors[] = {0};
	if (!dice_chance(30))
		return;
	r->arm.when = dice_chance(50) ? random_truth(r->for_each, 0) : NULL;
	r->arm.detectors = detectors;
	r->arm.n_detectors = 1;
	r->arm.for_ns = (1 + dice_draw(5)) * NS_PER_S;
}

static void make_form(size_t form)
{
	static const char *const names[RANDOM_NAMES] = {"a", "b", "c", "d", "e"};
	static const char *const digests[] = {"a0", "a1", "b0", "b1", "c0", "c1", "d0", "d1", "e0", "e1"};
	static const enum entity_kind kinds[] = {ENTITY_KIND_HOST, ENTITY_KIND_DISK, ENTITY_KIND_CPU};
	enum entity_kind kind = kinds[dice_draw(3)];
	const char *on = dice_chance(85) ? NULL : kind == ENTITY_KIND_CPU ? "softirq" : "iolatency";
	struct rule *r = build_rule(names[form / RANDOM_FORMS], on ? make_event_truth(kind, on) : random_truth(kind, 2));
	r->digest = digests[form];
	r->for_each = kind;
	r->match = kind == ENTITY_KIND_HOST ? NULL : pick_pattern();
	r->on = on ? vocabulary_detector(test_vocabulary(), on) : -1;
	r->clear = dice_chance(30) ? random_truth(kind, 1) : NULL;
	r->hold_ns = dice_draw(4) * NS_PER_S;
	r->hold_of_ns = dice_chance(30) ? r->hold_ns + dice_draw(4) * NS_PER_S : 0;
	r->clear_hold_ns = dice_draw(3) * NS_PER_S;
	r->unknown = (enum unknown_policy)dice_draw(3);
	r->limits.entity = (struct limit){(uint32_t)dice_draw(3), 20 * NS_PER_S};
	make_exceptions(r, form);
	make_arming(r);
}

static void make_set(struct random_sets *s, size_t i)
{
	const struct rule *forms = build_ruleset()->rules;
	struct ruleset *set = &s->of[i];
	*set = (struct ruleset){.rules = s->rules[i]};
	snprintf(set->digest, sizeof(set->digest), "set%zu", i);
	for (size_t name = 0; name < RANDOM_NAMES; name++)
		if (i == 0 || dice_chance(75))
			s->rules[i][set->n++] = forms[name * RANDOM_FORMS + dice_draw(RANDOM_FORMS)];
}

void random_rules(struct random_sets *ret)
{
	build_reset();
	ret->scale = scale = dice_chance(70) ? 1 : 1000003;
	for (size_t form = 0; form < RANDOM_NAMES * RANDOM_FORMS; form++)
		make_form(form);
	for (size_t i = 0; i < RANDOM_SETS; i++)
		make_set(ret, i);
}
