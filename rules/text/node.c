/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/text/node.h"

#include "engine/base/text.h"

#include <math.h>

#define SHOWN_MAX 64 /* of a foreign text inside a message */

const struct node *node_get(const struct node *map, const char *key)
{
	for (size_t i = 0; map->kind == NODE_MAPPING && i < map->n; i++)
		if (streq(map->pairs[i].key->text, key))
			return map->pairs[i].value;
	return NULL;
}

const char *node_describe(const struct node *n, char *text, size_t size)
{
	if (n->kind == NODE_SEQUENCE)
		snprintf(text, size, "a list");
	else if (n->kind == NODE_MAPPING)
		snprintf(text, size, "a mapping");
	else if (n->len == 0)
		snprintf(text, size, "nothing");
	else
		snprintf(text, size, "'%.*s'%s", SHOWN_MAX, n->text, n->len > SHOWN_MAX ? "…" : "");
	return text;
}

static bool expected(const struct node *n, struct diagnostics *d, const char *code, const char *what)
{
	char got[SHOWN_MAX + 16];
	diagnostics_add(d, DIAGNOSTIC_ERROR, n->at, code, "expected %s, not %s", what, node_describe(n, got, sizeof(got)));
	return false;
}

bool node_is_mapping(const struct node *n, const char *what, struct diagnostics *d)
{
	return n->kind == NODE_MAPPING || expected(n, d, "not-a-mapping", what);
}

bool node_is_sequence(const struct node *n, const char *what, struct diagnostics *d)
{
	return n->kind == NODE_SEQUENCE || expected(n, d, "not-a-list", what);
}

static bool has_name(const char *word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(names[i], word))
			return true;
	return false;
}

static void list_names(struct buf *out, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", names[i]);
}

bool node_check_keys(const struct node *map, const char *where, const char *const *names, size_t n,
		     struct diagnostics *d)
{
	bool all = true;
	for (size_t i = 0; i < map->n; i++) {
		const struct node *key = map->pairs[i].key;
		if (has_name(key->text, names, n))
			continue;
		all = false;
		const char *near = text_nearest(key->text, names, n);
		_cleanup_buf_ struct buf known = {0};
		list_names(&known, names, n);
		if (near)
			diagnostics_add(d, DIAGNOSTIC_ERROR, key->at, "unknown-key",
					"unknown key '%.*s' in %s, did you mean '%s'?", SHOWN_MAX, key->text, where, near);
		else
			diagnostics_add(d, DIAGNOSTIC_ERROR, key->at, "unknown-key",
					"unknown key '%.*s' in %s; its keys are %s", SHOWN_MAX, key->text, where,
					buf_str(&known));
	}
	return all;
}

bool node_string(const struct node *n, struct diagnostics *d, const char **ret)
{
	if (n->kind != NODE_SCALAR || n->len == 0)
		return expected(n, d, "not-a-text", "a text");
	*ret = n->text;
	return true;
}

bool node_bool(const struct node *n, struct diagnostics *d, bool *ret)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
	for (size_t i = 0; n->kind == NODE_SCALAR && i < ARRAY_SIZE(words); i++)
		if (streq(n->text, words[i])) {
			*ret = i % 2;
			return true;
		}
	return expected(n, d, "not-a-bool", "true or false");
}

bool node_u64(const struct node *n, struct diagnostics *d, uint64_t *ret)
{
	if (n->kind != NODE_SCALAR || !text_u64(n->text, ret))
		return expected(n, d, "not-a-number", "a whole number");
	return true;
}

static bool scan(const struct node *n, struct quantity *ret)
{
	size_t len;
	return n->kind == NODE_SCALAR && quantity_scan(n->text, ret, &len) == QUANTITY_OK && len == n->len;
}

bool node_double(const struct node *n, struct diagnostics *d, double *ret)
{
	struct quantity q;
	if (!scan(n, &q) || q.unit != UNIT_NUMBER)
		return expected(n, d, "not-a-number", "a bare number like 0.5");
	*ret = q.value;
	return true;
}

bool node_quantity(const struct node *n, struct diagnostics *d, struct quantity *ret)
{
	struct quantity q;
	size_t len, sign = n->kind == NODE_SCALAR && n->text[0] == '-';
	if (n->kind != NODE_SCALAR || n->len == sign)
		return expected(n, d, "not-a-number", "a number with its unit, like 45%, 32MiB or 500ms");
	enum quantity_result r = quantity_scan(n->text + sign, &q, &len);
	if (r == QUANTITY_OK && sign + len == n->len) {
		*ret = (struct quantity){sign ? -q.value : q.value, q.unit};
		return true;
	}
	char sentence[256];
	if (r == QUANTITY_OK || r == QUANTITY_NO_NUMBER)
		return expected(n, d, "not-a-number", "a number with its unit, like 45%, 32MiB or 500ms");
	diagnostics_add(d, DIAGNOSTIC_ERROR, node_place(n, sign), r == QUANTITY_NO_UNIT ? "unknown-unit" : "not-a-number",
			"%s", quantity_complaint(r, n->text + sign, len, sentence, sizeof(sentence)));
	return false;
}

/* Whole quanta of `unit`; a bare number only where `bare` says what it would mean. */
static bool whole(const struct node *n, enum unit unit, bool bare, uint64_t *ret)
{
	struct quantity q;
	if (!scan(n, &q) || !(q.unit == unit || (q.unit == UNIT_NUMBER && (bare || q.value == 0))) || q.value >= 0x1p63)
		return false;
	*ret = (uint64_t)llround(q.value);
	return true;
}

bool node_bytes(const struct node *n, struct diagnostics *d, uint64_t *ret)
{
	return whole(n, UNIT_BYTES, /* bare= */ true, ret) || expected(n, d, "not-a-size", "a size like 32MiB");
}

bool node_duration(const struct node *n, struct diagnostics *d, uint64_t *ret_ns)
{
	return whole(n, UNIT_SECONDS, /* bare= */ false, ret_ns) ||
	       expected(n, d, "not-a-duration", "a time like 500ms, 60s or 1h");
}

bool node_choice(const struct node *n, const char *const *names, size_t n_names, struct diagnostics *d, unsigned *ret)
{
	for (size_t i = 0; n->kind == NODE_SCALAR && i < n_names; i++)
		if (streq(n->text, names[i])) {
			*ret = (unsigned)i;
			return true;
		}
	_cleanup_buf_ struct buf known = {0};
	list_names(&known, names, n_names);
	return expected(n, d, "not-a-choice", buf_str(&known));
}

bool node_strings(const struct node *n, struct arena *arena, struct diagnostics *d, const char *const **ret,
		  size_t *ret_n)
{
	bool list = n->kind == NODE_SEQUENCE, good = true;
	size_t count = list ? n->n : 1;
	const char **texts = arena_array(arena, const char *, count);
	if (!texts)
		return false;
	for (size_t i = 0; i < count; i++)
		good &= node_string(list ? n->items[i] : n, d, &texts[i]);
	if (!good)
		return false;
	*ret = texts;
	*ret_n = count;
	return true;
}
