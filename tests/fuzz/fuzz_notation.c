/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes are a series, read in the unit that their number picks and walked through. */
#include "engine/base/arena.h"
#include "rules/trial/notation.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mistakes.h"

static void read_in(const struct node *scalar, enum unit unit)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct diagnostics *d = diagnostics_new();
	struct values v = {0};
	if (!arena || !d)
		abort();
	bool good = notation_parse(scalar, unit, arena, d, &v);
	if (good == (diagnostics_count(d, DIAGNOSTIC_ERROR) > 0) || v.n > NOTATION_VALUES_MAX)
		abort();
	struct values_cursor c = {.values = &v};
	for (uint32_t i = 0; i < MIN(v.n, 5000U); i++)
		values_next(&c);
	mistakes_done(d, !good);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	_cleanup_buf_ struct buf text = {0};
	struct diagnostics *d = diagnostics_new();
	const struct node *root;
	buf_add_str(&text, "s: '");
	for (size_t i = 0; i < size; i++)
		buf_add(&text, data[i] == '\'' ? "''" : (const char *)&data[i], data[i] == '\'' ? 2 : 1);
	buf_add_str(&text, "'");
	if (yaml_load("fuzz", text.data, text.len, &load_caps_default, arena, d, &root) == 0 && root->kind == NODE_MAPPING)
		read_in(root->pairs[0].value, (enum unit)(size % UNIT_MAX_));
	diagnostics_free(d);
	return 0;
}
