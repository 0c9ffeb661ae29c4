/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/text/lex.h"
#include "rules/text/term.h"

struct parser {
	struct lexer lexer;
	struct token token; /* the one to be looked at */
	size_t last_end;    /* of the one before it */
	unsigned depth, terms;
};

static const struct term *parse_level(struct parser *p, unsigned level);

static void advance(struct parser *p)
{
	p->last_end = p->token.end;
	p->token = lexer_next(&p->lexer);
}

static void *complain(struct parser *p, size_t at, const char *code, const char *message)
{
	if (p->token.kind != TOKEN_BAD)
		diagnostics_add(p->lexer.diagnostics, DIAGNOSTIC_ERROR, node_place(p->lexer.scalar, at), code, "%s", message);
	p->token.kind = TOKEN_BAD;
	return NULL;
}

static void *unexpected(struct parser *p, const char *wanted)
{
	char message[160];
	const struct token *t = &p->token;
	if (t->kind == TOKEN_END)
		snprintf(message, sizeof(message), "the expression ends where %s is expected", wanted);
	else
		snprintf(message, sizeof(message), "expected %s, not '%.*s'", wanted, (int)MIN(t->end - t->start, (size_t)64),
			 p->lexer.scalar->text + t->start);
	return complain(p, t->start, "syntax", message);
}

static struct term *term_new(struct parser *p, enum term_kind kind)
{
	if (++p->terms > TERMS_MAX)
		return complain(p, p->token.start, "too-long", "an expression of more than 512 terms; make rules of it, or a quantifier");
	struct term *t = arena_alloc(p->lexer.arena, sizeof(*t));
	if (!t)
		return NULL;
	t->kind = kind;
	t->start = p->token.start;
	t->end = p->token.end;
	return t;
}

/* One token that is a term of its own. */
static const struct term *parse_leaf(struct parser *p, enum term_kind kind)
{
	struct term *t = term_new(p, kind);
	if (!t)
		return NULL;
	t->text = p->token.text;
	t->quantity = p->token.quantity;
	t->truth = p->token.truth;
	advance(p);
	return t;
}

static const struct term *parse_group(struct parser *p)
{
	advance(p);
	const struct term *t = parse_level(p, LEVEL_OR);
	if (!t)
		return NULL;
	if (p->token.kind != TOKEN_CLOSE)
		return unexpected(p, "')' or an operator");
	advance(p);
	return t;
}

/* `disk "sd*"` or any expression. */
static const struct term *parse_argument(struct parser *p)
{
	const struct term *t = parse_level(p, LEVEL_OR);
	if (!t || t->kind != TERM_NAME || p->token.kind != TOKEN_TEXT)
		return t;
	struct term *named = arena_alloc(p->lexer.arena, sizeof(*named));
	if (!named)
		return NULL;
	*named = *t;
	named->match = p->token.text;
	named->end = p->token.end;
	advance(p);
	return named;
}

static bool add_argument(struct parser *p, struct term *call, struct term_list ***tail)
{
	struct term_list *item = arena_alloc(p->lexer.arena, sizeof(*item));
	if (!item || !(item->term = parse_argument(p)))
		return false;
	**tail = item;
	*tail = &item->next;
	call->n_args++;
	return true;
}

static const struct term *parse_call(struct parser *p, struct term *call)
{
	struct term_list **tail = &call->args;
	call->kind = TERM_CALL;
	do {
		advance(p);
		if (call->n_args == 0 && p->token.kind == TOKEN_CLOSE)
			break;
		if (!add_argument(p, call, &tail))
			return NULL;
	} while (p->token.kind == TOKEN_COMMA);
	if (p->token.kind != TOKEN_CLOSE)
		return unexpected(p, "',' or ')'");
	advance(p);
	call->end = p->last_end;
	return call;
}

static const struct term *parse_name(struct parser *p)
{
	struct term *t = term_new(p, TERM_NAME);
	if (!t)
		return NULL;
	t->text = p->token.text;
	advance(p);
	return p->token.kind == TOKEN_OPEN ? parse_call(p, t) : t;
}

static const struct term *parse_prefix(struct parser *p, enum expr_kind op, unsigned level)
{
	struct term *t = term_new(p, TERM_PREFIX);
	if (!t)
		return NULL;
	t->op = op;
	advance(p);
	t->a = parse_level(p, level);
	t->end = p->last_end;
	return t->a ? t : NULL;
}

static const struct term *parse_primary(struct parser *p)
{
	switch (p->token.kind) {
	case TOKEN_NUMBER:
		return parse_leaf(p, TERM_NUMBER);
	case TOKEN_TEXT:
		return parse_leaf(p, TERM_TEXT);
	case TOKEN_TRUTH:
		return parse_leaf(p, TERM_TRUTH);
	case TOKEN_PARAM:
		return parse_leaf(p, TERM_PARAM);
	case TOKEN_NAME:
		return parse_name(p);
	case TOKEN_OPEN:
		return parse_group(p);
	case TOKEN_NOT:
		return parse_prefix(p, EXPR_NOT, LEVEL_COMPARE);
	default:
		break;
	}
	if (p->token.kind == TOKEN_OPERATOR && p->token.op == EXPR_SUBTRACT)
		return parse_prefix(p, EXPR_NEGATE, LEVEL_UNARY);
	return unexpected(p, "a signal, a number or '('");
}

static const struct term *parse_infix(struct parser *p, const struct term *a, size_t start)
{
	struct token op = p->token;
	struct term *t = term_new(p, TERM_INFIX);
	if (!t)
		return NULL;
	t->op = op.op;
	t->operator = op.start;
	t->start = start;
	t->a = a;
	advance(p);
	t->b = parse_level(p, op.level + 1);
	t->end = p->last_end;
	if (!t->b)
		return NULL;
	if (op.level == LEVEL_COMPARE && p->token.kind == TOKEN_OPERATOR && p->token.level == LEVEL_COMPARE)
		return complain(p, p->token.start, "chained-comparison",
				"comparisons do not chain; write 'a < b and b < c'");
	return t;
}

/* Precedence climbing: everything that binds at least as strongly as `level`. */
static const struct term *parse_level(struct parser *p, unsigned level)
{
	if (p->depth == TERM_DEPTH_MAX)
		return complain(p, p->token.start, "too-deep", "nested deeper than 64 levels; is a ')' missing?");
	p->depth++;
	size_t start = p->token.start;
	const struct term *t = parse_primary(p);
	while (t && p->token.kind == TOKEN_OPERATOR && p->token.level >= level)
		t = parse_infix(p, t, start);
	p->depth--;
	return t;
}

const struct term *term_parse(const struct node *scalar, struct arena *arena, struct diagnostics *diagnostics)
{
	struct parser p = {.lexer = {.scalar = scalar, .arena = arena, .diagnostics = diagnostics}};
	advance(&p);
	const struct term *t = parse_level(&p, LEVEL_OR);
	if (!t || p.token.kind == TOKEN_BAD)
		return NULL;
	return p.token.kind == TOKEN_END ? t : unexpected(&p, "'and', 'or' or another operator");
}
