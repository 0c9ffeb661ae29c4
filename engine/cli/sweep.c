/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/sweep.h"

#include <math.h>

bool sweep_is(const char *override)
{
	const char *value = strchr(override, '=');
	return value && strstr(value, "..");
}

/* A number and its unit in [text, end): a copy, since in "1..2" the number would swallow a dot. */
static bool quantity(const char *text, const char *end, double *ret, char unit[16])
{
	char copy[64], *after;
	if ((size_t)(end - text) >= sizeof(copy))
		return false;
	memcpy(copy, text, (size_t)(end - text));
	copy[end - text] = '\0';
	*ret = strtod(copy, &after);
	if (after == copy || !isfinite(*ret) || strlen(after) >= 16)
		return false;
	strcpy(unit, after);
	return true;
}

bool sweep_parse(const char *override, struct sweep *ret)
{
	const char *value = strchr(override, '=') + 1, *dots = strstr(value, ".."), *slash = strchr(dots, '/');
	const char *end = override + strlen(override);
	struct sweep s = {0};
	double to;
	char unit[16];
	if ((size_t)(value - override) > sizeof(s.key))
		return false;
	memcpy(s.key, override, (size_t)(value - override - 1));
	/* "10/s..20/s" has a slash of its own: the step's is the one before a digit. */
	while (slash && !strchr("0123456789.", slash[1]))
		slash = strchr(slash + 1, '/');
	if (!quantity(value, dots, &s.from, s.unit) || !quantity(dots + 2, slash ? slash : end, &to, unit) ||
	    !streq(unit, s.unit))
		return false;
	s.step = (to - s.from) / 10;
	if (slash && (!quantity(slash + 1, end, &s.step, unit) || !streq(unit, s.unit)))
		return false;
	if (!(s.step > 0) || to < s.from || (to - s.from) / s.step >= SWEEP_STEPS_MAX)
		return false;
	s.n = (unsigned)((to - s.from) / s.step + 1e-9) + 1;
	*ret = s;
	return true;
}

const char *sweep_value(const struct sweep *s, unsigned i, char text[SWEEP_TEXT_MAX])
{
	snprintf(text, SWEEP_TEXT_MAX, "%s=%.10g%s", s->key, s->from + i * s->step, s->unit);
	return text;
}
