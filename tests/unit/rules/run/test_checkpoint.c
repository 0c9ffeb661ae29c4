/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine restored from a checkpoint goes on as the one that went on: random rules over random inputs. */
#include "tests/unit/support/test.h"

#include "engine/base/clock.h"
#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/dice.h"
#include "tests/unit/support/random_inputs.h"
#include "tests/unit/support/rig.h"
#include "tests/unit/support/vocabulary.h"

#define CASES 300
#define INPUTS 150

static struct machine *make_machine(const struct ruleset *set)
{
	static uint64_t periods[256];
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
		periods[i] = WORLD_PERIOD_NS;
	struct machine_options options = {.rules = set,
					  .vocabulary = test_vocabulary(),
					  .period_ns = periods,
					  .max_entities = WORLD_SLOTS + 2,
					  .host_limit = {5, 30 * NS_PER_S}};
	struct machine *m = NULL;
	assert_int_equal(machine_new(&options, &m), 0);
	return m;
}

static void say_all(void *ctx, const struct transition *t)
{
	buf_printf(ctx, "%llu %s %u %u %d%d%d %llu\n", (unsigned long long)t->t_ns, transition_name(t->kind), t->rule, t->entity,
		   t->token, t->cold, t->unarmed, (unsigned long long)t->true_since_ns);
}

static struct machine *restored(const struct machine *from, const struct ruleset *set)
{
	_cleanup_buf_ struct buf state = {0}, again = {0};
	struct machine *m = make_machine(set);
	assert_int_equal(machine_checkpoint(from, &state), 0);
	assert_int_equal(machine_restore(m, state.data, state.len), 0);
	assert_int_equal(machine_checkpoint(m, &again), 0);
	assert_int_equal(again.len, state.len);
	assert_memory_equal(again.data, state.data, state.len);
	return m;
}

static void interrupted(unsigned i)
{
	struct random_sets sets;
	struct world w;
	_cleanup_buf_ struct buf went_on = {0}, came_back = {0}, state = {0}, other = {0};
	dice_seed(i);
	random_rules(&sets);
	world_begin(&w, &sets);
	struct machine *m = make_machine(&sets.of[0]), *twin = NULL;
	unsigned at = (unsigned)dice_draw(INPUTS);
	for (unsigned k = 0; k < INPUTS; k++) {
		if (k == at) {
			twin = restored(m, &sets.of[0]);
			buf_clear(&went_on);
		}
		struct input in = world_next(&w);
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
	struct random_sets sets;
	struct world w;
	_cleanup_buf_ struct buf bytes = {0}, said = {0};
	unsigned refused = 0;
	(void)state;
	dice_seed(CASES);
	random_rules(&sets);
	world_begin(&w, &sets);
	struct machine *m = make_machine(&sets.of[0]);
	for (unsigned k = 0; k < INPUTS; k++) {
		struct input in = world_next(&w);
		machine_input(m, &in, say_all, &said);
	}
	machine_checkpoint(m, &bytes);
	machine_free(m);
	for (size_t i = 0; i < bytes.len; i++) {
		char was = bytes.data[i];
		bytes.data[i] = (char)dice_draw(256);
		m = make_machine(&sets.of[0]);
		int r = machine_restore(m, bytes.data, dice_chance(90) ? bytes.len : i);
		assert_true(r == 0 || r == -EBADMSG);
		refused += r < 0;
		for (unsigned k = 0; r == 0 && k < 5; k++) {
			struct input in = world_next(&w);
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
		cmocka_unit_test(a_restored_machine_goes_on_as_if_nothing_had_happened),
		cmocka_unit_test(foreign_bytes_are_refused_or_harmless),
		cmocka_unit_test(state_of_changed_rules_is_passed_over_and_they_are_cold_for_their_longest_span),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
