/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/keyed.h"

static const struct key *key_of_line(const struct key *keys, unsigned n, const char *line)
{
	for (unsigned i = 0; i < n; i++)
		if (starts_with(line, keys[i].name))
			return &keys[i];
	return NULL;
}

unsigned keyed_learn(struct keyed *k, const struct key *keys, unsigned n, const char *text)
{
	*k = (struct keyed){.keys = keys, .n = n};
	for (const char *at = text; *at && k->n_found < KEYS_MAX; at = scan_next_line(at)) {
		const struct key *key = key_of_line(keys, n, at);
		if (key)
			k->order[k->n_found++] = (uint8_t)(key - keys);
	}
	return k->n_found;
}

bool keyed_has_column(const struct keyed *k, unsigned column)
{
	for (unsigned i = 0; i < k->n_found; i++)
		if (k->keys[k->order[i]].column == column)
			return true;
	return false;
}

bool keyed_read(const struct keyed *k, const char *text, uint64_t *values)
{
	unsigned next = 0;
	for (const char *at = text; *at && next < k->n_found; at = scan_next_line(at)) {
		const struct key *key = &k->keys[k->order[next]];
		uint64_t v;
		if (!starts_with(at, key->name))
			continue;
		at += strlen(key->name);
		if (!scan_u64(&at, &v))
			return false;
		values[key->column] += v;
		next++;
	}
	return next == k->n_found;
}
