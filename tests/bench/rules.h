/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules over the made-up signals of series.h. */
#pragma once

#include "rules/load.h"
#include "tests/bench/series.h"

/* The sorts of conditions that the stock rules have, in turn, over every apart-th signal; NULL when they do not load. */
static inline struct ruleset *series_rules(const struct series *s, unsigned n, unsigned apart)
{
	static const char *const sorts[] = {
		"signal.%03u > 80%% and rise(signal.%03u, 10s) > 20%%",
		"avg(signal.%03u, 1m) > 55%% or last(signal.%03u, 1m) > 95%%",
		"p99(signal.%03u, 1m) > 85%% and signal.%03u > 50%%",
		"max(signal.%03u, 30s) > 85%% and slope(signal.%03u, 30s) > 1%%/s",
	};
	_cleanup_buf_ struct buf text = {0};
	const struct load_options options = {.vocabulary = &s->vocabulary};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	buf_add_str(&text, "version: 1\nrules:\n");
	for (unsigned i = 0; i < n; i++) {
		unsigned signal = i * apart;
		buf_printf(&text, "  - {name: r%u, summary: x, severity: info, for_each: host, hold: 2s, when: '", i);
		buf_printf(&text, sorts[i % ARRAY_SIZE(sorts)], signal, signal);
		buf_add_str(&text, "'}\n");
	}
	rules_load_text("bench", buf_str(&text), text.len, &options, d, &set);
	diagnostics_free(d);
	return set;
}
