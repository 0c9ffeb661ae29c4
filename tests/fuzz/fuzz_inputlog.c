/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog.h"
#include "engine/replay.h"
#include "rules/load.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/support/vocabulary.h"

/* One rule of each sort, so that whatever a log says reaches windows, quantifiers and events. */
static const char rules[] = "version: 1\nrules:\n"
			    "  - {name: busy, summary: x, severity: info, for_each: host, when: 'rise(cpu.sys, 5s) > 10%', hold: 1s}\n"
			    "  - {name: slow, summary: x, severity: info, for_each: disk, when: 'p99(disk.await, 10s) > 1ms'}\n"
			    "  - {name: oom, summary: x, severity: info, for_each: host, on: oom}\n";

static struct ruleset *load(void)
{
	const struct load_options options = {.vocabulary = test_vocabulary()};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	if (rules_load_text("fuzz", rules, strlen(rules), &options, d, &set) < 0)
		abort();
	diagnostics_free(d);
	return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ruleset *set;
	set = set ? set : load();
	struct replay_options options = {.samples = data, .len = size, .rules = set, .vocabulary = test_vocabulary()};
	struct replay_result result = {0};
	if (replay_run(&options, &result) == 0 && result.happening + result.missed != result.n)
		abort();
	replay_done(&result);
	return 0;
}
