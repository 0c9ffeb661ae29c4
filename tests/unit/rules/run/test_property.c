/* SPDX-License-Identifier: GPL-2.0-only */
/* Random rules over random inputs: the machine decides as the naive evaluator does, and a machine that was restored from
 * a checkpoint as the one that went on. A failure prints its seed. */
#include "tests/unit/support/test.h"

#include "bpf/event.h"
#include "rules/tell/why.h"
#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/naive.h"
#include "tests/unit/support/rig.h"
#include "tests/unit/support/vocabulary.h"

#define CASES 300
#define INPUTS 150
#define PERIOD_NS NS_PER_S

static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % below;
}

static bool chance(unsigned percent)
{
	return draw(100) < percent;
}

/* --- rules --- */

static const char *const host_signals[] = {"cpu.sys", "tasks.d", "mem.used"};
static const char *const disk_signals[] = {"disk.util", "disk.await"};

static const char *pick_signal(enum entity_kind inside)
{
	return inside == ENTITY_KIND_DISK ? disk_signals[draw(2)] : inside == ENTITY_KIND_CPU ? "cpu.sys" : host_signals[draw(3)];
}

static struct expr *make_number(enum entity_kind inside, unsigned depth);

static struct expr *make_leaf(enum entity_kind inside)
{
	static const uint64_t spans_s[] = {2, 3, 5, 10, 62};
	if (inside != ENTITY_KIND_HOST && chance(15))
		return host_signal(pick_signal(ENTITY_KIND_HOST));
	if (chance(30))
		return signal_now(pick_signal(inside));
	if (chance(10))
		return events_of(inside == ENTITY_KIND_DISK ? "iolatency" : "softirq", spans_s[draw(4)] * NS_PER_S);
	return window_of((enum window_fn)draw(WINDOW_FN_MAX_), pick_signal(inside), spans_s[draw(5)] * NS_PER_S);
}

static struct expr *make_number(enum entity_kind inside, unsigned depth)
{
	if (depth && chance(25))
		return pair((enum expr_kind)(EXPR_ADD + draw(4)), make_number(inside, depth - 1), make_number(inside, depth - 1));
	return make_leaf(inside);
}

static struct expr *make_truth(enum entity_kind inside, unsigned depth)
{
	if (depth && chance(45))
		return pair(chance(50) ? EXPR_AND : EXPR_OR, make_truth(inside, depth - 1), make_truth(inside, depth - 1));
	if (depth && chance(10))
		return pair(EXPR_NOT, make_truth(inside, depth - 1), NULL);
	if (depth && chance(20))
		return over(chance(50) ? EXPR_ANY : EXPR_ALL, ENTITY_KIND_DISK, NULL, make_truth(ENTITY_KIND_DISK, 0));
	if (depth && chance(10))
		return pair(EXPR_GREATER_EQUAL, over(EXPR_TALLY, ENTITY_KIND_DISK, NULL, make_truth(ENTITY_KIND_DISK, 0)),
			    number((double)draw(3), UNIT_COUNT));
	return pair((enum expr_kind)(EXPR_LESS + draw(6)), make_number(inside, depth), number((double)draw(12) - 2, UNIT_NUMBER));
}

static void make_exceptions(struct rule *r, size_t rule)
{
	static const enum entity_kind kinds[] = {ENTITY_KIND_DISK, ENTITY_KIND_CPU};
	static const char *const patterns[] = {"*", "e1-*", "e[24]-0"};
	static struct exception pool[5][2];
	static struct exception_match matches[5][2];
	r->exceptions = pool[rule];
	r->n_exceptions = chance(60) ? 1 + draw(2) : 0;
	for (size_t i = 0; i < r->n_exceptions; i++) {
		struct exception *e = &pool[rule][i];
		*e = (struct exception){.name = i ? "second" : "first", .days = (uint8_t)(chance(70) ? EVERY_DAY : 1 + draw(EVERY_DAY))};
		e->from_s = (uint32_t)draw(DAY_S / 60) * 60;
		e->to_s = (uint32_t)(e->from_s + 60 + draw(DAY_S / 60 - 2) * 60) % DAY_S;
		matches[rule][i] = (struct exception_match){kinds[draw(2)], patterns[draw(3)]};
		e->matches = &matches[rule][i];
		e->n_matches = draw(2);
	}
}

static void make_rules(void)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	static const enum entity_kind kinds[] = {ENTITY_KIND_HOST, ENTITY_KIND_DISK, ENTITY_KIND_CPU};
	static const uint16_t detectors[] = {0};
	build_reset();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		enum entity_kind kind = kinds[draw(3)];
		struct rule *r = build_rule(names[i], make_truth(kind, 2));
		r->for_each = kind;
		r->clear = chance(30) ? make_truth(kind, 1) : NULL;
		r->hold_ns = draw(4) * NS_PER_S;
		r->hold_of_ns = chance(30) ? r->hold_ns + draw(4) * NS_PER_S : 0;
		r->clear_hold_ns = draw(3) * NS_PER_S;
		r->unknown = (enum unknown_policy)draw(3);
		r->limits.entity = (struct limit){(uint32_t)draw(3), 20 * NS_PER_S};
		make_exceptions(r, i);
		if (chance(30)) {
			r->arm.when = chance(50) ? make_truth(kind, 0) : NULL;
			r->arm.detectors = detectors;
			r->arm.n_detectors = 1;
			r->arm.for_ns = (1 + draw(5)) * NS_PER_S;
		}
	}
}

/* --- inputs --- */

/* The world the inputs are about: who lives in which slot (disks in 1–3, cpus in 4–5). */
struct world {
	uint64_t t_ns;
	bool alive[NAIVE_SLOTS];
	unsigned births;
	struct reading readings[64];
	struct event_iolatency record;
	char name[32];
};

static enum entity_kind kind_of_slot(uint16_t slot)
{
	return slot == 0 ? ENTITY_KIND_HOST : slot <= 3 ? ENTITY_KIND_DISK : ENTITY_KIND_CPU;
}

static struct input make_birth_or_death(struct world *w)
{
	uint16_t slot = (uint16_t)(1 + draw(5));
	w->alive[slot] = !w->alive[slot];
	if (!w->alive[slot])
		return (struct input){.kind = INPUT_GONE, .t_ns = w->t_ns, .gone = {.entity = slot}};
	/* An old name comes back, or a new one takes the slot. */
	snprintf(w->name, sizeof(w->name), "e%u-%u", slot, chance(50) ? 0 : ++w->births);
	return (struct input){.kind = INPUT_BORN,
			      .t_ns = w->t_ns,
			      .born = {.entity = slot, .kind = kind_of_slot(slot), .name = w->name}};
}

static size_t read_slot(struct world *w, uint16_t slot, size_t n)
{
	static const char *const names[] = {"cpu.sys", "tasks.d", "mem.used", "disk.util", "disk.await"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint16_t signal = (uint16_t)vocabulary_signal(test_vocabulary(), names[i]);
		if (!(test_vocabulary()->signals[signal].kinds & ENTITY_BIT(kind_of_slot(slot))) || chance(8))
			continue;
		bool unknown = chance(6);
		int64_t value = unknown ? 0 : (int64_t)draw(10) - 1;
		w->readings[n++] = (struct reading){signal, slot, unknown, value};
	}
	return n;
}

static struct input make_tick(struct world *w)
{
	struct input in = {.kind = INPUT_TICK, .t_ns = w->t_ns, .tick = {.readings = w->readings}};
	for (uint16_t slot = 0; slot < 6; slot++)
		if ((slot == 0 || w->alive[slot]) && chance(95))
			in.tick.n = read_slot(w, slot, in.tick.n);
	return in;
}

static struct input make_event(struct world *w)
{
	uint16_t slot = (uint16_t)draw(6);
	bool disk = slot >= 1 && slot <= 3;
	return (struct input){.kind = INPUT_EVENT,
			      .t_ns = w->t_ns,
			      .event = {.detector = (uint16_t)vocabulary_detector(test_vocabulary(), disk ? "iolatency" : "softirq"),
					.entity = slot && w->alive[slot] ? slot : ENTITY_HOST,
					.record = &w->record,
					.len = sizeof(w->record)}};
}

static struct input make_attach(struct world *w)
{
	const char *detector = chance(50) ? "iolatency" : "softirq";
	return (struct input){.kind = INPUT_ATTACH,
			      .t_ns = w->t_ns,
			      .attach = {.detector = (uint16_t)vocabulary_detector(test_vocabulary(), detector),
					 .attached = chance(80)}};
}

/* Some day from 1960 to 2060, somewhere on earth. */
static struct input make_clock(const struct world *w)
{
	int64_t day = (int64_t)draw(36525) - 3652, s = day * (int64_t)DAY_S + (int64_t)draw(DAY_S);
	return (struct input){.kind = INPUT_CLOCK,
			      .t_ns = w->t_ns,
			      .clock = {.boottime_offset_ns = (int64_t)(w->t_ns / 2),
					.realtime_offset_ns = s * (int64_t)NS_PER_S + (int64_t)draw(NS_PER_S),
					.utc_offset_s = ((int32_t)draw(53) - 24) * 1800}};
}

static struct input make_input(struct world *w)
{
	static const uint64_t steps_ms[] = {0, 200, 500, 1000, 1000, 1000, 1000, 1500, 3000};
	unsigned what = (unsigned)draw(100);
	if (what < 75) {
		w->t_ns += steps_ms[draw(chance(90) ? 8 : 9)] * NS_PER_MS;
		return make_tick(w);
	}
	if (what < 80)
		return make_birth_or_death(w);
	w->t_ns += draw(300) * NS_PER_MS;
	if (what < 93)
		return make_event(w);
	if (what < 97)
		return make_attach(w);
	return make_clock(w);
}

/* --- the machine beside the naive evaluator --- */

static struct machine *make_machine(void)
{
	static uint64_t periods[256];
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
		periods[i] = PERIOD_NS;
	struct machine_options options = {.rules = build_ruleset(),
					  .vocabulary = test_vocabulary(),
					  .period_ns = periods,
					  .max_entities = NAIVE_SLOTS,
					  .host_limit = {5, 30 * NS_PER_S}};
	struct machine *m = NULL;
	assert_int_equal(machine_new(&options, &m), 0);
	return m;
}

static void say_states(void *ctx, const struct transition *t)
{
	if (t->kind != TRANSITION_ARM && t->kind != TRANSITION_DISARM)
		buf_printf(ctx, "%llu %s %u %u\n", (unsigned long long)t->t_ns, transition_name(t->kind), t->rule, t->entity);
	if (t->exception)
		buf_printf(ctx, "but %s\n", t->exception);
}

static bool same(double a, double b)
{
	return a == b || (a != a && b != b);
}

static void compare_terms(const struct machine *m, const struct naive *n, uint16_t rule, uint16_t slot)
{
	_cleanup_free_ struct why_term *terms = NULL;
	size_t n_terms;
	if (why_terms(m, rule, slot, &terms, &n_terms) < 0)
		return;
	for (size_t i = 0; i < n_terms; i++) {
		const struct expr *e = terms[i].expr;
		double value = 0;
		bool known = e->kind < EXPR_NOT && naive_number(n, e, terms[i].entity, &value);
		enum truth verdict = e->kind < EXPR_NOT ? TRUTH_UNKNOWN : naive_truth(n, e, terms[i].entity);
		if (terms[i].verdict != verdict || terms[i].known != known || (known && !same(terms[i].value, value)))
			print_error("rule %u entity %u term %zu (%d, fn %d): %d %d %.17g, naive %d %d %.17g\n", rule, slot, i,
				    e->kind, e->kind == EXPR_WINDOW ? (int)e->window.fn : -1, terms[i].verdict, terms[i].known,
				    terms[i].value, verdict, known, value);
		assert_int_equal(terms[i].verdict, verdict);
		assert_int_equal(terms[i].known, known);
		assert_true(!known || same(terms[i].value, value));
	}
}

static void compare_all(const struct machine *m, const struct naive *n)
{
	for (uint16_t rule = 0; rule < n->set->n; rule++)
		for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++) {
			struct rule_status s;
			const struct naive_watch *w = &n->watches[rule][slot];
			assert_int_equal(machine_status(m, rule, slot, &s), w->watched);
			if (!w->watched)
				continue;
			assert_int_equal(s.state, w->state);
			assert_int_equal(s.evaluated_ns, w->evaluated_ns);
			if (w->judged)
				assert_int_equal(s.verdict, w->verdict);
			compare_terms(m, n, rule, slot);
		}
}

static void seed_with(unsigned i)
{
	random_state = 0x9e3779b97f4a7c15u * (i + 1);
}

static void one_beside_the_other(unsigned i)
{
	struct world w = {.t_ns = PERIOD_NS};
	struct naive n;
	_cleanup_buf_ struct buf said = {0};
	seed_with(i);
	make_rules();
	struct machine *m = make_machine();
	naive_start(&n, build_ruleset(), test_vocabulary(), PERIOD_NS);
	for (unsigned k = 0; k < INPUTS; k++) {
		struct input in = make_input(&w);
		machine_input(m, &in, say_states, &said);
		naive_input(&n, &in);
		if (strcmp(buf_str(&said), buf_str(&n.said)) != 0)
			print_error("case %u, input %u\n", i, k);
		assert_string_equal(buf_str(&said), buf_str(&n.said));
		compare_all(m, &n);
	}
	naive_stop(&n);
	machine_free(m);
}

static void the_machine_decides_as_the_naive_evaluator_does(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CASES; i++)
		one_beside_the_other(i);
}

/* --- restored beside the one that went on --- */

static void say_all(void *ctx, const struct transition *t)
{
	buf_printf(ctx, "%llu %s %u %u %d%d%d %llu\n", (unsigned long long)t->t_ns, transition_name(t->kind), t->rule, t->entity,
		   t->token, t->cold, t->unarmed, (unsigned long long)t->true_since_ns);
}

static struct machine *restored(const struct machine *from)
{
	_cleanup_buf_ struct buf state = {0}, again = {0};
	struct machine *m = make_machine();
	assert_int_equal(machine_checkpoint(from, &state), 0);
	assert_int_equal(machine_restore(m, state.data, state.len), 0);
	assert_int_equal(machine_checkpoint(m, &again), 0);
	assert_int_equal(again.len, state.len);
	assert_memory_equal(again.data, state.data, state.len);
	return m;
}

static void interrupted(unsigned i)
{
	struct world w = {.t_ns = PERIOD_NS};
	_cleanup_buf_ struct buf went_on = {0}, came_back = {0}, state = {0}, other = {0};
	seed_with(i + CASES);
	make_rules();
	struct machine *m = make_machine(), *twin = NULL;
	unsigned at = (unsigned)draw(INPUTS);
	for (unsigned k = 0; k < INPUTS; k++) {
		if (k == at) {
			twin = restored(m);
			buf_clear(&went_on);
		}
		struct input in = make_input(&w);
		machine_input(m, &in, say_all, &went_on);
		if (twin)
			machine_input(twin, &in, say_all, &came_back);
	}
	if (strcmp(buf_str(&went_on), buf_str(&came_back)) != 0)
		print_error("case %u, checkpoint before input %u\n", i, at);
	assert_string_equal(buf_str(&went_on), buf_str(&came_back));
	machine_checkpoint(m, &state);
	machine_checkpoint(twin, &other);
	assert_int_equal(state.len, other.len);
	assert_memory_equal(state.data, other.data, state.len);
	machine_free(m);
	machine_free(twin);
}

static void a_restored_machine_goes_on_as_if_nothing_had_happened(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CASES; i++)
		interrupted(i);
}

/* Whatever a stranger wrote: it is refused or taken, and the machine goes on without a crash (SAN=1 sees more). */
static void foreign_bytes_are_refused_or_harmless(void **state)
{
	struct world w = {.t_ns = PERIOD_NS};
	_cleanup_buf_ struct buf bytes = {0}, said = {0};
	unsigned refused = 0;
	(void)state;
	seed_with(2 * CASES);
	make_rules();
	struct machine *m = make_machine();
	for (unsigned k = 0; k < INPUTS; k++) {
		struct input in = make_input(&w);
		machine_input(m, &in, say_all, &said);
	}
	machine_checkpoint(m, &bytes);
	machine_free(m);
	for (size_t i = 0; i < bytes.len; i++) {
		char was = bytes.data[i];
		bytes.data[i] = (char)draw(256);
		m = make_machine();
		int r = machine_restore(m, bytes.data, chance(90) ? bytes.len : i);
		assert_true(r == 0 || r == -EBADMSG);
		refused += r < 0;
		for (unsigned k = 0; r == 0 && k < 5; k++) {
			struct input in = make_input(&w);
			machine_input(m, &in, say_all, &said);
		}
		machine_free(m);
		bytes.data[i] = was;
	}
	assert_true(refused > bytes.len / 20);
}

static void state_of_changed_rules_is_passed_over_and_they_are_cold_for_their_longest_span(void **state)
{
	struct rig rig;
	_cleanup_buf_ struct buf bytes = {0};
	(void)state;
	build_reset();
	build_rule("kept", above("cpu.sys", 50));
	build_rule("changed", above("cpu.sys", 50));
	rig_start(&rig, build_ruleset());
	rig_read(&rig, 1000, ENTITY_HOST, "cpu.sys", 80);
	assert_string_equal(rig_said(&rig), "1s fired kept host\n1s fired changed host\n");
	assert_int_equal(machine_checkpoint(rig.m, &bytes), 0);
	rig_stop(&rig);
	struct rule *changed = (struct rule *)&build_ruleset()->rules[1];
	changed->digest = "another";
	changed->longest_span_ns = 5 * NS_PER_S;
	rig_start(&rig, build_ruleset());
	assert_int_equal(machine_restore(rig.m, bytes.data, bytes.len), 0);
	rig_read(&rig, 2000, ENTITY_HOST, "cpu.sys", 80);
	rig_read(&rig, 3000, ENTITY_HOST, "cpu.sys", 10);
	rig_read(&rig, 6500, ENTITY_HOST, "cpu.sys", 80);
	assert_string_equal(rig_said(&rig), "2s fired changed host?\n3s ended kept host\n3s ended changed host\n"
					    "6.500s fired kept host\n6.500s fired changed host\n");
	rig_stop(&rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_machine_decides_as_the_naive_evaluator_does),
		cmocka_unit_test(a_restored_machine_goes_on_as_if_nothing_had_happened),
		cmocka_unit_test(foreign_bytes_are_refused_or_harmless),
		cmocka_unit_test(state_of_changed_rules_is_passed_over_and_they_are_cold_for_their_longest_span),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
