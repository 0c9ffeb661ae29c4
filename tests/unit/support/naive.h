/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The meaning of rules written down as plainly as possible, to hold the machine against: it keeps every reading for ever
 * and works out each window, each expression and each hold from all of them, every time anew. Slow, short, and with no
 * line in common with rules/run. Arming and limits are not in it.
 */
#pragma once

#include "rules/run/machine.h"

#define NAIVE_SLOTS 8
#define NAIVE_RULES 8

struct naive_reading {
	uint64_t t_ns;
	bool unknown;
	int64_t value;
};

struct naive_series {
	struct naive_reading *of;
	size_t n;
};

/* One evaluation's condition: `when`, or `clear` while firing. */
struct naive_record {
	uint64_t t_ns;
	enum truth counts_as;
};

struct naive_watch {
	bool watched, judged;
	enum rule_state state;
	enum truth verdict;
	uint64_t evaluated_ns;
	struct naive_record *records; /* since the firing began or ended */
	size_t n;
};

struct naive {
	const struct vocabulary *vocabulary;
	const struct ruleset *set;
	uint64_t period_ns, now_ns;
	int64_t realtime_offset_ns;
	int32_t utc_offset_s;
	struct {
		bool alive;
		enum entity_kind kind;
		char name[32];
		struct naive_series *series; /* per signal */
	} slots[NAIVE_SLOTS];
	struct {
		bool attached;
		uint64_t *t_ns; /* since it was attached */
		uint16_t *entity;
		size_t n;
	} detectors[16];
	struct naive_watch watches[NAIVE_RULES][NAIVE_SLOTS];
	struct buf said; /* as a rig says it, with numbers for rules and entities */
};

void naive_start(struct naive *n, const struct ruleset *set, const struct vocabulary *v, uint64_t period_ns);
void naive_input(struct naive *n, const struct input *in);
/* Whether the rule had to be evaluated for that entity because of `in`. */
bool naive_is_due(const struct naive *n, const struct rule *r, uint16_t entity, const struct input *in);
enum truth naive_truth(const struct naive *n, const struct expr *e, uint16_t entity);
bool naive_number(const struct naive *n, const struct expr *e, uint16_t entity, double *ret);
/* The name of the exception that a firing falls under now; NULL. */
const char *naive_exception(const struct naive *n, const struct rule *r, uint16_t entity);
void naive_stop(struct naive *n);
