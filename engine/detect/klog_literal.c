/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/klog_patterns.h"

struct walk {
	const char *at;
	char *run;  /* the literal characters since the last that was none */
	size_t len;
	char *best;
	size_t best_len, size;
};

static void end_run(struct walk *w)
{
	if (w->len > w->best_len) {
		memcpy(w->best, w->run, w->len);
		w->best_len = w->len;
	}
	w->len = 0;
}

/* Behind a bracket expression; a ] right after [ or [^ is one of its characters. */
static const char *skip_bracket(const char *at)
{
	at += at[1] == '^' ? 2 : 1;
	at += *at == ']';
	while (*at && *at != ']') {
		bool is_class = at[0] == '[' && at[1] && strchr(".:=", at[1]);
		const char *end = is_class ? strchr(at + 2, ']') : NULL;
		at = end ? end + 1 : at + 1;
	}
	return at + (*at == ']');
}

static const char *skip_group(const char *at)
{
	unsigned depth = 0;
	while (*at) {
		if (*at == '[') {
			at = skip_bracket(at);
			continue;
		}
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '(')
			depth++;
		else if (*at == ')' && --depth == 0)
			return at + 1;
		at++;
	}
	return at;
}

static void take_character(struct walk *w, char c)
{
	if (w->len < w->size - 1)
		w->run[w->len++] = c;
	else
		end_run(w);
}

/* What may be missing is no part of the literal; what may stand twice ends it. */
static void take_quantifier(struct walk *w)
{
	if (*w->at != '+' && w->len)
		w->len--;
	end_run(w);
	if (*w->at == '{')
		w->at += strcspn(w->at, "}");
	w->at += *w->at != '\0';
}

static void take_one(struct walk *w)
{
	char c = *w->at;
	if (c == '\\' && w->at[1] && !strchr("bBwWsS<>`'", w->at[1])) {
		take_character(w, w->at[1]);
		w->at += 2;
	} else if (strchr("*?+{", c)) {
		take_quantifier(w);
	} else if (strchr("([.^$\\", c)) {
		end_run(w);
		w->at = c == '(' ? skip_group(w->at) : c == '[' ? skip_bracket(w->at) : w->at + (c == '\\' && w->at[1] ? 2 : 1);
	} else {
		take_character(w, c);
		w->at++;
	}
}

void klog_literal(const char *expression, char *ret, size_t size)
{
	char run[MATCH_PATTERN_MAX + 1];
	struct walk w = {.at = expression, .run = run, .best = ret, .size = MIN(size, sizeof(run))};
	while (*w.at && *w.at != '|')
		take_one(&w);
	end_run(&w);
	/* One of several ways to match: neither has to hold. */
	ret[*w.at == '|' ? 0 : w.best_len] = '\0';
}
