/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `tracetrap test` does, apart from its options: a file of rule tests with its rules, each test run over its series or
 * a recording, told in four ways, and the rules' mutations tried on it.
 */
#pragma once

#include "rules/trial/mutate.h"
#include "rules/trial/trial.h"

#include <regex.h>

struct trial_case {
	const struct trial_test *test;
	struct ruleset *set;
	bool shared; /* the set is the file's */
	bool chosen; /* by --run */
	char error[320]; /* why it could not be run; "" */
	struct trial_result result;
};

struct trial_file {
	const char *path;
	struct suite *suite; /* NULL: it could not be loaded; that was said, and stands in `wrong`, a line each */
	struct buf wrong;
	struct ruleset *set; /* of the tests without overrides */
	struct trial_case *cases;
	size_t n;
};

struct trials {
	struct trial_file *files;
	size_t n, cap;
};

/* A file, or all *.test.yaml of a folder. What is wrong with them is said on stderr, and the file kept without its suite.
 * 0 or -ENOMEM. */
int trials_add(struct trials *t, const char *path);
/* Every test whose name the expression matches (NULL: all), with the why of what differs. How many were run. */
size_t trials_run(struct trials *t, const regex_t *chosen);
/* Files that could not be loaded count as failed, one each. */
size_t trials_failed(const struct trials *t);
void trials_done(struct trials *t);

static inline bool trial_case_failed(const struct trial_case *c)
{
	return *c->error || c->result.differences;
}

/* One test once more, over its series or its recording; `explain` may be NULL. 0, or the reason in c->error. */
int trial_case_run(struct trial_case *c, struct trial_result *explain, struct trial_result *ret);

void trials_print(const struct trials *t, bool diff);
void trials_print_json(const struct trials *t);
int trials_write_junit(const struct trials *t, const char *path);

/* Tries every mutation of the rules on the chosen tests of their file, and prints those that survive and the rates. True
 * when all comparisons and thresholds are noticed. */
bool trials_mutate(struct trials *t, bool json);
