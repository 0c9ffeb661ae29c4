/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/keys.h"

#include "rules/text/node.h"

#define KEYS_MAX 24

const char *const severity_words[] = {"info", "minor", "major", "critical", NULL};
const char *const unknown_words[] = {"keep", "true", "false", NULL};
const char *const day_words[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

bool section_check(const struct section *s, const struct node *map, struct diagnostics *d)
{
	const char *names[KEYS_MAX];
	for (size_t i = 0; i < s->n; i++)
		names[i] = s->keys[i].name;
	return node_check_keys(map, s->what, names, s->n, d);
}
