/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/expression.h"

#include "engine/base/util.h"
#include "tests/unit/support/test.h"

static bool affordable(const char *expression)
{
	return expression_is_affordable(expression, strlen(expression));
}

static void what_people_write_is_taken(void **state _unused_)
{
	static const char *const fine[] = {
		"sd[a-z]+",
		"^EXT4-fs error \\(device ([^)]+)\\)",
		"(nvme[0-9]+n[0-9]+|sd[a-z]{1,2}|dm-[0-9]{1,3})",
		"[[:alpha:]][[:alnum:]_-]{0,62}",
		"([0-9]{1,3}\\.){3}[0-9]{1,3}",
		"/kubepods.*/pod[0-9a-f-]{36}/[0-9a-f]{64}",
		"a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+v+w+x+y+z+",
		"x{512}",
		"[]+(){9999}]*",
		"",
	};
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		if (!affordable(fine[i]))
			fail_msg("%s", fine[i]);
}

static void what_unfolds_without_bound_is_refused(void **state _unused_)
{
	static const char *const dear[] = {
		"x{513}",
		"x{30}{30}",
		"x{30}*{30}",
		"((a{1,255}){1,255}){1,255}",
		"[^)]++++++++++++++++++++++++++++++++++++++++",
		"((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+",
		"(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa[[:a:](]){9}",
		"x{99999999999999999999999999}",
		"(a)\\1",
	};
	for (size_t i = 0; i < ARRAY_SIZE(dear); i++)
		if (affordable(dear[i]))
			fail_msg("%s", dear[i]);
}

/* (what is put around it)?+++++++ */
static void what_closes_more_than_it_opened_is_known(void **state _unused_)
{
	static const char *const open[] = {"a)", "a)(b", "(a))+", "\\(a)", "[(]a)", "a)?+++++++"};
	static const char *const closed[] = {"(a)", "a\\)", "[)]", "((a)(b))", "(a", ""};
	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		assert_false(expression_is_closed(open[i], strlen(open[i])));
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++)
		assert_true(expression_is_closed(closed[i], strlen(closed[i])));
	assert_false(affordable("aaaaaaaaaaaa)+++++++++++"));
}

static void what_is_no_expression_is_read_to_its_end(void **state _unused_)
{
	static const char *const broken[] = {"[", "[^", "[]", "[[:", "[[:a", "[a[.", "{", "{1", "\\", ")", "(", "a{,", "+", "*{2}"};
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
		assert_true(affordable(broken[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_write_is_taken),
		cmocka_unit_test(what_unfolds_without_bound_is_refused),
		cmocka_unit_test(what_closes_more_than_it_opened_is_known),
		cmocka_unit_test(what_is_no_expression_is_read_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
