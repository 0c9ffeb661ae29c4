/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lines of the kernel's log say that something is wrong: data, in the files of conf/klog, read and complained about as
 * rules are. Pure but for reading the files.
 *
 *     version: 1
 *     patterns:
 *       - name: fs-error          # of the events; several patterns may share one
 *         match: '^EXT4-fs error \(device ([^)]+)\)'   # an extended regular expression, anywhere in the line
 *         subsystem: ext4
 *         device: 1               # the group of the expression that holds the device's name; 0: none
 *         lines: 0                # that belong to it and follow at once
 *         level: 3                # only lines as severe as this: 0 emergency … 7 debug
 *
 * Every line of the log is held against all of them, so a pattern's longest literal is looked for first.
 */
#pragma once

#include "rules/load.h"
#include "rules/run/match.h"

#define KLOG_PATTERNS_MAX 256
#define KLOG_GROUPS_MAX	  8
#define KLOG_LINES_MAX	  500

struct klog_pattern {
	const char *name, *subsystem;
	unsigned device; /* group; 0: none */
	unsigned lines, level;
	const char *literal; /* in every line that matches; "" when none is certain */
	regex_t regex;
};

struct klog_patterns; /* opaque; NULL: none at all */

/* All files of a path (see rules/files.h). 0; -EINVAL with errors in `diagnostics`, that there is no pattern being one;
 * -ENOMEM. `stamps` of what was read, NULL: not wanted. */
int klog_patterns_load(const char *path, struct stamps *stamps, struct diagnostics *diagnostics, struct klog_patterns **ret);
/* The same from memory. */
int klog_patterns_load_text(const char *name, const char *text, size_t len, struct diagnostics *diagnostics,
			    struct klog_patterns **ret);

/* The first one that a line (ended by NUL) matches; NULL: none. The device is empty where it tells none, and cut to `size`. */
const struct klog_pattern *klog_patterns_find(const struct klog_patterns *p, const char *line, unsigned level,
					      char *ret_device, size_t size);
size_t klog_patterns_count(const struct klog_patterns *p);
struct klog_patterns *klog_patterns_free(struct klog_patterns *p);

/* The longest run of characters that every match of an extended regular expression holds; "" when there is none. */
void klog_literal(const char *expression, char *ret, size_t size);
