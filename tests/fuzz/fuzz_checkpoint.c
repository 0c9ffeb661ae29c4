/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/machine.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/support/build_rule.h"
#include "tests/unit/support/vocabulary.h"

static const struct ruleset *some_rules(void)
{
	build_reset();
	build_rule("a", above("cpu.sys", 50))->hold_ns = NS_PER_S;
	struct expr *jump = pair(EXPR_GREATER, window_of(WINDOW_P90, "disk.util", 5 * NS_PER_S), number(1, UNIT_PERCENT));
	build_rule("b", jump)->for_each = ENTITY_KIND_DISK;
	struct expr *often = pair(EXPR_GREATER, events_of("softirq", NS_PER_S), number(1, UNIT_COUNT));
	build_rule("c", pair(EXPR_OR, often, above("cpu.user", 50)));
	return build_ruleset();
}

/* Restores, takes a tick, and writes what it then is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine_options options = {.rules = some_rules(), .vocabulary = test_vocabulary(), .max_entities = 16};
	struct reading busy[] = {{.signal = 12, .value = 900000}, {.signal = 17, .entity = 1, .value = 900000}};
	struct input tick = {.kind = INPUT_TICK, .t_ns = NS_PER_S, .tick = {busy, ARRAY_SIZE(busy)}};
	_cleanup_buf_ struct buf again = {0};
	struct machine *m;
	if (machine_new(&options, &m) < 0)
		return 0;
	if (machine_restore(m, data, size) == 0) {
		machine_input(m, &tick, NULL, NULL);
		if (machine_checkpoint(m, &again) < 0)
			abort();
	}
	machine_free(m);
	return 0;
}
