/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of rule tests. It stands beside the rules and names them; each test gives readings and events, and what the rules
 * are to do with them:
 *
 *     version: 1
 *     rules: [../cpu-sys-spike.yaml]              # files or folders, from here
 *     tests:
 *       - name: a spike fires once it has held
 *         interval: 100ms                         # of the series; 1s if left out
 *         starts: 2026-01-05T12:00:00             # local time, for exceptions; this Monday's noon if left out
 *         set: {cpu-sys-spike.level: 60%}         # as --set
 *         attached: [oom]                         # armed detectors that need no arming here
 *         series:
 *           cpu.sys: 10%x99 70%x20 10%x60         # rules/trial/notation.h
 *           disk.util{vda}: 5%x30
 *         gone: [{at: 2s, entity: disk vda}]
 *         events: [{at: 5s, kind: oom, entity: /a, fields: {victim_comm: java}}]
 *         expect:
 *           - {rule: cpu-sys-spike, entity: host, fires_at: 10.6s, clears_at: [17.1s], arms_at: 10s}
 *
 * instead of series, gone and events:     input: incident.tar.zst      # a bundle, or its samples.tts, from here
 * or a slice of the history on disk:      input: history               # a directory, or the file of one hour
 *                                         since: 2026-11-20T14:10:00Z   # UTC; both may be left out
 *                                         until: 2026-11-20T14:20:00Z
 *
 * Time begins with the first reading, of a slice with the first since `since`; what lies before fills the windows. What fires without being expected is a failure, captured (fires_at) or not
 * (suppressed_at, by its limits; excepted_at). The other moments (clears_at, gone_at, arms_at, disarms_at) are compared where they are
 * given; [] says: never. Of one time, readings come before events, and what is gone goes first.
 *
 * Always-on detectors are attached; armed ones while a rule under test arms them, and what is not attached sees nothing.
 */
#pragma once

#include "engine/base/transition.h"
#include "rules/load.h"
#include "rules/trial/notation.h"

#define SUITE_ENTITIES_MAX 256U

enum moment_kind {
	MOMENT_FIRES,
	MOMENT_SUPPRESSED,
	MOMENT_EXCEPTED,
	MOMENT_CLEARS,
	MOMENT_GONE,
	MOMENT_ARMS,
	MOMENT_DISARMS,
	MOMENT_KINDS_,
};

const char *moment_name(enum moment_kind kind); /* "fires" */

struct trial_entity {
	enum entity_kind kind;
	const char *name;
};

struct trial_series {
	uint16_t signal, entity; /* index in the test's entities */
	struct values values;
};

struct trial_event {
	uint64_t at_ns;
	uint16_t detector, entity;
	void *record; /* struct event and what follows */
	uint32_t len;
};

struct trial_gone {
	uint64_t at_ns;
	uint16_t entity;
};

struct moments_expected {
	bool given;
	const uint64_t *at_ns;
	size_t n;
};

struct expectation {
	const char *rule, *entity;
	struct position rule_at, entity_at;
	struct moments_expected of[MOMENT_KINDS_];
};

struct trial_test {
	const char *name;
	struct position at;
	uint64_t interval_ns;
	int64_t starts_s; /* as if local time were UTC */
	const char *input; /* NULL: series and events */
	uint64_t since_ns, until_ns; /* realtime, of an input that is a history; 0: not given */
	const char **overrides; /* "RULE.PARAM=VALUE" */
	struct position set_at;
	size_t n_overrides;
	struct trial_entity *entities; /* the host first */
	size_t n_entities;
	const uint16_t *attached;
	size_t n_attached;
	struct trial_series *series;
	size_t n_series;
	struct trial_event *events; /* by time */
	size_t n_events;
	struct trial_gone *gone; /* by time */
	size_t n_gone;
	struct expectation *expected;
	size_t n_expected;
};

struct suite {
	const char *path;
	const char *const *rules; /* from where we are */
	size_t n_rules;
	struct trial_test *tests;
	size_t n;
	void *arena;
};

/* 0, or -EINVAL with errors in `diagnostics`, -ENOMEM. The rules are not looked at yet. */
int suite_load(const char *path, const struct vocabulary *vocabulary, struct diagnostics *d, struct suite **ret);
int suite_load_text(const char *name, const char *text, size_t len, const struct vocabulary *vocabulary,
		    struct diagnostics *d, struct suite **ret);

/* The rules of one test, its overrides applied; as rules_load(), without its warnings. What is expected of rules or entities
 * that are not there is an error. */
int suite_rules(const struct suite *s, const struct trial_test *t, const struct vocabulary *vocabulary,
		struct diagnostics *d, struct ruleset **ret);
/* That last check alone. */
void suite_check(const struct trial_test *t, const struct ruleset *set, struct diagnostics *d);

struct suite *suite_free(struct suite *s);
