/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine from inside, for the files of rules/run (and rules/tell, which shows what it sees). Who is in which file, each
 * calling only what stands below it:
 *
 *     checkpoint.c, restore.c   all of it as bytes      limits_text.c  what is spent of the limits, as text
 *     machine.c      inputs in; which rules are due
 *     roster.c       births and deaths, who is watched by whom
 *     state.c        the states, arming, firing
 *     except.c       which exception holds              instances.c    a rule's own record of each entity it watches
 *     eval.c         an expression's value now          buckets.c      tokens of the host, of rules and entities
 *     program.c      rules compiled
 *
 * Everything is indexed so that an input touches only what it concerns: a signal knows the rules that read it (bit masks),
 * a tick marks rule × entity pairs, and only those are evaluated, in the order of rules, then of slots.
 */
#pragma once

#include "rules/run/arrivals.h"
#include "rules/run/hold.h"
#include "rules/run/limits.h"
#include "rules/run/machine.h"
#include "rules/run/match.h"
#include "rules/run/series.h"
#include "rules/run/terms.h"

#define NONE UINT16_MAX

/* One operation of an expression, with everything looked up that can be. */
struct op {
	uint8_t kind, fn;
	bool of_host;
	uint8_t terms;	 /* of `not`, `and`, `or` in a `when`: a's number as a term, b's is the next (terms.h); TERM_NONE */
	uint16_t use;	 /* of a signal: index in machine.signals; of a detector or selection: index in its array */
	uint16_t window; /* index in the series' windows */
	uint16_t a, b;	 /* of the same program */
	double number;	 /* the constant; of a window what its value is multiplied by to be in quanta of its unit */
	uint64_t span_ns;
	const struct expr *expr;
};

struct program {
	struct op *ops;
	uint16_t n, cap;
	uint16_t when, clear, arm_when; /* NONE: absent */
	uint8_t n_terms;
};

/* The living entities of a kind that match a pattern, by slot. */
struct selection {
	struct matcher matcher;
	const char *pattern;
	uint16_t *slots;
	size_t n;
	uint64_t *over; /* mask of rules that quantify over it; NULL: none does */
};

/* An evaluation of a rule at rest touches the first 16 bytes and no other: they are in one cache line. */
struct instance {
	uint16_t entity;
	uint8_t state, verdict;
	terms_word said : TERMS_BITS; /* by its terms at the last evaluation (terms.h) */
	uint32_t before : 2;	      /* what the condition counted as at the last evaluation */
	bool armed : 1, judged : 1;
	bool counting : 1; /* begin_ns means something */
	uint64_t evaluated_ns;
	uint64_t active_ns; /* a clock that stands still while the condition is unknown */
	uint64_t begin_ns;  /* on that clock: since when `when` (or, firing, `clear`) has been true */
	uint64_t since_ns, true_since_ns;
	uint64_t verdict_since_ns, suppressed_ns; /* told, never decided by; 0: never */
	struct true_span true_span;
	uint64_t arm_true_ns;
	struct bucket bucket;
	uint64_t fired, suppressed, excepted;
	uint16_t exception; /* that the last firing fell under; NONE */
	struct stretches *stretches;
};

struct rule_run {
	const struct rule *rule;
	struct program program;
	uint16_t selection; /* NONE: disabled */
	uint16_t *excepted; /* selections, one for each match of its exceptions */
	struct instance *instances; /* by slot */
	uint64_t *since_ns;	    /* of their terms, program.n_terms for each; what `said` does not have means nothing */
	size_t n_instances;
	struct bucket bucket;
	uint64_t gap_ns; /* two evaluations further apart than this have something unknown between them */
	bool foreign;	 /* restored from a checkpoint that did not have this rule */
	uint64_t cold_until_ns;
};

struct signal_use {
	uint16_t signal;
	uint32_t kinds;	     /* whose readings are asked for */
	uint32_t over_kinds; /* of those, whose are read by quantifiers */
	struct series_spec spec;
	unsigned slots;
	struct latest *latest; /* per slot */
	char *series;	       /* `slots` times spec.stride bytes; NULL when there are no windows */
	uint64_t *own;	/* mask of rules that read it of their own entity */
	uint64_t *all;	/* of rules whose every entity reads the host's */
	uint64_t *over; /* of rules that read it by a quantifier */
};

struct detector_use {
	uint64_t span_ns; /* the longest that is asked for; 0: none */
	bool attached;
	struct arrivals *of; /* per slot; NULL when not asked for */
	uint64_t *readers; /* mask of rules that count them of their own entity */
	uint64_t *over;	   /* of rules that count them by a quantifier */
};

struct resident {
	char *name; /* NULL: nobody */
	enum entity_kind kind;
	uint64_t reserved; /* bytes of windows */
	bool windowless;
};

struct machine {
	const struct ruleset *set;
	const struct vocabulary *vocabulary;
	uint64_t *period_ns;
	unsigned max_entities, generation;
	struct limit host_limit;

	struct rule_run *rules;
	size_t n_rules, n_words; /* words of a mask of rules */
	struct signal_use *signals;
	size_t n_signals;
	uint16_t *use_of_signal; /* NONE: nobody reads it */
	struct detector_use *detectors;
	struct selection *selections;
	size_t n_selections;
	uint64_t *pulse; /* mask of rules that are due at every tick: they count events, or read nothing at all */

	struct resident *residents;
	uint64_t window_cost[ENTITY_KIND_MAX_], window_bytes, refused;

	uint64_t *due, *due_all; /* masks: rules that are due for some entity; for all of theirs */
	uint64_t *due_of;	 /* per slot */
	unsigned due_first, due_end;

	uint64_t now_ns;
	int64_t boottime_offset_ns, realtime_offset_ns;
	int32_t utc_offset_s;
	uint64_t disarm_ns; /* nothing is to be disarmed before this */
	struct bucket host_bucket;
	struct remembered_buckets remembered;
	bool poor, poor_pending; /* limits were lost: buckets start with one token, as of poor_ns */
	uint64_t poor_ns;

	const struct input *event; /* while one is judged */
	transition_fn emit;
	void *ctx;
};

/* program.c: -ENOMEM, -E2BIG, -EINVAL (a pattern that is none). */
int machine_compile(struct machine *m);
void program_done(struct program *p);

/* eval.c */
/* A truth, and above its two bits what the terms of a `when` said on the way (terms.h): by value, since a word that is written
 * through a pointer costs a tenth of an evaluation. */
uint64_t eval_outcome(const struct machine *m, const struct program *p, uint16_t op, uint16_t entity);

static inline enum truth outcome_truth(uint64_t outcome)
{
	return (enum truth)(outcome & 3);
}

static inline terms_word outcome_said(uint64_t outcome)
{
	return (terms_word)(outcome >> 2);
}

bool eval_number(const struct machine *m, const struct program *p, uint16_t op, uint16_t entity, double *ret);

/* Of a rule that has terms. */
static inline uint64_t *terms_since(const struct rule_run *r, const struct instance *i)
{
	return r->since_ns + (size_t)(i - r->instances) * r->program.n_terms;
}

/* NULL when it has no windows, or the slot none of this signal. */
static inline struct series *series_of(const struct signal_use *u, unsigned slot)
{
	return u->series && slot < u->slots ? (struct series *)(u->series + (size_t)slot * u->spec.stride) : NULL;
}

/* except.c */
/* Index of the first of the rule's exceptions that holds for the entity, the event in hand included; NONE. */
uint16_t exception_now(const struct machine *m, const struct rule_run *r, uint16_t entity);

/* roster.c */
int roster_birth(struct machine *m, uint16_t slot, enum entity_kind kind, const char *name);
void roster_death(struct machine *m, uint16_t slot);
/* Of one who has just been born. */
void roster_refuse_windows(struct machine *m, uint16_t slot);
uint16_t roster_find(const struct machine *m, enum entity_kind kind, const char *name);

/* instances.c: sorted by slot */
struct instance *instance_find(const struct rule_run *r, uint16_t entity);
int instance_add(struct machine *m, struct rule_run *r, uint16_t slot);
void instance_remove(struct machine *m, struct rule_run *r, struct instance *i);

/* state.c */
void state_evaluate(struct machine *m, struct rule_run *r, struct instance *i);
/* All that there is to a rule on events between them. */
void state_consider_arming(struct machine *m, struct rule_run *r, struct instance *i);
void state_event(struct machine *m, struct rule_run *r, const struct input *in);
void state_trigger(struct machine *m, const struct input *in);
void state_vanish(struct machine *m, struct rule_run *r, struct instance *i);
void state_disarm_due(struct machine *m);

/* buckets.c */
uint64_t machine_boot_ns(const struct machine *m);
bool buckets_take_for(struct machine *m, struct rule_run *r, struct instance *i);
struct bucket bucket_fresh(const struct machine *m, const struct limit *l);
void buckets_settle(struct machine *m);

static inline enum truth eval_truth(const struct machine *m, const struct program *p, uint16_t op, uint16_t entity)
{
	return outcome_truth(eval_outcome(m, p, op, entity));
}

static inline void mask_set(uint64_t *mask, size_t i)
{
	mask[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline bool mask_has(const uint64_t *mask, size_t i)
{
	return mask[i / 64] >> (i % 64) & 1;
}
