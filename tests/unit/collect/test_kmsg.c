/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "snapshot/collect/kmsg.h"
#include "snapshot/collect/sysrq.h"
#include "tests/unit/support/taken.h"
#include "tests/unit/support/tree.h"

#include "bpf/event.h"

#include <fcntl.h>

static void a_record_is_taken_apart_without_its_dictionary(void **state)
{
	(void)state;
	static const char text[] = "30,4711,12345678,-,caller=T1;eth0: link up\n SUBSYSTEM=net\n DEVICE=n2\n";
	struct kmsg_record r;
	assert_true(kmsg_parse(text, sizeof(text) - 1, &r));
	assert_int_equal(r.level, 6);
	assert_int_equal(r.facility, 3);
	assert_int_equal(r.seq, 4711);
	assert_int_equal(r.t_us, 12345678);
	assert_int_equal(r.len, strlen("eth0: link up"));
	assert_memory_equal(r.text, "eth0: link up", r.len);
	assert_true(kmsg_parse("4,1,2;", 6, &r));
	assert_int_equal(r.len, 0);
}

static void a_broken_record_is_refused(void **state)
{
	(void)state;
	static const char *const broken[] = {"", ";", "4", "4,", "4,1,2", "4,1,2,-", "x,1,2;a", "4,,2;a",
					     "99999999999999999999,1,2;a", "4294967296,1,2;a", "-4,1,2;a"};
	struct kmsg_record r;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		if (kmsg_parse(broken[i], strlen(broken[i]), &r))
			fail_msg("'%s' was taken", broken[i]);
}

/* A pipe in packet mode gives one record a read, as the log does. */
static void put(int fd, const char *record)
{
	assert_int_equal(write(fd, record, strlen(record)), (ssize_t)strlen(record));
}

static void jumps_in_the_numbers_are_counted_as_lost(void **state)
{
	(void)state;
	int ends[2];
	struct kmsg k = {0};
	struct kmsg_record r;
	assert_int_equal(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
	k.fd = ends[0];
	put(ends[1], "6,100,1;first");
	put(ends[1], "6,101,2;second");
	put(ends[1], "nonsense");
	put(ends[1], "6,150,3;after the gap");
	assert_int_equal(kmsg_next(&k, &r), 1);
	assert_int_equal(kmsg_next(&k, &r), 1);
	assert_int_equal(k.lost, 0);
	assert_int_equal(kmsg_next(&k, &r), 1);
	assert_int_equal(r.seq, 150);
	assert_int_equal(k.lost, 48);
	assert_int_equal(kmsg_next(&k, &r), 0);
	close(ends[1]);
	kmsg_close(&k);
}

static enum kmsg_mark mark_of(const char *text, char *letter)
{
	struct kmsg_record r = {.text = text, .len = strlen(text)};
	return kmsg_mark_of(&r, letter);
}

static void marks_are_known_and_what_only_begins_like_one_is_not(void **state)
{
	(void)state;
	char letter = 0;
	assert_int_equal(mark_of("tracetrap: sysrq-w begin 2026-x", &letter), KMSG_BEGIN);
	assert_int_equal(letter, 'w');
	assert_int_equal(mark_of("tracetrap: sysrq-l end 2026-x", &letter), KMSG_END);
	assert_int_equal(letter, 'l');
	assert_int_equal(mark_of("tracetrap: sysrq-", &letter), KMSG_NO_MARK);
	assert_int_equal(mark_of("tracetrap: sysrq-lend", &letter), KMSG_NO_MARK);
	assert_int_equal(mark_of("sysrq: Show Blocked State", &letter), KMSG_NO_MARK);
}

static void only_an_enabled_line_console_is_slow(void **state)
{
	(void)state;
	char name[32];
	assert_true(sysrq_slow_console("tty0 -WU (EC  p  ) 4:1\nttyS0                -W- (E   p a)    4:64\n", name,
				       sizeof(name)));
	assert_string_equal(name, "ttyS0");
	assert_false(sysrq_slow_console("tty0 -WU (EC  p  ) 4:1\nttyS0 -W- (    p a) 4:64\n", name, sizeof(name)));
	assert_false(sysrq_slow_console("netcon0 -W- (E   a)\n", name, sizeof(name)));
	assert_false(sysrq_slow_console("", name, sizeof(name)));
}

static void what_the_console_prints_depends_on_level_and_letter(void **state)
{
	(void)state;
	assert_true(sysrq_is_printed("7\t4\t1\t7\n", false, 'w'));
	assert_false(sysrq_is_printed("4\t4\t1\t7\n", false, 'w'));
	assert_false(sysrq_is_printed("6 4 1 7", false, 'w'));
	assert_true(sysrq_is_printed("6 4 1 7", false, 'l'));
	assert_false(sysrq_is_printed("4 4 1 7", false, 'l'));
	assert_true(sysrq_is_printed("1 4 1 7", true, 'w'));
}

static void without_sysrq_the_iterator_stands_for_the_blocked_tasks(void **state)
{
	(void)state;
	struct task_stack stack = {.task = {.pid = 9, .tgid = 9, .state = TASK_STATE_UNINTERRUPTIBLE, .comm = "dd"},
				   .n_frames = 1,
				   .stack = {0x1234}};
	struct tree empty;
	struct taken t;
	tree_init(&empty);
	taken_init(&t);
	snprintf(t.plan.proc_root, sizeof(t.plan.proc_root), "%s", empty.path);
	taken_fd(&t, CAPTURE_FD_D_STACKS, &stack, sizeof(stack));
	taken_run_named(&t, "sysrq-w");
	taken_run_named(&t, "sysrq-t");
	const struct ledger_entry *w = taken_line(&t, "sysrq/w.txt");
	assert_int_equal(w->state, MEMBER_COMPLETE);
	assert_string_equal(w->reason, "sysrq-trigger: No such file or directory; task iterator instead");
	assert_non_null(strstr(taken_text(&t, "sysrq/w.txt"), "# stands for sysrq-w: sysrq-trigger: No such"));
	assert_non_null(strstr(taken_text(&t, "sysrq/w.txt"), "pid 9 (dd)"));
	assert_non_null(strstr(taken_text(&t, "sysrq/w.txt"), "1234\n"));
	assert_int_equal(taken_line(&t, "sysrq/t.txt")->state, MEMBER_UNSUPPORTED);
	taken_done(&t);
	tree_done(&empty);
}

static void a_slow_console_that_would_print_the_dump_is_spared(void **state)
{
	(void)state;
	struct tree tree;
	struct taken t;
	tree_init(&tree);
	tree_write(&tree, "proc/sysrq-trigger", "");
	tree_write(&tree, "proc/consoles", "ttyS0 -W- (EC p a) 4:64\n");
	tree_write(&tree, "proc/sys/kernel/printk", "7 4 1 7\n");
	tree_write(&tree, "proc/meminfo", "MemTotal: 1 kB\n");
	taken_init(&t);
	snprintf(t.plan.proc_root, sizeof(t.plan.proc_root), "%s/proc", tree.path);
	taken_run_named(&t, "sysrq-m");
	assert_int_equal(taken_line(&t, "sysrq/m.txt")->state, MEMBER_SKIPPED);
	assert_string_equal(taken_line(&t, "sysrq/m.txt")->reason,
			    "console: ttyS0 is slow and would print all of it; /proc instead");
	assert_non_null(strstr(taken_text(&t, "sysrq/m.txt"), "MemTotal: 1 kB"));
	taken_done(&t);
	tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_taken_apart_without_its_dictionary),
		cmocka_unit_test(a_broken_record_is_refused),
		cmocka_unit_test(jumps_in_the_numbers_are_counted_as_lost),
		cmocka_unit_test(marks_are_known_and_what_only_begins_like_one_is_not),
		cmocka_unit_test(only_an_enabled_line_console_is_slow),
		cmocka_unit_test(what_the_console_prints_depends_on_level_and_letter),
		cmocka_unit_test(without_sysrq_the_iterator_stands_for_the_blocked_tasks),
		cmocka_unit_test(a_slow_console_that_would_print_the_dump_is_spared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
