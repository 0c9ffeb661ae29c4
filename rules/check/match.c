/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

#include <regex.h>

#define MATCH_MAX 256

/* A rule may come out of a stranger's bundle: no back references, and one interval at most, since nested ones make the
 * C library's compiler take memory without end. */
static const char *too_costly(const char *ere, size_t len)
{
	unsigned intervals = 0;
	for (size_t i = 0; i < len; i++) {
		if (ere[i] == '\\' && i + 1 < len) {
			if (ere[++i] >= '1' && ere[i] <= '9')
				return "back references are not taken";
			continue;
		}
		if (ere[i] == '{' && ++intervals > 1)
			return "more than one {interval} is not taken";
	}
	return NULL;
}

static bool check_ere(struct checker *c, const char *ere, size_t len, struct position at)
{
	const char *costly = too_costly(ere, len);
	char *pattern = arena_strndup(c->arena, ere, len), problem[128];
	regex_t compiled;
	if (!pattern)
		return false;
	if (costly) {
		check_error_at(c, at, "bad-match", "the pattern /%s/: %s", pattern, costly);
		return false;
	}
	int r = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);
	if (r == 0) {
		regfree(&compiled);
		return true;
	}
	regerror(r, &compiled, problem, sizeof(problem));
	check_error_at(c, at, "bad-match", "the pattern /%s/ is no regular expression: %s", pattern, problem);
	return false;
}

bool check_match(struct checker *c, const char *match, struct position at)
{
	size_t len = strlen(match);
	if (len == 0 || len > MATCH_MAX) {
		check_error_at(c, at, "bad-match", "a pattern has 1 to %d characters", MATCH_MAX);
		return false;
	}
	if (match[0] == '/' && len > 2 && match[len - 1] == '/')
		return check_ere(c, match + 1, len - 2, at);
	return true;
}
