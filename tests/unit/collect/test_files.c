/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/util.h"
#include "tests/unit/support/taken.h"
#include "tests/unit/support/tree.h"

#include <sys/stat.h>

struct rig {
	struct tree tree;
	struct taken t;
};

static void rig_init(struct rig *rig)
{
	tree_init(&rig->tree);
	taken_init(&rig->t);
	tree_write(&rig->tree, "proc/version", "x");
	tree_write(&rig->tree, "sys/x", "x");
	snprintf(rig->t.plan.proc_root, sizeof(rig->t.plan.proc_root), "%s/proc", rig->tree.path);
	snprintf(rig->t.plan.sys_root, sizeof(rig->t.plan.sys_root), "%s/sys", rig->tree.path);
}

static void rig_done(struct rig *rig)
{
	taken_done(&rig->t);
	tree_done(&rig->tree);
}

static void link_namespace(const struct rig *rig, const char *process, const char *target)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/proc/%s/ns", rig->tree.path, process);
	assert_true(mkdir(path, 0755) == 0);
	snprintf(path, sizeof(path), "%s/proc/%s/ns/net", rig->tree.path, process);
	assert_int_equal(symlink(target, path), 0);
}

static void bonds_of_every_network_namespace_are_taken_once(void **state)
{
	(void)state;
	struct rig rig;
	rig_init(&rig);
	tree_write(&rig.tree, "proc/self/net/bonding/bond0", "ours\n");
	tree_write(&rig.tree, "proc/1/net/bonding/bond0", "ours again\n");
	tree_write(&rig.tree, "proc/20/net/bonding/bond0", "theirs\n");
	tree_write(&rig.tree, "proc/21/net/bonding/bond0", "theirs again\n");
	link_namespace(&rig, "self", "net:[100]");
	link_namespace(&rig, "1", "net:[100]");
	link_namespace(&rig, "20", "net:[200]");
	link_namespace(&rig, "21", "net:[200]");
	taken_run_named(&rig.t, "bonding");
	assert_int_equal(rig.t.n, 2);
	assert_string_equal(taken_text(&rig.t, "net/bonding/bond0.txt"), "ours\n");
	assert_non_null(strstr(taken_text(&rig.t, "net/bonding/netns-200/bond0.txt"), "theirs"));
	rig_done(&rig);
}

static void without_a_bond_the_ledger_says_where_was_looked(void **state)
{
	(void)state;
	struct rig rig;
	rig_init(&rig);
	taken_run_named(&rig.t, "bonding");
	assert_int_equal(taken_line(&rig.t, "net/bonding")->state, MEMBER_UNSUPPORTED);
	rig_done(&rig);
}

static void the_entitys_cgroup_and_the_largest_are_taken_on_v2(void **state)
{
	(void)state;
	struct rig rig;
	char file[128], text[32];
	rig_init(&rig);
	tree_write(&rig.tree, "sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	for (unsigned i = 0; i < 20; i++) {
		snprintf(file, sizeof(file), "sys/fs/cgroup/a.slice/s%02u/memory.current", i);
		snprintf(text, sizeof(text), "%u\n", i * 1000);
		tree_write(&rig.tree, file, text);
	}
	tree_write(&rig.tree, "sys/fs/cgroup/a.slice/s00/memory.events", "oom_kill 1\n");
	tree_write(&rig.tree, "sys/fs/cgroup/a.slice/s01/cpu.stat", "usage_usec 5000000\n");
	rig.t.plan.entity_kind = ENTITY_KIND_CGROUP;
	snprintf(rig.t.plan.entity, sizeof(rig.t.plan.entity), "/a.slice/s00");
	taken_run_named(&rig.t, "cgroup");
	assert_non_null(strstr(taken_text(&rig.t, "cgroup/a.slice/s00.txt"), "== memory.events\noom_kill 1\n"));
	assert_non_null(strstr(taken_text(&rig.t, "cgroup/a.slice/s19.txt"), "19000"));
	assert_non_null(taken_text(&rig.t, "cgroup/a.slice/s01.txt"));
	assert_null(taken_line(&rig.t, "cgroup/a.slice/s05.txt"));
	assert_non_null(strstr(taken_text(&rig.t, "cgroup/all.tsv"), "/a.slice/s01\t1000\t5000000000\n"));
	rig_done(&rig);
}

static void a_cgroup_of_v1_is_put_together_from_its_hierarchies(void **state)
{
	(void)state;
	struct rig rig;
	rig_init(&rig);
	tree_write(&rig.tree, "sys/fs/cgroup/memory/box/memory.usage_in_bytes", "7\n");
	tree_write(&rig.tree, "sys/fs/cgroup/cpuacct/box/cpuacct.usage", "9\n");
	tree_write(&rig.tree, "sys/fs/cgroup/pids/box/pids.current", "3\n");
	taken_run_named(&rig.t, "cgroup");
	const char *text = taken_text(&rig.t, "cgroup/box.txt");
	assert_non_null(strstr(text, "== memory.usage_in_bytes\n7\n"));
	assert_non_null(strstr(text, "== cpuacct.usage\n9\n"));
	assert_non_null(strstr(text, "== pids.current\n3\n"));
	assert_non_null(strstr(taken_text(&rig.t, "cgroup/all.tsv"), "/box\t7\t9\n"));
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bonds_of_every_network_namespace_are_taken_once),
		cmocka_unit_test(without_a_bond_the_ledger_says_where_was_looked),
		cmocka_unit_test(the_entitys_cgroup_and_the_largest_are_taken_on_v2),
		cmocka_unit_test(a_cgroup_of_v1_is_put_together_from_its_hierarchies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
