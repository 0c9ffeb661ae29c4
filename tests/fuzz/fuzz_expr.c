/* SPDX-License-Identifier: GPL-2.0-only */
/* The expression language alone: the bytes are the `when` of three rules that differ in whom they are about. */
#include "rules/load.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mistakes.h"
#include "tests/unit/support/vocabulary.h"

static void add_quoted(struct buf *out, const uint8_t *data, size_t size)
{
	buf_add_str(out, "when: '");
	for (size_t i = 0; i < size; i++)
		buf_add(out, data[i] == '\'' ? "''" : (const char *)&data[i], data[i] == '\'' ? 2 : 1);
	buf_add_str(out, "'}\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct load_options options = {.vocabulary = test_vocabulary()};
	_cleanup_buf_ struct buf text = {0};
	struct ruleset *set = NULL;
	struct diagnostics *d = diagnostics_new();
	buf_add_str(&text, "version: 1\nrules:\n  - {name: a, params: {level: 45%, n: 3, span: 10s}, ");
	add_quoted(&text, data, size);
	buf_add_str(&text, "  - {name: b, for_each: disk, ");
	add_quoted(&text, data, size);
	buf_add_str(&text, "  - {name: c, on: oom, ");
	add_quoted(&text, data, size);
	int r = rules_load_text("fuzz.yaml", text.data, text.len, &options, d, &set);
	ruleset_free(set);
	mistakes_done(d, r == -EINVAL);
	return 0;
}
