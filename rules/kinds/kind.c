/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/kinds/tables.h"

#include <strings.h>

/* By code. */
static const struct kinds *const themes[] = {
	&kinds_files, &kinds_lints, &kinds_values, &kinds_expressions, &kinds_trials, &kinds_settings,
};

const struct kind *kind_at(size_t i)
{
	for (size_t t = 0; t < ARRAY_SIZE(themes); i -= themes[t++]->n)
		if (i < themes[t]->n)
			return &themes[t]->of[i];
	return NULL;
}

const struct kind *kind_find(const char *word)
{
	const struct kind *k;
	for (size_t i = 0; (k = kind_at(i)); i++)
		if (strcasecmp(k->code, word) == 0 || streq(k->name, word))
			return k;
	return NULL;
}
