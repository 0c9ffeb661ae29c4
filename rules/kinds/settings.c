/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/kinds/tables.h"

static const struct kind rows[] = {
	{"TT901", "bad-unit",
	 "A setting of a detector in tracetrap.yaml has another unit than its threshold or its rate takes: times in ms or us, rates in "
	 "/s. `tracetrap detectors` shows each threshold with its unit.",
	 "detectors: {softirq: {threshold: 10}}", "detectors: {softirq: {threshold: 10ms}}"},
	{"TT902", "unknown-source",
	 "Readings come from the in-kernel tick (bpf) or from /proc (proc); auto asks the kernel which it allows.",
	 "--source ebpf", "--source bpf"},
	{"TT911", "not-of-the-event",
	 "A noise filter drops single events, before rules see them, so its condition looks at the fields of its event and nothing "
	 "else. What depends on signals is a rule's `except` or its `when`.",
	 "{detector: runqlat, when: cpu.sys > 45%}", "{detector: runqlat, when: event.comm == \"kswapd0\"}"},
	{"TT912", "no-stack",
	 "The detector records no stack, so no filter can go by one. Ask for the event's fields.",
	 "{detector: oom, stack: [purge]}", "{detector: oom, when: event.victim_comm == \"sh\"}"},
	{"TT913", "too-many-filters",
	 "There are 500 noise filters at most: each event is held against all of its detector. Join some by `or`.",
	 "a filter for each process", "{detector: syscall, when: event.comm == \"a\" or event.comm == \"b\"}"},
	{"TT921", "no-patterns",
	 "Nothing at this path has a pattern of the kernel's log, so the klog detector would see nothing. The stock ones stand in "
	 "/etc/tracetrap/klog; where the file or folder itself is missing, the detector is off.",
	 "patterns: []", "patterns: [{name: warn, match: '^WARNING: ', subsystem: kernel}]"},
	{"TT922", "too-many-patterns",
	 "There are 256 patterns of the kernel's log at most: each line is held against all of them. Join some by |.",
	 "{name: a, match: '^foo', …}, {name: a, match: '^bar', …}", "{name: a, match: '^(foo|bar)', …}"},
};

const struct kinds kinds_settings = {rows, ARRAY_SIZE(rows)};
