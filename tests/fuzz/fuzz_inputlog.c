/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog.h"
#include "engine/replay.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/log_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ruleset *set;
	set = set ? set : log_rules();
	struct replay_options options = {.samples = data, .len = size, .rules = set, .vocabulary = test_vocabulary()};
	struct replay_result result = {0};
	if (replay_run(&options, &result) == 0 && result.happening + result.missed != result.n)
		abort();
	replay_done(&result);
	return 0;
}
