/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/cgroup.h"
#include "engine/source/dtasks.h"
#include "engine/source/mount.h"
#include "tests/unit/source/fake.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

extern const struct part_ops part_mount, part_cgroup;

static bool find_row(const struct buf *rows, const char *name, struct helper_row *ret)
{
	struct cursor c = cursor_over(buf_str(rows), rows->len);
	while (helper_next_row(&c, ret))
		if (streq(ret->name, name))
			return true;
	return false;
}

/* A table that the helper lists again and again; what it remembers between two lists it keeps for life, so a scan is static. */
struct scan {
	struct fake *fake;
	void (*list)(void **memory, const char *proc_root, const char *sys_root, uint32_t flags, struct buf *rows);
	void *memory;
	struct buf rows;
	struct helper_row row; /* that was found last */
};

static struct fake *scan_begin(struct scan *s, void (*list)(void **, const char *, const char *, uint32_t, struct buf *))
{
	*s = (struct scan){.fake = fake_new(), .list = list};
	return s->fake;
}

static void scan(struct scan *s, uint32_t flags)
{
	buf_clear(&s->rows);
	s->list(&s->memory, s->fake->root, s->fake->root, flags, &s->rows);
}

static bool scan_found(struct scan *s, const char *name)
{
	return find_row(&s->rows, name, &s->row);
}

static void scan_end(struct scan *s)
{
	buf_done(&s->rows);
	fake_free(s->fake);
}

static void rows_come_back_as_they_were_and_nonsense_ends_them(void **state _unused_)
{
	_cleanup_buf_ struct buf rows = {0};
	uint64_t values[HELPER_COLUMNS_MAX] = {[1] = 7, [3] = UINT64_MAX};
	struct helper_row row;
	helper_add_row(&rows, "/a b", 1U << 1 | 1U << 3, values);
	assert_true(find_row(&rows, "/a b", &row));
	assert_int_equal(row.mask, 10);
	assert_int_equal(row.values[3], UINT64_MAX);
	for (size_t len = 1; len < rows.len; len++) {
		struct cursor c = cursor_over(rows.data, len);
		assert_false(helper_next_row(&c, &row));
	}
	struct cursor c = cursor_over("\xff\xff\xff\xff\xff\xff\xff\xff\x7fx", 10);
	assert_false(helper_next_row(&c, &row));
}

static void mounts_are_listed_once_per_device_and_without_those_that_cannot_fill_up(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_mounts);
	_cleanup_buf_ struct buf info = {0};
	fake_write(f, "with blank/x", "");
	buf_printf(&info,
		   "22 27 0:21 / /proc rw - proc proc rw\n27 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n"
		   "28 27 254:0 / /bind rw - ext4 /dev/vda rw\n29 27 0:99 / %s/with\\040blank rw - tmpfs x rw\n"
		   "30 27 7:1 / /snap ro - squashfs /dev/loop1 ro\n31 27 0:98 / /gone rw - ext4 x rw\nbroken\n40 1 1:1 /\n",
		   f->root);
	fake_write(f, "self/mountinfo", buf_str(&info));
	scan(&s, 0);
	char blank[128];
	snprintf(blank, sizeof(blank), "%s/with blank", f->root);
	assert_true(scan_found(&s, blank));
	assert_true(scan_found(&s, "/"));
	assert_in_range(s.row.values[MOUNT_USED], 1, 1000000);
	assert_false(scan_found(&s, "/bind"));
	assert_false(scan_found(&s, "/proc"));
	assert_false(scan_found(&s, "/snap"));
	assert_false(scan_found(&s, "/gone")); /* statfs fails: nothing there to be full */
	scan_end(&s);
}

static void the_mounts_of_containers_take_no_slots_but_an_overlay_may_be_the_machines_root(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_mounts);
	_cleanup_buf_ struct buf info = {0};
	char merged[128];
	snprintf(merged, sizeof(merged), "%s/merged", f->root);
	fake_write(f, "merged/x", "");
	buf_printf(&info,
		   "27 1 0:40 / / rw - overlay overlay rw\n28 27 0:41 / %s rw - overlay overlay rw\n"
		   "29 27 0:43 / /var/lib/kubelet/pods/x rw - tmpfs tmpfs rw\n30 27 0:43 / /tmp rw - tmpfs tmpfs rw\n",
		   merged);
	fake_write(f, "self/mountinfo", buf_str(&info));
	scan(&s, 0);
	assert_true(scan_found(&s, "/"));
	assert_true(scan_found(&s, "/tmp")); /* the first of its device that counts */
	assert_false(scan_found(&s, merged));
	scan_end(&s);
}

static void a_v2_cgroup_brings_all_its_columns(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_cgroups);
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu memory pids\n");
	fake_write(f, "fs/cgroup/cgroup.stat", "nr_descendants 2\n");
	fake_write(f, "fs/cgroup/a.slice/cpu.stat", "usage_usec 5000\nuser_usec 1\nnr_periods 10\nnr_throttled 4\n");
	fake_write(f, "fs/cgroup/a.slice/memory.current", "4096\n");
	fake_write(f, "fs/cgroup/a.slice/memory.stat", "anon 100\nfile 200\nfile_mapped 7\n");
	fake_write(f, "fs/cgroup/a.slice/memory.events", "low 0\noom 3\noom_kill 2\n");
	fake_write(f, "fs/cgroup/a.slice/pids.current", "12\n");
	fake_write(f, "fs/cgroup/a.slice/io.pressure", "some avg10=0.00 total=77\n");
	fake_write(f, "fs/cgroup/a.slice/b.service/cpu.stat", "usage_usec 1\n");
	scan(&s, 0);
	assert_true(scan_found(&s, "/a.slice"));
	assert_int_equal(s.row.values[CGROUP_CPU_NS], 5000000);
	assert_int_equal(s.row.values[CGROUP_THROTTLED], 4);
	assert_int_equal(s.row.values[CGROUP_ANON], 100);
	assert_int_equal(s.row.values[CGROUP_FILE], 200);
	assert_int_equal(s.row.values[CGROUP_OOM_KILL], 2);
	assert_int_equal(s.row.values[CGROUP_PIDS], 12);
	assert_int_equal(s.row.values[CGROUP_PSI_IO_US], 77);
	assert_false(s.row.mask & 1U << CGROUP_PSI_CPU_US);
	assert_true(scan_found(&s, "/a.slice/b.service"));
	assert_false(s.row.mask & 1U << CGROUP_PERIODS);
	scan_end(&s);
}

static void v1_hierarchies_are_joined_by_path_and_follow_what_comes_and_goes(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_cgroups);
	fake_write(f, "cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t1\t2\t1\n");
	fake_write(f, "fs/cgroup/memory/j/memory.usage_in_bytes", "10\n");
	fake_write(f, "fs/cgroup/memory/j/memory.stat", "rss 1\ncache 2\ntotal_cache 20\ntotal_rss 30\n");
	fake_write(f, "fs/cgroup/memory/j/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
	fake_write(f, "fs/cgroup/cpuacct/j/cpuacct.usage", "900\n");
	scan(&s, 0);
	assert_true(scan_found(&s, "/j"));
	assert_int_equal(s.row.values[CGROUP_CPU_NS], 900);
	assert_int_equal(s.row.values[CGROUP_MEM], 10);
	assert_int_equal(s.row.values[CGROUP_ANON], 30);
	assert_int_equal(s.row.values[CGROUP_OOM_KILL], 1);
	fake_write(f, "fs/cgroup/memory/new/memory.usage_in_bytes", "11\n");
	fake_write(f, "cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t1\t3\t1\n");
	scan(&s, 0);
	assert_true(scan_found(&s, "/new"));
	fake_remove(f, "fs/cgroup/memory/new/memory.usage_in_bytes");
	fake_remove(f, "fs/cgroup/memory/new");
	fake_write(f, "cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t1\t2\t1\n");
	scan(&s, 0);
	assert_false(scan_found(&s, "/new"));
	scan_end(&s);
}

static void a_cgroup_that_does_not_run_keeps_its_memory_without_being_read(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_cgroups);
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu memory\n");
	fake_write(f, "fs/cgroup/a/cpu.stat", "usage_usec 5000\n");
	fake_write(f, "fs/cgroup/a/memory.current", "4096\n");
	scan(&s, 0);
	fake_write(f, "fs/cgroup/a/memory.current", "8192\n");
	scan(&s, 0);
	assert_true(scan_found(&s, "/a"));
	assert_int_equal(s.row.values[CGROUP_MEM], 4096);
	fake_write(f, "fs/cgroup/a/cpu.stat", "usage_usec 5001\n");
	scan(&s, 0);
	assert_true(scan_found(&s, "/a"));
	assert_int_equal(s.row.values[CGROUP_MEM], 8192);
	scan_end(&s);
}

static void the_parts_of_a_memory_are_read_when_their_sum_has_moved_well(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_cgroups);
	static const struct {
		const char *sum;
		uint64_t anon;
	} steps[] = {{"1000000\n", 100}, {"1004096\n", 100}, {"1300000\n", 200}, {"1000000\n", 200}};
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu memory\n");
	fake_write(f, "fs/cgroup/a/memory.stat", "anon 100\n");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char kills[32];
		snprintf(kills, sizeof(kills), "oom_kill %zu\n", i);
		fake_write(f, "fs/cgroup/a/memory.current", steps[i].sum);
		fake_write(f, "fs/cgroup/a/memory.events", kills);
		scan(&s, 0);
		assert_true(scan_found(&s, "/a"));
		assert_int_equal(s.row.values[CGROUP_ANON], steps[i].anon);
		assert_int_equal(s.row.values[CGROUP_OOM_KILL], i);
		fake_write(f, "fs/cgroup/a/memory.stat", "anon 200\n");
	}
	scan_end(&s);
}

static void d_tasks_count_for_every_cgroup_above_them(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_cgroups);
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu\n");
	fake_write(f, "fs/cgroup/a/b/cpu.stat", "usage_usec 1\n");
	fake_write(f, "fs/cgroup/ab/cpu.stat", "usage_usec 1\n");
	fake_write(f, "7/stat", "7 (evil) R) D 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 5\n");
	fake_write(f, "7/cgroup", "0::/a/b\n");
	fake_write(f, "7/task/7/stat", "7 (x) D\n");
	fake_write(f, "7/task/8/stat", "8 (x) D 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 5\n");
	fake_write(f, "7/task/8/cgroup", "0::/a\n");
	fake_write(f, "9/stat", "9 (sleeper) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5\n");
	fake_write(f, "10/stat", "10 (trunc");
	scan(&s, HELPER_SCAN_TASKS);
	assert_true(scan_found(&s, HELPER_NAME_OF_ALL));
	assert_int_equal(s.row.values[CGROUP_D], 2);
	assert_true(scan_found(&s, "/a"));
	assert_int_equal(s.row.values[CGROUP_D], 2);
	assert_true(scan_found(&s, "/a/b"));
	assert_int_equal(s.row.values[CGROUP_D], 1);
	assert_true(scan_found(&s, "/ab"));
	assert_int_equal(s.row.values[CGROUP_D], 0);
	assert_int_equal(dtasks_scan(f->root, /* most= */ 0, NULL, NULL), 0);
	scan_end(&s);
}

static void make_cgroup(const struct fake *f, const char *path)
{
	char full[1024];
	snprintf(full, sizeof(full), "%s/fs/cgroup/%s", f->root, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void a_full_table_holds_the_upper_levels_and_says_how_many_had_no_room(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_cgroups);
	char path[32];
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu\n");
	for (const char *top = "abc"; *top; top++) {
		snprintf(path, sizeof(path), "%c", *top);
		make_cgroup(f, path);
		for (int i = 0; i < 1100; i++) {
			snprintf(path, sizeof(path), "%c/%d", *top, i);
			make_cgroup(f, path);
		}
	}
	scan(&s, 0);
	assert_true(scan_found(&s, "/a"));
	assert_true(scan_found(&s, "/b"));
	assert_true(scan_found(&s, "/c"));
	assert_true(scan_found(&s, HELPER_NAME_OF_ALL));
	assert_int_equal(s.row.mask, 1U << CGROUP_REFUSED);
	assert_int_equal(s.row.values[CGROUP_REFUSED], 3 + 3 * 1100 - 1024);
	scan_end(&s);
}

static void an_upper_level_that_comes_later_takes_the_place_of_a_deeper_one(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_cgroups);
	char path[32];
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu\n");
	fake_write(f, "fs/cgroup/cgroup.stat", "nr_descendants 1101\n");
	make_cgroup(f, "a");
	for (int i = 0; i < 1100; i++) {
		snprintf(path, sizeof(path), "a/%d", i);
		make_cgroup(f, path);
	}
	scan(&s, 0);
	make_cgroup(f, "later");
	fake_write(f, "fs/cgroup/cgroup.stat", "nr_descendants 1102\n");
	scan(&s, 0);
	assert_true(scan_found(&s, "/later"));
	assert_true(scan_found(&s, "/a"));
	scan_end(&s);
}

static void cgroups_that_come_each_second_do_not_hold_up_the_turns(void **state _unused_)
{
	static struct scan s;
	struct fake *f = scan_begin(&s, helper_cgroups);
	static const char *const names[] = {"a", "b", "c"};
	char path[64];
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu memory\n");
	for (unsigned turn = 0; turn < 12; turn++) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			snprintf(path, sizeof(path), "fs/cgroup/%s/cpu.stat", names[i]);
			fake_write(f, path, "usage_usec 5000\n");
			snprintf(path, sizeof(path), "fs/cgroup/%s/memory.current", names[i]);
			fake_write(f, path, turn ? "8192\n" : "4096\n");
		}
		snprintf(path, sizeof(path), "nr_descendants %u\n", 3 + turn);
		fake_write(f, "fs/cgroup/cgroup.stat", path);
		scan(&s, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/%s", names[i]);
		assert_true(scan_found(&s, path));
		assert_int_equal(s.row.values[CGROUP_MEM], 8192);
	}
	scan_end(&s);
}

static void wait_for_answer(const struct fake *f, enum helper_kind kind)
{
	struct pollfd p = {.fd = f->env.helper->channel[kind].fd, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 10000), 1);
}

static void the_helper_answers_later_and_what_is_late_is_unknown(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
	struct part *p = part_mount.open(&f->env);
	assert_non_null(p);
	fake_read(f, &part_mount, p, 0); /* asks */
	wait_for_answer(f, HELPER_MOUNTS);
	fake_read(f, &part_mount, p, SECOND_NS / 10);
	assert_in_range(fake_value(f, SIGNAL_MOUNT_USED, ENTITY_KIND_MOUNT, "/"), 1, 1000000);
	assert_int_equal(f->env.churn.n_born, 1);
	/* It stops, so the next answer is not there when it should be. */
	kill(f->env.helper->pid, SIGSTOP);
	assert_int_equal(waitpid(f->env.helper->pid, NULL, WUNTRACED), f->env.helper->pid);
	fake_read(f, &part_mount, p, SECOND_NS);
	fake_read(f, &part_mount, p, SECOND_NS);
	assert_true(fake_find(f, SIGNAL_MOUNT_USED, ENTITY_KIND_MOUNT, "/")->unknown);
	assert_true(f->env.lost > 0);
	kill(f->env.helper->pid, SIGCONT);
	wait_for_answer(f, HELPER_MOUNTS);
	fake_read(f, &part_mount, p, SECOND_NS / 10);
	assert_false(fake_find(f, SIGNAL_MOUNT_USED, ENTITY_KIND_MOUNT, "/")->unknown);
	part_mount.close(p);
	fake_free(f);
}

static void a_helper_that_died_is_started_again(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
	struct part *p = part_mount.open(&f->env);
	kill(f->env.helper->pid, SIGKILL);
	wait_for_answer(f, HELPER_MOUNTS); /* that is: its end of the socket is closed */
	fake_read(f, &part_mount, p, 0);
	fake_read(f, &part_mount, p, SECOND_NS / 10);
	assert_int_equal(f->env.helper->pid, 0);
	fake_read(f, &part_mount, p, HELPER_RESPAWN_NS);
	assert_true(f->env.helper->pid > 0);
	wait_for_answer(f, HELPER_MOUNTS);
	fake_read(f, &part_mount, p, SECOND_NS / 10);
	assert_non_null(fake_find(f, SIGNAL_MOUNT_USED, ENTITY_KIND_MOUNT, "/"));
	part_mount.close(p);
	fake_free(f);
}

static void cgroups_become_entities_with_rates(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu\n");
	fake_write(f, "fs/cgroup/a/cpu.stat", "usage_usec 1000000\nnr_periods 10\nnr_throttled 5\n");
	struct part *p = part_cgroup.open(&f->env);
	fake_read(f, &part_cgroup, p, 0);
	wait_for_answer(f, HELPER_CGROUPS);
	fake_read(f, &part_cgroup, p, SECOND_NS / 10);
	assert_null(fake_find(f, SIGNAL_CGROUP_CPU, ENTITY_KIND_CGROUP, "/a"));
	fake_write(f, "fs/cgroup/a/cpu.stat", "usage_usec 2500000\nnr_periods 20\nnr_throttled 10\n");
	fake_read(f, &part_cgroup, p, SECOND_NS - SECOND_NS / 10);
	wait_for_answer(f, HELPER_CGROUPS);
	fake_read(f, &part_cgroup, p, SECOND_NS / 10);
	assert_int_equal(fake_value(f, SIGNAL_CGROUP_CPU, ENTITY_KIND_CGROUP, "/a"), 1500);
	assert_int_equal(fake_value(f, SIGNAL_CGROUP_THROTTLED, ENTITY_KIND_CGROUP, "/a"), 500000);
	part_cgroup.close(p);
	fake_free(f);
}

static void what_the_helper_has_no_room_for_is_lost_once(void **state _unused_)
{
	struct fake *f = fake_new();
	char path[300];
	fake_write(f, "fs/cgroup/cgroup.controllers", "cpu\n");
	memset(path, 'x', sizeof(path));
	path[200] = path[299] = '\0';
	make_cgroup(f, path);
	path[200] = '/';
	make_cgroup(f, path);
	struct part *p = part_cgroup.open(&f->env);
	fake_read(f, &part_cgroup, p, 0);
	for (int i = 0; i < 3; i++) {
		wait_for_answer(f, HELPER_CGROUPS);
		fake_read(f, &part_cgroup, p, SECOND_NS);
		assert_int_equal(f->env.lost, 1);
	}
	part_cgroup.close(p);
	fake_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_back_as_they_were_and_nonsense_ends_them),
		cmocka_unit_test(mounts_are_listed_once_per_device_and_without_those_that_cannot_fill_up),
		cmocka_unit_test(the_mounts_of_containers_take_no_slots_but_an_overlay_may_be_the_machines_root),
		cmocka_unit_test(a_v2_cgroup_brings_all_its_columns),
		cmocka_unit_test(v1_hierarchies_are_joined_by_path_and_follow_what_comes_and_goes),
		cmocka_unit_test(a_cgroup_that_does_not_run_keeps_its_memory_without_being_read),
		cmocka_unit_test(the_parts_of_a_memory_are_read_when_their_sum_has_moved_well),
		cmocka_unit_test(d_tasks_count_for_every_cgroup_above_them),
		cmocka_unit_test(a_full_table_holds_the_upper_levels_and_says_how_many_had_no_room),
		cmocka_unit_test(an_upper_level_that_comes_later_takes_the_place_of_a_deeper_one),
		cmocka_unit_test(cgroups_that_come_each_second_do_not_hold_up_the_turns),
		cmocka_unit_test(the_helper_answers_later_and_what_is_late_is_unknown),
		cmocka_unit_test(a_helper_that_died_is_started_again),
		cmocka_unit_test(cgroups_become_entities_with_rates),
		cmocka_unit_test(what_the_helper_has_no_room_for_is_lost_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
