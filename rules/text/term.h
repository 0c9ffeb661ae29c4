/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An expression as it was written: names not looked up, types not checked. What rules/check turns into struct expr.
 *
 *     or      := and { "or" and }
 *     and     := not { "and" not }
 *     not     := "not" not | compare
 *     compare := sum [ ( < <= > >= == != ) sum ]          comparisons do not chain
 *     sum     := product { ( + - ) product }
 *     product := unary { ( * / ) unary }
 *     unary   := "-" unary | primary
 *     primary := NUMBER | "TEXT" | $PARAM | true | false | NAME | NAME "(" argument { "," argument } ")" | "(" or ")"
 *     argument:= NAME "TEXT" | or                          the first: disk "sd*", entities by pattern
 */
#pragma once

#include "rules/text/quantity.h"
#include "rules/text/yaml.h"

/* Bounds of one expression: what people write has 20 terms; nesting costs stack. */
#define TERMS_MAX 512
#define TERM_DEPTH_MAX 64

enum term_kind {
	TERM_NUMBER, /* quantity */
	TERM_TEXT,   /* text */
	TERM_TRUTH,  /* truth */
	TERM_PARAM,  /* text: the name without $ */
	TERM_NAME,   /* text; match */
	TERM_CALL,   /* text: the function; args */
	TERM_PREFIX, /* op is EXPR_NOT or EXPR_NEGATE; a */
	TERM_INFIX,  /* op; a, b */
};

struct term {
	enum term_kind kind;
	enum expr_kind op;
	size_t start, end; /* bytes of the scalar's value, parentheses left out */
	size_t operator;   /* of TERM_INFIX: where the operator stands */
	const char *text;
	const char *match; /* of a name with a pattern behind it */
	struct quantity quantity;
	bool truth;
	const struct term *a, *b;
	struct term_list *args;
	size_t n_args;
};

struct term_list {
	struct term_list *next;
	const struct term *term;
};

/* The whole scalar as one expression; NULL after a mistake was reported, or when out of memory (the arena knows). */
const struct term *term_parse(const struct node *scalar, struct arena *arena, struct diagnostics *diagnostics);
