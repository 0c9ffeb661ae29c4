/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/cgroup.h"
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static char root[64];

static void make(const char *name)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static uint64_t id_of(const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void mark_hierarchy(const char *name)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s/cgroup.procs", root, name);
	_cleanup_close_ int fd = open(path, O_CREAT | O_WRONLY, 0644);
	assert_true(fd >= 0);
}

/* A machine with v1 and, beside it, v2 at `unified`. */
static int make_tree(void **state _unused_)
{
	static const char *const dirs[] = {"fs", "fs/cgroup", "fs/cgroup/unified", "fs/cgroup/unified/a.slice",
					   "fs/cgroup/unified/a.slice/b.service", "fs/cgroup/memory", "fs/cgroup/memory/docker"};
	strcpy(root, "/tmp/tracetrap-cgroup-XXXXXX");
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		make(dirs[i]);
	mark_hierarchy("fs/cgroup/unified");
	mark_hierarchy("fs/cgroup/memory");
	return 0;
}

static int remove_tree(void **state _unused_)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void an_inode_becomes_the_path_below_its_hierarchy(void **state _unused_)
{
	char path[ENTITY_NAME_MAX];
	struct cgroups *c = cgroups_new(root);
	assert_true(cgroups_path(c, CGROUP_UNIFIED, id_of("fs/cgroup/unified/a.slice/b.service"), path));
	assert_string_equal(path, "/a.slice/b.service");
	assert_true(cgroups_path(c, CGROUP_MEMORY, id_of("fs/cgroup/memory/docker"), path));
	assert_string_equal(path, "/docker");
	assert_true(cgroups_path(c, CGROUP_UNIFIED, id_of("fs/cgroup/unified"), path));
	assert_string_equal(path, "/");
	cgroups_free(c);
}

static void an_unknown_inode_has_no_name(void **state _unused_)
{
	char path[ENTITY_NAME_MAX] = "before";
	struct cgroups *c = cgroups_new(root);
	assert_false(cgroups_path(c, CGROUP_UNIFIED, id_of("fs/cgroup/memory/docker"), path));
	assert_string_equal(path, "");
	assert_false(cgroups_path(c, CGROUP_UNIFIED, 0, path));
	cgroups_free(c);
	c = cgroups_new("/nonexistent");
	assert_false(cgroups_path(c, CGROUP_UNIFIED, 1, path));
	cgroups_free(c);
}

static void a_cgroup_that_was_seen_is_named_after_it_is_gone(void **state _unused_)
{
	char path[ENTITY_NAME_MAX], dir[PATH_MAX];
	struct cgroups *c = cgroups_new(root);
	make("fs/cgroup/memory/brief");
	uint64_t id = id_of("fs/cgroup/memory/brief");
	assert_true(cgroups_path(c, CGROUP_MEMORY, id, path));
	snprintf(dir, sizeof(dir), "%s/fs/cgroup/memory/brief", root);
	assert_int_equal(rmdir(dir), 0);
	assert_true(cgroups_path(c, CGROUP_MEMORY, id, path));
	assert_string_equal(path, "/brief");
	cgroups_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inode_becomes_the_path_below_its_hierarchy),
		cmocka_unit_test(an_unknown_inode_has_no_name),
		cmocka_unit_test(a_cgroup_that_was_seen_is_named_after_it_is_gone),
	};
	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
