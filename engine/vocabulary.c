/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/vocabulary.h"

#include "engine/detect/detect.h"
#include "engine/source/source.h"
#include "snapshot/collect/collect.h"

#define COLLECTORS_MAX 64

const struct vocabulary *vocabulary(void)
{
	static struct collector_def collectors[COLLECTORS_MAX];
	static struct vocabulary v;
	if (v.n_signals)
		return &v;
	size_t n = MIN(collector_table_n, (size_t)COLLECTORS_MAX);
	for (size_t i = 0; i < n; i++)
		collectors[i] = (struct collector_def){collector_table[i].name, collector_table[i].summary};
	v = (struct vocabulary){
		.signals = signal_table,
		.n_signals = signal_table_n,
		.detectors = detector_defs,
		.n_detectors = detector_defs_n,
		.common_fields = event_common_fields,
		.n_common_fields = event_common_fields_n,
		.collectors = collectors,
		.n_collectors = n,
	};
	return &v;
}
