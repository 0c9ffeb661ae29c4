/* SPDX-License-Identifier: GPL-2.0-only */
#include <sys/mman.h>
#include <sys/wait.h>

#include "engine/base/io.h"
#include "engine/record/ring.h"
#include "tests/unit/support/test.h"

#define PREAMBLE 7

static struct ring *small_ring(void (*begin)(void *, struct ring *, uint64_t), void *ctx)
{
	struct ring_options o = {
		.name = "test", .segment_bytes = 512, .segments = 4, .begin_segment = begin, .ctx = ctx};
	struct ring *r = NULL;
	assert_int_equal(ring_new(&o, &r), 0);
	return r;
}

static struct ring_snapshot *whole(const struct ring *r)
{
	struct ring_snapshot *s = NULL;
	assert_int_equal(ring_snapshot_take(ring_fd(r), 0, UINT64_MAX, &s), 0);
	return s;
}

static void after_many_rounds_the_newest_records_are_there_in_order(void **state _unused_)
{
	struct ring *r = small_ring(NULL, NULL);
	for (uint64_t i = 1; i <= 1000; i++)
		assert_int_equal(ring_append(r, i, 1, &i, sizeof(i)), 0);
	struct ring_snapshot *s = whole(r);
	struct ring_record rec;
	uint64_t expected = 0, n = 0, v;
	for (; ring_snapshot_next(s, &rec); n++) {
		assert_int_equal(rec.len, sizeof(v));
		memcpy(&v, rec.data, sizeof(v));
		assert_int_equal(v, n ? expected : ring_snapshot_begin(s));
		expected = v + 1;
	}
	assert_int_equal(expected, 1001);
	assert_in_range(n, 3 * 28, 4 * 28);
	assert_true(ring_snapshot_wrapped(s));
	ring_snapshot_free(s);
	ring_free(r);
}

static void write_preamble(void *ctx, struct ring *r, uint64_t t_ns)
{
	++*(unsigned *)ctx;
	assert_int_equal(ring_append(r, t_ns, PREAMBLE, "hello", 5), 0);
}

static void each_segment_begins_with_its_preamble(void **state _unused_)
{
	unsigned begun = 0, seen = 0;
	struct ring *r = small_ring(write_preamble, &begun);
	for (uint64_t i = 1; i <= 300; i++)
		ring_append(r, i, 1, "0123456789012345678901234567890", 31);
	struct ring_snapshot *s = whole(r);
	struct ring_record rec;
	while (ring_snapshot_next(s, &rec)) {
		assert_int_equal(rec.first_of_segment, rec.type == PREAMBLE);
		seen += rec.type == PREAMBLE;
	}
	assert_int_equal(seen, 4);
	assert_true(begun > 20);
	ring_snapshot_free(s);
	ring_free(r);
}

static void a_record_that_fits_no_segment_is_counted_lost(void **state _unused_)
{
	static const char big[513];
	struct ring *r = small_ring(NULL, NULL);
	assert_int_equal(ring_append(r, 1, 1, big, sizeof(big)), -EMSGSIZE);
	assert_int_equal(ring_append(r, 1, 1, big, 440), 0);
	assert_int_equal(ring_append(r, 2, 1, big, 441), -EMSGSIZE);
	ring_lost(r, 40);
	struct ring_snapshot *s = whole(r);
	assert_int_equal(ring_snapshot_lost(s), 42);
	ring_snapshot_free(s);
	ring_free(r);
}

static void a_preamble_that_leaves_no_room_loses_the_record_and_ends(void **state _unused_)
{
	static const char big[430];
	unsigned begun = 0;
	struct ring *r = small_ring(write_preamble, &begun);
	assert_int_equal(ring_append(r, 1, 1, big, 424), 0);
	assert_int_equal(ring_append(r, 2, 1, big, 430), -EMSGSIZE);
	ring_free(r);
}

static void room_is_what_the_next_record_may_have(void **state _unused_)
{
	static const char big[448];
	unsigned begun = 0;
	struct ring *r = small_ring(write_preamble, &begun);
	assert_int_equal(ring_room(r), 0);
	ring_begin(r, 1);
	assert_int_equal(ring_append(r, 1, 1, big, ring_room(r)), 0);
	assert_int_equal(ring_room(r), 0);
	assert_int_equal(begun, 1);
	ring_free(r);
}

static void only_segments_that_touch_the_span_are_copied(void **state _unused_)
{
	struct ring *r = small_ring(NULL, NULL);
	for (uint64_t i = 1; i <= 90; i++)
		ring_append(r, i, 1, &i, sizeof(i));
	struct ring_snapshot *s = NULL;
	assert_int_equal(ring_snapshot_take(ring_fd(r), 30, 40, &s), 0);
	struct ring_record rec;
	assert_true(ring_snapshot_next(s, &rec));
	assert_int_equal(rec.segment_first_ns, 29);
	assert_int_equal(ring_snapshot_begin(s), 1);
	assert_false(ring_snapshot_wrapped(s));
	unsigned n = 1;
	while (ring_snapshot_next(s, &rec))
		n++;
	assert_int_equal(n, 28);
	ring_snapshot_free(s);
	ring_free(r);
}

static void an_empty_ring_says_it_holds_nothing(void **state _unused_)
{
	struct ring *r = small_ring(NULL, NULL);
	struct ring_snapshot *s = whole(r);
	struct ring_record rec;
	assert_false(ring_snapshot_next(s, &rec));
	assert_true(ring_snapshot_begin(s) == UINT64_MAX);
	ring_snapshot_free(s);
	ring_free(r);
}

/* 64 words that must all be equal; the segment's sum of them is its own witness. */
static void write_words(struct ring *r, uint64_t n)
{
	for (uint64_t i = 1; i <= n; i++) {
		uint64_t words[40];
		for (size_t w = 0; w < ARRAY_SIZE(words); w++)
			words[w] = i;
		ring_append(r, i, 1, words, sizeof(words));
	}
}

static void check_words(struct ring_snapshot *s, uint64_t *newest)
{
	struct ring_record rec;
	uint64_t before = 0;
	while (ring_snapshot_next(s, &rec)) {
		uint64_t words[40];
		assert_int_equal(rec.len, sizeof(words));
		memcpy(words, rec.data, sizeof(words));
		for (size_t w = 1; w < ARRAY_SIZE(words); w++)
			assert_int_equal(words[w], words[0]);
		assert_true(words[0] > before);
		before = words[0];
	}
	*newest = MAX(*newest, before);
}

static void a_reader_beside_the_writer_never_sees_a_torn_record(void **state _unused_)
{
	const uint64_t total = 300000;
	struct ring *r = small_ring(NULL, NULL);
	pid_t writer = fork();
	assert_true(writer >= 0);
	if (writer == 0) {
		write_words(r, total);
		_exit(0);
	}
	uint64_t newest = 0;
	for (unsigned round = 0; newest < total && round < 10 * 1000 * 1000; round++) {
		struct ring_snapshot *s = whole(r);
		check_words(s, &newest);
		ring_snapshot_free(s);
	}
	assert_int_equal(newest, total);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	ring_free(r);
}

static void foreign_memory_is_no_ring(void **state _unused_)
{
	struct ring_snapshot *s = NULL;
	_cleanup_close_ int fd = io_memfd("foreign", 4096);
	assert_int_equal(ring_snapshot_take(fd, 0, UINT64_MAX, &s), -EBADMSG);
	_cleanup_close_ int tiny = io_memfd("tiny", 1);
	assert_int_equal(ring_snapshot_take(tiny, 0, UINT64_MAX, &s), -EBADMSG);
}

/* Every byte of the memory turned, one at a time: the reader may refuse or show other records, but stays inside. */
static void lengths_in_the_mapping_are_not_believed(void **state _unused_)
{
	struct ring *r = small_ring(NULL, NULL);
	for (uint64_t i = 1; i <= 200; i++)
		ring_append(r, i, 1, &i, sizeof(i));
	uint8_t *map = mmap(NULL, ring_bytes(r), PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd(r), 0);
	assert_true(map != MAP_FAILED);
	uint64_t sum = 0;
	for (size_t at = 0; at < ring_bytes(r); at++) {
		struct ring_snapshot *s = NULL;
		struct ring_record rec;
		map[at] ^= 0xff;
		if (ring_snapshot_take(ring_fd(r), 0, UINT64_MAX, &s) == 0)
			while (ring_snapshot_next(s, &rec))
				for (size_t i = 0; i < rec.len; i++)
					sum += ((const uint8_t *)rec.data)[i];
		ring_snapshot_free(s);
		map[at] ^= 0xff;
	}
	assert_true(sum > 0);
	munmap(map, ring_bytes(r));
	ring_free(r);
}

static void sizes_that_make_no_ring_are_refused(void **state _unused_)
{
	struct ring *r = NULL;
	struct ring_options one = {.name = "t", .segment_bytes = 512, .segments = 1};
	struct ring_options odd = {.name = "t", .segment_bytes = 513, .segments = 2};
	assert_int_equal(ring_new(&one, &r), -EINVAL);
	assert_int_equal(ring_new(&odd, &r), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_many_rounds_the_newest_records_are_there_in_order),
		cmocka_unit_test(each_segment_begins_with_its_preamble),
		cmocka_unit_test(a_record_that_fits_no_segment_is_counted_lost),
		cmocka_unit_test(a_preamble_that_leaves_no_room_loses_the_record_and_ends),
		cmocka_unit_test(room_is_what_the_next_record_may_have),
		cmocka_unit_test(only_segments_that_touch_the_span_are_copied),
		cmocka_unit_test(an_empty_ring_says_it_holds_nothing),
		cmocka_unit_test(a_reader_beside_the_writer_never_sees_a_torn_record),
		cmocka_unit_test(foreign_memory_is_no_ring),
		cmocka_unit_test(lengths_in_the_mapping_are_not_believed),
		cmocka_unit_test(sizes_that_make_no_ring_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
