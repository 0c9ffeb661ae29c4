/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/block.h"
#include "tests/unit/support/test.h"

static void a_status_is_the_errno_that_the_block_layer_makes_of_it(void **state _unused_)
{
	uint8_t errors[BLOCK_STATUS_MAX];
	block_errnos(errors);
	assert_int_equal(errors[0], 0);
	assert_int_equal(errors[1], EOPNOTSUPP);
	assert_int_equal(errors[2], ETIMEDOUT);
	assert_int_equal(errors[5], EREMOTEIO);
	assert_int_equal(errors[7], ENODATA); /* BLK_STS_MEDIUM */
	assert_int_equal(errors[10], EIO);
	assert_int_equal(errors[12], EAGAIN);
}

static void a_status_that_moved_between_kernels_is_an_input_output_error(void **state _unused_)
{
	uint8_t errors[BLOCK_STATUS_MAX];
	block_errnos(errors);
	for (size_t i = 14; i < BLOCK_STATUS_MAX; i++)
		assert_int_equal(errors[i], EIO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_the_errno_that_the_block_layer_makes_of_it),
		cmocka_unit_test(a_status_that_moved_between_kernels_is_an_input_output_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
