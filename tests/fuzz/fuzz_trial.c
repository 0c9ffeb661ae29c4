/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes are a file of rule tests; what loads is played over a few rules. */
#include "rules/trial/trial.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mistakes.h"
#include "tests/unit/support/vocabulary.h"

#define TICKS_MAX 500U /* a longer series is only loaded */

static const char rule_text[] =
	"version: 1\nrules:\n"
	"  - {name: busy, params: {level: 50%}, when: 'cpu.sys > $level and rise(cpu.sys, 10s) > 5%', hold: 2s,\n"
	"     arm: {when: cpu.sys > 40%, detectors: [softirq], for: 5s}}\n"
	"  - {name: full, for_each: disk, when: disk.util > 90%, unknown: 'true'}\n"
	"  - {name: slow, when: 'any(disk, disk.await > 20ms)', clear_hold: 3s}\n"
	"  - {name: late, on: softirq, when: 'event.offtime_ns > 20ms and events(softirq, 10s) >= 2'}\n"
	"  - {name: killed, on: oom, for_each: cgroup, when: event.victim_comm == \"java\"}\n"
	"  - {name: bond, on: lacp, when: event.status != \"\"}\n";

static void play(const struct trial_test *t, const struct ruleset *set)
{
	const struct trial_options options = {.test = t, .rules = set, .vocabulary = test_vocabulary()};
	struct trial_result result = {0};
	for (size_t i = 0; i < t->n_series; i++)
		if (t->series[i].values.n > TICKS_MAX)
			return;
	int r = t->input ? 0 : trial_run(&options, &result);
	size_t differences = result.overflow;
	for (size_t i = 0; i < result.n; i++)
		differences += result.moments[i].differs;
	if ((r < 0 && r != -ENOMEM && r != -E2BIG) || differences != result.differences)
		abort();
	trial_result_done(&result);
}

static struct ruleset *load_rules(void)
{
	const struct load_options options = {.vocabulary = test_vocabulary()};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	if (!d || rules_load_text("rules.yaml", rule_text, sizeof(rule_text) - 1, &options, d, &set) < 0)
		abort();
	diagnostics_free(d);
	return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ruleset *set;
	struct diagnostics *d = diagnostics_new();
	struct suite *s = NULL;
	set = set ? set : load_rules();
	if (!d)
		return 0;
	int r = suite_load_text("fuzz.test.yaml", (const char *)data, size, test_vocabulary(), d, &s);
	for (size_t i = 0; r == 0 && i < s->n; i++) {
		suite_check(&s->tests[i], set, d);
		play(&s->tests[i], set);
	}
	suite_free(s);
	mistakes_done(d, r == -EINVAL);
	return 0;
}
