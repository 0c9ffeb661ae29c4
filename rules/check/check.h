/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From nodes and terms to a struct rule: names are looked up, types and units checked, defaults filled in. Private to
 * rules/check and rules/load.c.
 *
 * Every function reports what it finds wrong and goes on; NULL or false means "reported (or out of memory, which the
 * arena knows)". Whether the whole is good is asked once, of the diagnostics.
 */
#pragma once

#include "rules/check/keys.h"
#include "rules/check/override.h"
#include "rules/check/units.h"
#include "rules/text/node.h"
#include "rules/text/term.h"

#define RULE_NAME_MAX 63

struct checker {
	const struct vocabulary *vocabulary;
	const struct load_caps *caps;
	struct diagnostics *diagnostics;
	struct arena *arena;
	struct overrides *overrides;
	uint64_t store_bytes; /* all captures together may take; 0: not known */

	/* of the rule in hand */
	struct rule *rule;
	const struct node *map;
	bool about_unknown; /* for_each was no kind we know: do not complain of what follows from that */
	struct param *params;
	bool *param_used;
	bool between_events;	   /* arm.when: it is looked at while there is no event */
	const struct node *scalar; /* the expression in hand */
};

/* Whom a signal without `host.` is about. */
struct scope {
	enum entity_kind about;
	bool in_quantifier;
};

#define check_error_at(c, at, code, ...) diagnostics_add((c)->diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)
#define check_warning_at(c, at, code, ...) diagnostics_add((c)->diagnostics, DIAGNOSTIC_WARNING, at, code, __VA_ARGS__)
#define check_error(c, offset, code, ...) check_error_at(c, node_place((c)->scalar, offset), code, __VA_ARGS__)
#define check_warning(c, offset, code, ...) check_warning_at(c, node_place((c)->scalar, offset), code, __VA_ARGS__)

/* rule.c: one mapping under `rules:`. */
void check_rule(struct checker *c, const struct node *map, struct rule *ret);

/* params.c */
void check_params(struct checker *c, const struct node *map);
const struct param *check_param(struct checker *c, const char *name); /* marks it used; NULL when there is none */
void check_params_used(struct checker *c);

/* sections.c */
void check_arm(struct checker *c, const struct node *map);
void check_capture(struct checker *c, const struct node *map);
void check_capture_defaults(struct checker *c);
void check_limits(struct checker *c, const struct node *map);
void check_labels(struct checker *c, const struct node *map);

/* origin.c: where each setting of the rule came from. */
void check_origins(struct checker *c);

/* except.c */
void check_except(struct checker *c, const struct node *list);

/* match.c: a glob, or /ERE/ that compiles and costs little. */
bool check_match(struct checker *c, const char *match, struct position at);

/* expr.c: a whole scalar that has to be a truth. */
const struct expr *check_condition(struct checker *c, const struct node *scalar);
struct expr *check_term(struct checker *c, struct scope scope, const struct term *t);
struct expr *check_number(struct checker *c, struct scope scope, const struct term *t);
struct expr *check_truth(struct checker *c, struct scope scope, const struct term *t);
struct expr *expr_new(struct checker *c, enum expr_kind kind, enum unit unit, const struct term *t);
bool expr_is_truth(const struct expr *e);
bool expr_is_constant(const struct expr *e); /* no signal, window or field in it */
/* The same number in quanta ten to the exponent times as many, under another unit. */
struct expr *expr_rescale(struct checker *c, struct expr *e, int exponent, enum unit unit);

/* compare.c: comparisons, sums and products. */
struct expr *check_infix(struct checker *c, struct scope scope, const struct term *t);

/* call.c: window functions, events() and quantifiers. */
struct expr *check_call(struct checker *c, struct scope scope, const struct term *t);

/* names.c */
struct signal_ref {
	uint16_t signal;
	bool of_host;
};
bool check_signal(struct checker *c, struct scope scope, const struct term *t, struct signal_ref *ret);
const struct event_field *check_field(struct checker *c, const struct term *t);
int check_detector(struct checker *c, const char *name, struct position at);
int check_collector(struct checker *c, const char *name, struct position at);
int check_entity_kind(struct checker *c, const char *name, struct position at);
bool check_word(struct checker *c, const struct event_field *f, const char *word, struct position at);

/* call.c: the i-th function of the language, NULL after the last. */
const char *check_function_name(size_t i);

/* lint.c: what is allowed, but hardly meant, in a rule without errors. */
void check_lint(struct checker *c);

/* number.c: ids, spans. */
void check_number_exprs(struct checker *c);

/* emit.c: rule->yaml and rule->digest out of what was checked. */
bool rule_emit(struct arena *arena, const struct vocabulary *vocabulary, struct rule *rule);
void digest_text(const char *text, uint64_t *state);
void digest_format(uint64_t state, char ret[17]);
#define DIGEST_START UINT64_C(0xcbf29ce484222325)
