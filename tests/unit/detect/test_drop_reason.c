/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/drop_reason.h"
#include "tests/unit/support/test.h"

static struct btf *kernel_with_reasons(void)
{
	struct btf *btf = btf__new_empty();
	assert_true(btf__add_enum(btf, "skb_drop_reason", 4) > 0);
	assert_int_equal(btf__add_enum_value(btf, "SKB_NOT_DROPPED_YET", 0), 0);
	assert_int_equal(btf__add_enum_value(btf, "SKB_CONSUMED", 1), 0);
	assert_int_equal(btf__add_enum_value(btf, "SKB_DROP_REASON_NOT_SPECIFIED", 2), 0);
	assert_int_equal(btf__add_enum_value(btf, "SKB_DROP_REASON_NETFILTER_DROP", 8), 0);
	assert_int_equal(btf__add_enum_value(btf, "SKB_DROP_REASON_WITH_A_NAME_THAT_IS_LONGER_THAN_OURS", 9), 0);
	return btf;
}

static void assert_named(const struct drop_reasons *r, uint32_t value, const char *expected)
{
	char name[EVENT_NAME_LEN];
	drop_reasons_name(r, value, name);
	assert_string_equal(name, expected);
}

static void a_reason_has_the_kernels_own_name_without_the_prefix(void **state _unused_)
{
	struct btf *btf = kernel_with_reasons();
	struct drop_reasons r;
	assert_int_equal(drop_reasons_read(btf, &r), 5);
	btf__free(btf);
	assert_named(&r, 8, "NETFILTER_DROP");
	assert_named(&r, 1, "CONSUMED");
	assert_named(&r, 0, "NOT_DROPPED_YET");
	assert_named(&r, 9, "WITH_A_NAME_THAT_IS_LONGER_THAN");
	drop_reasons_done(&r);
}

static void a_reason_that_the_enum_does_not_have_is_told_by_its_number(void **state _unused_)
{
	struct btf *btf = kernel_with_reasons();
	struct drop_reasons r;
	assert_int_equal(drop_reasons_read(btf, &r), 5);
	btf__free(btf);
	assert_named(&r, 99, "REASON_99");
	assert_named(&r, 2 << 16 | 17, "SUBSYS_2_17");
	drop_reasons_done(&r);
}

static void a_kernel_without_reasons_names_none(void **state _unused_)
{
	struct btf *btf = btf__new_empty();
	struct drop_reasons r;
	assert_int_equal(drop_reasons_read(btf, &r), 0);
	assert_named(&r, 0, "");
	assert_named(&r, 7, "");
	assert_int_equal(drop_reasons_value(&r, "CONSUMED"), -1);
	drop_reasons_done(&r);
	assert_int_equal(drop_reasons_read(NULL, &r), 0);
	btf__free(btf);
}

static void a_name_gives_its_number_in_this_kernel(void **state _unused_)
{
	struct btf *btf = kernel_with_reasons();
	struct drop_reasons r;
	assert_int_equal(drop_reasons_read(btf, &r), 5);
	btf__free(btf);
	assert_int_equal(drop_reasons_value(&r, "CONSUMED"), 1);
	assert_int_equal(drop_reasons_value(&r, "NETFILTER_DROP"), 8);
	assert_int_equal(drop_reasons_value(&r, "SKB_CONSUMED"), -1);
	drop_reasons_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reason_has_the_kernels_own_name_without_the_prefix),
		cmocka_unit_test(a_reason_that_the_enum_does_not_have_is_told_by_its_number),
		cmocka_unit_test(a_kernel_without_reasons_names_none),
		cmocka_unit_test(a_name_gives_its_number_in_this_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
