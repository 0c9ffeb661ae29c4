/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/text/lex.h"

#include <ctype.h>

static const struct {
	const char *sign;
	enum token_kind kind;
	enum expr_kind op;
	unsigned level;
} signs[] = {
	/* longer ones first: the first that fits is taken */
	{"<=", TOKEN_OPERATOR, EXPR_LESS_EQUAL, LEVEL_COMPARE},
	{">=", TOKEN_OPERATOR, EXPR_GREATER_EQUAL, LEVEL_COMPARE},
	{"==", TOKEN_OPERATOR, EXPR_EQUAL, LEVEL_COMPARE},
	{"!=", TOKEN_OPERATOR, EXPR_NOT_EQUAL, LEVEL_COMPARE},
	{"<", TOKEN_OPERATOR, EXPR_LESS, LEVEL_COMPARE},
	{">", TOKEN_OPERATOR, EXPR_GREATER, LEVEL_COMPARE},
	{"+", TOKEN_OPERATOR, EXPR_ADD, LEVEL_SUM},
	{"-", TOKEN_OPERATOR, EXPR_SUBTRACT, LEVEL_SUM},
	{"*", TOKEN_OPERATOR, EXPR_MULTIPLY, LEVEL_PRODUCT},
	{"/", TOKEN_OPERATOR, EXPR_DIVIDE, LEVEL_PRODUCT},
	{"(", TOKEN_OPEN, 0, 0},
	{")", TOKEN_CLOSE, 0, 0},
	{",", TOKEN_COMMA, 0, 0},
};

/* What other languages write, and what is written here. */
static const struct {
	const char *sign, *instead;
} foreign[] = {
	{"&&", "write 'and'"},
	{"||", "write 'or'"},
	{"!", "write 'not'"},
	{"=", "write '==' to compare"},
	{"%", "a unit stands right behind its number, as in 45%"},
	{"^", "there is no power; write x * x"},
};

static struct token bad(struct lexer *l, size_t at, const char *code, const char *fmt, ...) _printf_(4, 5);

static struct token bad(struct lexer *l, size_t at, const char *code, const char *fmt, ...)
{
	char sentence[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	diagnostics_add(l->diagnostics, DIAGNOSTIC_ERROR, node_place(l->scalar, at), code, "%s", sentence);
	return (struct token){.kind = TOKEN_BAD, .start = at, .end = at};
}

static struct token token_over(struct lexer *l, enum token_kind kind, size_t len)
{
	struct token t = {.kind = kind, .start = l->at, .end = l->at + len};
	l->at = t.end;
	return t;
}

static struct token lex_number(struct lexer *l)
{
	const char *text = l->scalar->text + l->at;
	struct quantity q = {0};
	size_t len;
	enum quantity_result r = quantity_scan(text, &q, &len);
	if (r != QUANTITY_OK) {
		char sentence[256];
		return bad(l, l->at, r == QUANTITY_NO_UNIT ? "unknown-unit" : "not-a-number", "%s",
			   quantity_complaint(r, text, len, sentence, sizeof(sentence)));
	}
	struct token t = token_over(l, TOKEN_NUMBER, len);
	t.quantity = q;
	return t;
}

static struct token lex_text(struct lexer *l)
{
	const char *text = l->scalar->text;
	size_t from = l->at, at = from + 1, n = 0;
	char *value = arena_alloc(l->arena, l->scalar->len - from + 1);
	while (value && text[at] && text[at] != text[from]) {
		if (text[at] == '\\' && (text[at + 1] == '\\' || text[at + 1] == text[from]))
			at++;
		value[n++] = text[at++];
	}
	if (!value || !text[at])
		return bad(l, from, "open-text", "this text has no closing %c", text[from]);
	struct token t = token_over(l, TOKEN_TEXT, at + 1 - from);
	t.text = value;
	return t;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static size_t name_length(const char *text)
{
	size_t n = 0;
	while (is_name(text[n]))
		n++;
	return n;
}

static struct token lex_param(struct lexer *l)
{
	const char *text = l->scalar->text + l->at;
	size_t len = name_length(text + 1);
	if (len == 0)
		return bad(l, l->at, "bad-param", "'$' stands before a parameter's name, as in $level");
	struct token t = token_over(l, TOKEN_PARAM, len + 1);
	t.text = arena_strndup(l->arena, text + 1, len);
	return t.text ? t : (struct token){.kind = TOKEN_BAD};
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncmp(text, word, len) == 0;
}

static struct token operator_over(struct lexer *l, size_t len, enum expr_kind op, unsigned level)
{
	struct token t = token_over(l, TOKEN_OPERATOR, len);
	t.op = op;
	t.level = level;
	return t;
}

static struct token lex_name(struct lexer *l)
{
	const char *text = l->scalar->text + l->at;
	size_t len = name_length(text);
	if (is_word(text, len, "and"))
		return operator_over(l, len, EXPR_AND, LEVEL_AND);
	if (is_word(text, len, "or"))
		return operator_over(l, len, EXPR_OR, LEVEL_OR);
	if (is_word(text, len, "not"))
		return token_over(l, TOKEN_NOT, len);
	if (is_word(text, len, "true") || is_word(text, len, "false")) {
		struct token t = token_over(l, TOKEN_TRUTH, len);
		t.truth = *text == 't';
		return t;
	}
	struct token t = token_over(l, TOKEN_NAME, len);
	t.text = arena_strndup(l->arena, text, len);
	return t.text ? t : (struct token){.kind = TOKEN_BAD};
}

static struct token lex_sign(struct lexer *l)
{
	const char *text = l->scalar->text + l->at;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		if (!starts_with(text, signs[i].sign))
			continue;
		struct token t = operator_over(l, strlen(signs[i].sign), signs[i].op, signs[i].level);
		t.kind = signs[i].kind;
		return t;
	}
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		if (starts_with(text, foreign[i].sign))
			return bad(l, l->at, "unknown-operator", "'%s' is not known here: %s", foreign[i].sign,
				   foreign[i].instead);
	int len = 1;
	while (((unsigned char)text[len] & 0xc0) == 0x80)
		len++;
	return bad(l, l->at, "unknown-character",
		   "'%.*s' has no meaning in an expression; operators are and or not < <= > >= == != + - * /", len, text);
}

struct token lexer_next(struct lexer *l)
{
	const char *text = l->scalar->text;
	l->at += strspn(text + l->at, " \t\r\n");
	char c = text[l->at];
	if (!c)
		return token_over(l, TOKEN_END, 0);
	if (isdigit((unsigned char)c))
		return lex_number(l);
	if (c == '"' || c == '\'')
		return lex_text(l);
	if (c == '$')
		return lex_param(l);
	if (isalpha((unsigned char)c) || c == '_')
		return lex_name(l);
	return lex_sign(l);
}
