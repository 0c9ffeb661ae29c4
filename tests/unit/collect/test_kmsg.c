/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "snapshot/collect/kmsg.h"
#include "snapshot/collect/sysrq.h"
#include "tests/unit/support/taken.h"
#include "tests/unit/support/tree.h"

#include "bpf/event.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>

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
	struct kmsg_record r = {.facility = 1, .text = text, .len = strlen(text)};
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

/* What is left of lines "SECONDS facility text". */
static const char *filtered(const char *const *lines, size_t n)
{
	static char text[2048];
	struct kmsg_filter filter = {.id = "ID-7"};
	memset(text, 0, sizeof(text));
	FILE *to = fmemopen(text, sizeof(text) - 1, "w");
	for (size_t i = 0; i < n; i++) {
		struct kmsg_record r = {.seq = i};
		int at = 0;
		assert_int_equal(sscanf(lines[i], "%" SCNu64 " %u %n", &r.t_us, &r.facility, &at), 2);
		r.t_us *= 1000000;
		r.text = lines[i] + at;
		r.len = strlen(r.text);
		kmsg_filter_print(&filter, to, &r);
	}
	kmsg_filter_end(&filter, to);
	fclose(to);
	return text;
}

#define FILTERED(...) filtered((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void lines_of_our_own_dump_are_counted_instead_of_shown(void **state)
{
	(void)state;
	const char *text = FILTERED("1 1 tracetrap: sysrq-w begin ID-7", "1 0 task:dd state:D", "1 3 from user space",
				    "2 1 tracetrap: sysrq-w end ID-7", "3 0 after");
	assert_null(strstr(text, "task:dd"));
	assert_non_null(strstr(text, "from user space"));
	assert_non_null(strstr(text, "# 1 lines are in sysrq/w.txt\n3 ["));
	assert_non_null(strstr(text, "after"));
}

static void dumps_of_other_incidents_stay_in_the_log(void **state)
{
	(void)state;
	assert_non_null(strstr(FILTERED("1 1 tracetrap: sysrq-w begin ID-17", "1 0 task:dd"), "task:dd"));
	assert_non_null(strstr(FILTERED("1 0 tracetrap: sysrq-w begin ID-7", "1 0 task:dd"), "task:dd"));
}

static void a_mark_without_an_end_hides_for_a_while_and_is_counted(void **state)
{
	(void)state;
	const char *text = FILTERED("1 1 tracetrap: sysrq-w begin ID-7", "2 0 task:dd", "16 0 task:cp", "17 0 oops");
	assert_null(strstr(text, "task:"));
	assert_non_null(strstr(text, "# 2 lines of a dump without an end are in sysrq/w.txt, as far as it was read\n3 ["));
	assert_non_null(strstr(text, "oops"));
	text = FILTERED("1 1 tracetrap: sysrq-w begin ID-7", "2 0 task:dd");
	assert_non_null(strstr(text, "# 1 lines of a dump without an end"));
}

/* The dump of a log that goes no further. */
static struct sysrq_dump half_a_dump(struct collect *c)
{
	int ends[2];
	struct kmsg log = {0};
	struct sysrq_dump dump = {.c = c, .id = "ID-7", .letter = 'w'};
	assert_int_equal(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
	log.fd = ends[0];
	put(ends[1], "6,1,1;before");
	put(ends[1], "14,2,1;tracetrap: sysrq-w begin ID-7");
	put(ends[1], "6,3,1;task:dd state:D");
	put(ends[1], "14,4,1;tracetrap: sysrq-w end ID-6");
	put(ends[1], "6,7,1;task:cp state:D");
	assert_true(sysrq_dump_drain(&dump, &log));
	assert_false(dump.over);
	return dump;
}

static int killed_in_a_dump(struct collect *c)
{
	half_a_dump(c);
	return kill(getpid(), SIGKILL);
}

static int failed_in_a_dump(struct collect *c)
{
	struct sysrq_dump dump = half_a_dump(c);
	return sysrq_dump_close(&dump, -EIO);
}

static int no_dump(struct collect *c)
{
	struct sysrq_dump dump = {.c = c, .id = "ID-7", .letter = 'w'};
	return sysrq_dump_close(&dump, 0);
}

static void what_was_read_of_a_dump_outlives_its_collector(void **state)
{
	(void)state;
	struct taken t;
	taken_init(&t);
	taken_run(&t, &(struct collector){.name = "sysrq-w", .run = killed_in_a_dump});
	assert_int_equal(taken_line(&t, "sysrq/w.txt")->state, MEMBER_FAILED);
	const char *text = taken_text(&t, "sysrq/w.txt");
	assert_null(strstr(text, "before"));
	assert_non_null(strstr(text, "task:dd"));
	assert_non_null(strstr(text, "task:cp"));
	taken_done(&t);
}

static void a_dump_that_failed_half_way_says_so_and_one_without_a_line_is_none(void **state)
{
	(void)state;
	struct taken t;
	taken_init(&t);
	taken_run(&t, &(struct collector){.name = "sysrq-w", .run = failed_in_a_dump});
	assert_int_equal(taken_line(&t, "sysrq/w.txt")->state, MEMBER_FAILED);
	assert_int_equal(taken_line(&t, "sysrq/w.txt")->lost, 2);
	assert_non_null(strstr(taken_text(&t, "sysrq/w.txt"), "# 2 lines read, 2 lost\n"));
	taken_run(&t, &(struct collector){.name = "nothing", .run = no_dump});
	assert_string_equal(taken_line(&t, "nothing")->reason, "nothing: No data available");
	taken_done(&t);
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
		cmocka_unit_test(lines_of_our_own_dump_are_counted_instead_of_shown),
		cmocka_unit_test(dumps_of_other_incidents_stay_in_the_log),
		cmocka_unit_test(a_mark_without_an_end_hides_for_a_while_and_is_counted),
		cmocka_unit_test(what_was_read_of_a_dump_outlives_its_collector),
		cmocka_unit_test(a_dump_that_failed_half_way_says_so_and_one_without_a_line_is_none),
		cmocka_unit_test(only_an_enabled_line_console_is_slow),
		cmocka_unit_test(what_the_console_prints_depends_on_level_and_letter),
		cmocka_unit_test(without_sysrq_the_iterator_stands_for_the_blocked_tasks),
		cmocka_unit_test(a_slow_console_that_would_print_the_dump_is_spared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
