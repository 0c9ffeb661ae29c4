/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One rule test, played: inputs go to a machine as live and in replay, its transitions are gathered, and at the end they
 * are laid beside what was expected.
 *
 *     series, events ─▶ trial_play() ─┐
 *     a recording ──────(engine)──────┴─▶ trial_input() ─▶ machine ─▶ moments ─▶ trial_compare()
 *
 * What the engine would do meanwhile is done here too: detectors that a rule arms are attached, at the same time.
 */
#pragma once

#include "rules/run/machine.h"
#include "rules/trial/suite.h"

/* More moments than anybody expects: a rule that flaps. Later ones are not kept, and the test has failed. */
#define TRIAL_MOMENTS_MAX 20000U

struct moment {
	uint64_t t_ns; /* from the test's begin */
	enum moment_kind kind;
	uint16_t rule;
	enum entity_kind entity_kind;
	const char *entity;
	bool expected, seen;
	bool differs;	 /* exactly one of the two, and it matters */
	const char *why; /* the terms of `when` then, a line each, and how far the hold was; NULL: not asked for, or nothing to tell */
};

struct trial_result {
	struct moment *moments; /* by time */
	size_t n, differences;
	bool overflow;	     /* more than TRIAL_MOMENTS_MAX */
	size_t undelivered;  /* events of detectors that were not attached then */
	void *arena;
};

struct trial; /* opaque */

struct trial_options {
	const struct trial_test *test;
	const struct ruleset *rules;
	const struct vocabulary *vocabulary;
	const uint64_t *period_ns; /* of a recording, per signal; NULL: the test's interval */
	unsigned max_entities;	   /* of a recording; 0: the test's own */
	uint64_t begin_ns;	   /* what comes before it is taken, and what it leads to not told; 0: the first input begins */
	struct limit host_limit;   /* burst 0 and refill 0: 12/1h, as the daemon's */
	struct trial_result *explain; /* of an earlier run: its moments that differ are told their `why`. NULL: none */
};

/* As machine_new(). */
int trial_new(const struct trial_options *options, struct trial **ret);
/* Time begins with the first input, at begin_ns or after it. */
void trial_input(struct trial *t, const struct input *in);
/* As machine_restore(), before the first input. */
int trial_restore(struct trial *t, const void *data, size_t len);
/* The test's own series and events, from the first to the last. */
int trial_play(struct trial *t);
/* 0 or -ENOMEM. The result is the caller's, and does not need the trial any more. */
int trial_compare(struct trial *t, struct trial_result *ret);
struct trial *trial_free(struct trial *t);

/* All of that for a test without `input`. */
int trial_run(const struct trial_options *options, struct trial_result *ret);
void trial_result_done(struct trial_result *r);
