/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "rules/load.h"
#include "rules/stamps.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tree.h"
#include "tests/unit/support/vocabulary.h"

#include <fcntl.h>
#include <sys/stat.h>

#define FILE_OF(name) "version: 1\nrules:\n  - name: " name "\n    summary: x\n    severity: info\n    when: cpu.sys > 50%\n"

/* Much later, in the clock of the files: nothing is fresh. */
static uint64_t later(void)
{
	return clock_now(CLOCK_REALTIME) + 10 * NS_PER_S;
}

static int read_set(const char *path, struct stamps *ret)
{
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	*ret = (struct stamps){0};
	struct load_options o = {.paths = &path, .n_paths = 1, .vocabulary = test_vocabulary(), .stamps = ret};
	int r = rules_load(&o, d, &set);
	ruleset_free(set);
	diagnostics_free(d);
	return r;
}

static void what_was_just_written_is_not_yet_whole(void **state _unused_)
{
	struct tree t;
	struct stamps s;
	tree_init(&t);
	tree_write(&t, "a.yaml", FILE_OF("a"));
	assert_int_equal(read_set(t.path, &s), 0);
	assert_non_null(stamps_unsettled(&s, clock_now(CLOCK_REALTIME)));
	assert_null(stamps_unsettled(&s, later()));
	/* a clock that was set back */
	assert_null(stamps_unsettled(&s, NS_PER_S));
	stamps_done(&s);
	tree_done(&t);
}

static void whatever_changes_while_it_is_read_is_seen(void **state _unused_)
{
	static const struct {
		const char *file, *text;
	} changes[] = {{"a.yaml", FILE_OF("longer")}, {"a.yaml", FILE_OF("b")}, {"new.yaml", ""}, {"below/more.yaml", ""}};
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct tree t;
		struct stamps s;
		char include[256];
		tree_init(&t);
		tree_write(&t, "a.yaml", FILE_OF("a"));
		tree_write(&t, "below/b.yaml", FILE_OF("below"));
		tree_write(&t, "c.yaml", "version: 1\ninclude: 'below/*.yaml'\n");
		assert_int_equal(read_set(t.path, &s), 0);
		assert_null(stamps_unsettled(&s, later()));
		tree_write(&t, changes[i].file, changes[i].text);
		/* the clock of the files is a coarse one */
		snprintf(include, sizeof(include), "%s/%s", t.path, changes[i].file);
		utimensat(AT_FDCWD, include, (struct timespec[]){{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}}, 0);
		assert_non_null(stamps_unsettled(&s, later()));
		stamps_done(&s);
		tree_done(&t);
	}
}

static void a_set_is_known_by_its_bytes_and_their_order(void **state _unused_)
{
	struct tree t;
	struct stamps one, same, other;
	tree_init(&t);
	tree_write(&t, "a.yaml", FILE_OF("a"));
	tree_write(&t, "b.yaml", FILE_OF("b"));
	assert_int_equal(read_set(t.path, &one), 0);
	assert_int_equal(read_set(t.path, &same), 0);
	tree_write(&t, "a.yaml", FILE_OF("c"));
	assert_int_equal(read_set(t.path, &other), 0);
	assert_true(one.digest == same.digest);
	assert_true(one.digest != other.digest);
	stamps_done(&one);
	stamps_done(&same);
	stamps_done(&other);
	tree_done(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_just_written_is_not_yet_whole),
		cmocka_unit_test(whatever_changes_while_it_is_read_is_seen),
		cmocka_unit_test(a_set_is_known_by_its_bytes_and_their_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
