/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/load.h"
#include "rules/tell/effective.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mistakes.h"
#include "tests/unit/support/vocabulary.h"

/* What a rule became has to load again as the same rule. */
static void reload(const struct load_options *options, const struct rule *r)
{
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	int e = rules_load_text("again.yaml", r->yaml, strlen(r->yaml), options, d, &set);
	if (e != -ENOMEM && (e < 0 || set->n != 1 || !streq(set->rules[0].yaml, r->yaml))) {
		fprintf(stderr, "%s\nbecame\n%s\n", r->yaml, e < 0 ? "an error" : set->rules[0].yaml);
		abort();
	}
	ruleset_free(set);
	diagnostics_free(d);
}

/* So has what people are shown as the rules in force. */
static void reload_effective(const struct load_options *options, const struct ruleset *set)
{
	_cleanup_buf_ struct buf text = {0};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *again = NULL;
	rules_effective(set, &text);
	int e = rules_load_text("effective.yaml", buf_str(&text), text.len, options, d, &again);
	if (e != -ENOMEM && text.len < 1 << 20 && (e < 0 || !streq(set->digest, again->digest))) {
		fprintf(stderr, "%s\nis %s\n", buf_str(&text), e < 0 ? "an error" : "other rules");
		abort();
	}
	ruleset_free(again);
	diagnostics_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct load_options options = {.vocabulary = test_vocabulary()};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	int r = d ? rules_load_text("fuzz.yaml", (const char *)data, size, &options, d, &set) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < set->n; i++)
		reload(&options, &set->rules[i]);
	if (r == 0 && set->n < 100) /* written out they must not go beyond the caps of one file */
		reload_effective(&options, set);
	ruleset_free(set);
	mistakes_done(d, r == -EINVAL);
	return 0;
}
