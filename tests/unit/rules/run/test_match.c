/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "rules/run/match.h"

static bool matches(enum entity_kind kind, const char *pattern, const char *name)
{
	struct matcher m;
	assert_int_equal(matcher_init(&m, kind, pattern), 0);
	bool hit = matcher_matches(&m, kind, name);
	matcher_done(&m);
	return hit;
}

static void the_usual_noise_is_left_out_unless_a_pattern_names_it(void **state)
{
	static const char *const noise[] = {"loop0", "ram1",   "zram0",	    "fd0",  "sr0",
					    "sda1",  "vdb12", "nvme0n1p2", "mmcblk0p1", "xvda1"};
	static const char *const disks[] = {"sda", "vdb", "nvme0n1", "mmcblk0", "md0", "dm-3", "nbd0", "xvda"};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++) {
		assert_false(matches(ENTITY_KIND_DISK, NULL, noise[i]));
		assert_true(matches(ENTITY_KIND_DISK, "*", noise[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		assert_true(matches(ENTITY_KIND_DISK, NULL, disks[i]));
	assert_false(matches(ENTITY_KIND_NETDEV, NULL, "lo"));
	assert_true(matches(ENTITY_KIND_NETDEV, NULL, "eth0"));
	assert_true(matches(ENTITY_KIND_NETDEV, "lo", "lo"));
}

static void a_glob_crosses_slashes_and_an_expression_is_anchored(void **state)
{
	(void)state;
	assert_true(matches(ENTITY_KIND_CGROUP, "/backup.slice/*", "/backup.slice/a/b"));
	assert_true(matches(ENTITY_KIND_DISK, "/sd[a-c]|vda/", "sdb"));
	assert_false(matches(ENTITY_KIND_DISK, "/sd[a-c]|vda/", "xvda"));
	assert_false(matches(ENTITY_KIND_DISK, "/sd[a-c]/", "sdb1"));
}

static void another_kind_never_matches(void **state)
{
	struct matcher m;
	(void)state;
	assert_int_equal(matcher_init(&m, ENTITY_KIND_DISK, "*"), 0);
	assert_false(matcher_matches(&m, ENTITY_KIND_NETDEV, "sda"));
	matcher_done(&m);
}

static void an_expression_that_could_cost_without_bound_is_refused(void **state)
{
	static const char *const refused[] = {"/(/", "/(a)\\1/", "/a{600}/", "/(a{100}){100}/"};
	struct matcher m;
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(matcher_init(&m, ENTITY_KIND_DISK, refused[i]), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_noise_is_left_out_unless_a_pattern_names_it),
		cmocka_unit_test(a_glob_crosses_slashes_and_an_expression_is_anchored),
		cmocka_unit_test(another_kind_never_matches),
		cmocka_unit_test(an_expression_that_could_cost_without_bound_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
