/* SPDX-License-Identifier: GPL-2.0-only */
/* One rule of each sort, so that whatever a log says reaches windows, quantifiers and events. */
#pragma once

#include "rules/load.h"
#include "tests/unit/support/vocabulary.h"

static inline struct ruleset *log_rules(void)
{
	static const char rules[] =
		"version: 1\nrules:\n"
		"  - {name: busy, summary: x, severity: info, for_each: host, when: 'rise(cpu.sys, 5s) > 10%', hold: 1s}\n"
		"  - {name: slow, summary: x, severity: info, for_each: disk, when: 'p99(disk.await, 10s) > 1ms'}\n"
		"  - {name: oom, summary: x, severity: info, for_each: host, on: oom}\n";
	const struct load_options options = {.vocabulary = test_vocabulary()};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	if (rules_load_text("fuzz", rules, strlen(rules), &options, d, &set) < 0)
		abort();
	diagnostics_free(d);
	return set;
}
