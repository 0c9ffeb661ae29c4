/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/sample.h"
#include "tests/unit/support/test.h"

#include <linux/perf_event.h>

struct raw {
	struct perf_event_header header;
	uint64_t words[16];
};

/* ip, pid|tid, time, cpu, period, n, frames… as the kernel writes them. */
static struct raw raw_sample(uint64_t n_chain, uint16_t size)
{
	return (struct raw){
		.header = {.type = PERF_RECORD_SAMPLE, .size = size},
		.words = {0x1000, (uint64_t)43 << 32 | 42, 777, 3, 52631578, n_chain, PERF_CONTEXT_KERNEL, 0x2000},
	};
}

static void a_sample_is_decoded_with_its_chain(void **state _unused_)
{
	struct raw r = raw_sample(2, 8 + 8 * 8);
	struct sample s;
	assert_true(sample_decode(&r.header, &s));
	assert_int_equal(s.ip, 0x1000);
	assert_int_equal(s.pid, 42);
	assert_int_equal(s.tid, 43);
	assert_int_equal(s.t_ns, 777);
	assert_int_equal(s.cpu, 3);
	assert_int_equal(s.period, 52631578);
	assert_int_equal(s.n_chain, 2);
	assert_int_equal(s.chain[1], 0x2000);
}

static void a_chain_longer_than_its_record_is_refused(void **state _unused_)
{
	struct raw r = raw_sample(3, 8 + 8 * 8);
	struct sample s;
	assert_false(sample_decode(&r.header, &s));
	r.words[5] = UINT64_MAX / 4;
	assert_false(sample_decode(&r.header, &s));
}

static void a_record_too_short_for_a_sample_is_refused(void **state _unused_)
{
	struct raw r = raw_sample(0, 8 + 5 * 8);
	struct sample s;
	assert_false(sample_decode(&r.header, &s));
	assert_int_equal(sample_time(&r.header), 0);
}

static void another_kind_of_record_is_no_sample(void **state _unused_)
{
	struct raw r = raw_sample(2, 8 + 8 * 8);
	struct sample s;
	r.header.type = PERF_RECORD_COMM;
	assert_false(sample_decode(&r.header, &s));
}

static void other_records_carry_their_time_in_the_trailer(void **state _unused_)
{
	struct raw r = {
		.header = {.type = PERF_RECORD_COMM, .size = 8 + 6 * 8},
		.words = {1, 2, 3, /* pid, tid */ 4, /* time */ 888, /* cpu */ 1},
	};
	assert_int_equal(sample_time(&r.header), 888);
	r.header.size = 8 + 8;
	assert_int_equal(sample_time(&r.header), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_is_decoded_with_its_chain),
		cmocka_unit_test(a_chain_longer_than_its_record_is_refused),
		cmocka_unit_test(a_record_too_short_for_a_sample_is_refused),
		cmocka_unit_test(another_kind_of_record_is_no_sample),
		cmocka_unit_test(other_records_carry_their_time_in_the_trailer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
