/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of an expression. Mistakes are reported here, at their column; the parser then just stops. */
#pragma once

#include "rules/text/term.h"

enum token_kind {
	TOKEN_END,
	TOKEN_BAD, /* reported already */
	TOKEN_NUMBER,
	TOKEN_TEXT,
	TOKEN_PARAM,
	TOKEN_NAME, /* words with dots: cpu.sys, event.victim_comm, any */
	TOKEN_TRUTH,
	TOKEN_NOT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_OPERATOR, /* op; minus may also be a sign */
};

struct token {
	enum token_kind kind;
	enum expr_kind op;
	unsigned level;	   /* of an operator: how strongly it binds */
	size_t start, end; /* bytes of the scalar */
	const char *text;  /* the arena's: a name, a parameter's name, a text without quotes and escapes */
	struct quantity quantity;
	bool truth;
};

enum { LEVEL_OR = 1, LEVEL_AND, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_UNARY };

struct lexer {
	const struct node *scalar;
	size_t at;
	struct arena *arena;
	struct diagnostics *diagnostics;
};

struct token lexer_next(struct lexer *l);
