/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/exec.h"
#include "engine/detect/syscall.h"
#include "tests/unit/support/test.h"

#include <sys/syscall.h>

static void arguments_become_one_line(void **state _unused_)
{
	char args[] = "sleep\0001\0two words\0";
	assert_int_equal(exec_join_args(args, sizeof(args)), 17);
	assert_memory_equal(args, "sleep 1 two words", 17);
}

static void an_empty_argument_in_between_keeps_its_place(void **state _unused_)
{
	char args[] = "a\0\0b";
	assert_int_equal(exec_join_args(args, sizeof(args)), 4);
	assert_memory_equal(args, "a  b", 4);
}

static void arguments_that_were_cut_are_taken_as_they_are(void **state _unused_)
{
	char args[4] = {'a', '\0', 'b', 'c'};
	assert_int_equal(exec_join_args(args, sizeof(args)), 4);
	assert_memory_equal(args, "a bc", 4);
}

static void no_arguments_are_nothing(void **state _unused_)
{
	char args[8] = "";
	assert_int_equal(exec_join_args(args, sizeof(args)), 0);
	assert_int_equal(exec_join_args(args, 0), 0);
}

static const char *name_of(uint32_t nr, bool compat)
{
	static char name[32];
	syscall_name(nr, compat, name, sizeof(name));
	return name;
}

static void a_call_has_the_name_that_the_manual_knows_it_by(void **state _unused_)
{
	assert_string_equal(name_of(SYS_fsync, false), "fsync");
	assert_string_equal(name_of(SYS_openat, false), "openat");
}

static void a_32_bit_call_has_a_number_of_its_own_and_says_so(void **state _unused_)
{
	assert_string_equal(name_of(3, true), "read (32 bit)");
}

static void a_number_without_a_name_stays_one(void **state _unused_)
{
	assert_string_equal(name_of(1000, false), "number 1000");
	assert_string_equal(name_of(1000, true), "number 1000 (32 bit)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_become_one_line),
		cmocka_unit_test(an_empty_argument_in_between_keeps_its_place),
		cmocka_unit_test(arguments_that_were_cut_are_taken_as_they_are),
		cmocka_unit_test(no_arguments_are_nothing),
		cmocka_unit_test(a_call_has_the_name_that_the_manual_knows_it_by),
		cmocka_unit_test(a_32_bit_call_has_a_number_of_its_own_and_says_so),
		cmocka_unit_test(a_number_without_a_name_stays_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
