/* SPDX-License-Identifier: GPL-2.0-only */
/* The packs, which carry other projects' rules: each says whose, is tested, and tells what it leaves out. */
#include <fcntl.h>
#include <glob.h>

#include "engine/base/io.h"
#include "engine/vocabulary.h"
#include "rules/kinds/kind.h"
#include "rules/trial/suite.h"
#include "tests/unit/support/test.h"

struct pack {
	const char *path;
	struct buf text;
	struct diagnostics *diagnostics;
	struct ruleset *set;
};

static void pack_load(struct pack *p, const char *path)
{
	struct load_options options = {.paths = &path, .n_paths = 1, .vocabulary = vocabulary()};
	*p = (struct pack){.path = path, .diagnostics = diagnostics_new()};
	assert_int_equal(rules_load(&options, p->diagnostics, &p->set), 0);
	assert_int_equal(io_read_file(AT_FDCWD, path, 1 << 20, &p->text), 0);
}

static void each_pack(void (*visit)(const struct pack *p))
{
	glob_t found = {0};
	assert_int_equal(glob("conf/packs/*.yaml", 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 3);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct pack p;
		pack_load(&p, found.gl_pathv[i]);
		visit(&p);
		ruleset_free(p.set);
		diagnostics_free(p.diagnostics);
		buf_done(&p.text);
	}
	globfree(&found);
}

/* "ccfos/huatuo@e120de7 AutoTracing.CPUSys": the repository, the commit, and the rule's name there. */
static bool is_source(const char *text)
{
	const char *at = strchr(text, '@'), *slash = strchr(text, '/');
	return at && slash && slash < at && strspn(at + 1, "0123456789abcdef") == 7 && at[8] == ' ' && at[9];
}

static void sources_are_named(const struct pack *p)
{
	for (size_t i = 0; i < p->set->n; i++) {
		const struct rule *r = &p->set->rules[i];
		bool named = false;
		for (size_t k = 0; k < r->n_labels; k++)
			named |= streq(r->labels[k].key, "source") && is_source(r->labels[k].value);
		if (!named)
			fail_msg("%s: %s has no label 'source' that is REPOSITORY@COMMIT NAME", p->path, r->name);
	}
}

static void every_rule_of_a_pack_names_its_source(void **state _unused_)
{
	each_pack(sources_are_named);
}

static void warnings_are_explained(const struct pack *p)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(p->diagnostics, &n);
	for (size_t i = 0; i < n; i++) {
		const struct kind *kind = kind_find(all[i].code);
		if (!kind || !strstr(buf_str(&p->text), kind->code))
			fail_msg("%s:%u: %s, and nothing says why", p->path, all[i].at.line, all[i].message);
	}
}

static void a_pack_loads_with_no_warning_that_it_does_not_explain(void **state _unused_)
{
	each_pack(warnings_are_explained);
}

static bool fires_in(const struct suite *s, const char *rule)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t e = 0; e < s->tests[i].n_expected; e++) {
			const struct expectation *x = &s->tests[i].expected[e];
			if (streq(x->rule, rule) && x->of[MOMENT_FIRES].n > 0)
				return true;
		}
	return false;
}

static bool fires_in_a_test(const char *rule)
{
	glob_t found = {0};
	bool fires = false;
	assert_int_equal(glob("conf/packs/tests/*.test.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc && !fires; i++) {
		struct diagnostics *d = diagnostics_new();
		struct suite *s = NULL;
		assert_int_equal(suite_load(found.gl_pathv[i], vocabulary(), d, &s), 0);
		fires = fires_in(s, rule);
		suite_free(s);
		diagnostics_free(d);
	}
	globfree(&found);
	return fires;
}

static void rules_are_tested(const struct pack *p)
{
	for (size_t i = 0; i < p->set->n; i++)
		if (!fires_in_a_test(p->set->rules[i].name))
			fail_msg("%s: %s fires in no test", p->path, p->set->rules[i].name);
}

static void every_rule_of_a_pack_fires_in_a_test(void **state _unused_)
{
	each_pack(rules_are_tested);
}

static void what_is_missing_is_listed(const struct pack *p)
{
	const char *list = strstr(buf_str(&p->text), "\n# What cannot be expressed:\n#   ");
	if (!list || strstr(list, "\n  - name: "))
		fail_msg("%s does not list at its end what cannot be expressed", p->path);
}

static void a_pack_lists_at_its_end_what_cannot_be_expressed(void **state _unused_)
{
	each_pack(what_is_missing_is_listed);
}

/* Packs may be in force beside the shipped rules. */
static void all_packs_load_together_with_the_stock_rules(void **state _unused_)
{
	static const char *const paths[] = {"conf/rules.d", "conf/packs"};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	struct load_options options = {.paths = paths, .n_paths = ARRAY_SIZE(paths), .vocabulary = vocabulary()};
	int r = rules_load(&options, d, &set);
	size_t n;
	const struct diagnostic *all = diagnostics_all(d, &n);
	if (r < 0)
		fail_msg("%s", n ? all[0].message : "");
	ruleset_free(set);
	diagnostics_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_of_a_pack_names_its_source),
		cmocka_unit_test(a_pack_loads_with_no_warning_that_it_does_not_explain),
		cmocka_unit_test(every_rule_of_a_pack_fires_in_a_test),
		cmocka_unit_test(a_pack_lists_at_its_end_what_cannot_be_expressed),
		cmocka_unit_test(all_packs_load_together_with_the_stock_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
