/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"
#include "rules/run/match.h"

/* Why regcomp() does not take it, or that it would cost too much to try. */
static void complain_of_expression(struct checker *c, const char *match, struct position at)
{
	regex_t compiled;
	char problem[128];
	char *expression = arena_strndup(c->arena, match + 1, strlen(match) - 2);
	if (!expression)
		return;
	if (!expression_is_affordable(expression, strlen(expression))) {
		check_error_at(c, at, "bad-match",
			       "the pattern %s costs too much: no back references, and no repetitions within repetitions that unfold to "
			       "more than %d characters",
			       match, EXPRESSION_UNFOLDED_MAX);
		return;
	}
	if (!expression_is_closed(expression, strlen(expression))) {
		check_error_at(c, at, "bad-match", "the pattern %s closes a parenthesis that it did not open; write \\) for the character", match);
		return;
	}
	int r = regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB);
	if (r == 0)
		regfree(&compiled);
	regerror(r, &compiled, problem, sizeof(problem));
	check_error_at(c, at, "bad-match", "the pattern %s is no regular expression: %s", match, problem);
}

bool check_match(struct checker *c, const char *match, struct position at)
{
	struct matcher m;
	size_t len = strlen(match);
	if (len == 0 || len > MATCH_PATTERN_MAX) {
		check_error_at(c, at, "bad-match", "a pattern has 1 to %d characters", MATCH_PATTERN_MAX);
		return false;
	}
	int r = matcher_init(&m, c->rule->for_each, match);
	if (r == 0)
		matcher_done(&m);
	else
		complain_of_expression(c, match, at);
	return r == 0;
}
