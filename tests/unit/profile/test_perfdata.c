/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "snapshot/profile/perfdata_layout.h"
#include "tests/unit/support/profile_bench.h"

/* A written file, read back by the format's own words. */
struct bench {
	struct profile_bench of;
	char *file;
	size_t size;
	uint64_t samples;
};

static void fill(struct bench *b)
{
	struct buf before = {0}, after = {0}, maps = {0};
	raw_sample(&before, 42, 42, 10, (uint64_t[]){KERNEL_FRAMES, 0xffffffff81000110}, 2);
	raw_sample(&after, 42, 43, 20, (uint64_t[]){USER_FRAMES, 0x400010, 0x400020}, 3);
	raw_sample(&after, 42, 43, 21, NULL, 0);
	raw_comm(&maps, 42, 43, 5, "worker");
	raw_mmap2(&maps, 42, 6, 0x400000, 0x1000, 0, 9, "/opt/a file");
	profile_bench_take(&b->of.p.before, &before);
	profile_bench_take(&b->of.p.after, &after);
	raw_comm(&maps, 77, 77, 5, "unsampled");
	profile_bench_take(&b->of.p.maps, &maps);
	buf_done(&before);
	buf_done(&after);
	buf_done(&maps);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	static const uint8_t id[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
	profile_bench_init(&b->of,
			   "ffffffff81000000 T _stext\nffffffff81000100 T vfs_write\nffffffff81000400 T _etext\n"
			   "ffffffffc0000010 t nf_hook\t[nf_tables]\nffffffffc0000090 t nf_last\t[nf_tables]\n",
			   NULL, 0);
	fill(b);
	profile_look(&b->of.p, &b->of.p.after, &(size_t){0});
	assert_int_equal(profile_learn(&b->of.p), 0);
	struct perfdata d = {.profile = &b->of.p,
			     .hostname = "host",
			     .release = "6.1",
			     .arch = "x86_64",
			     .version = "0.1",
			     .cpus_online = 2,
			     .cpus_available = 4,
			     .kernel_build_id = id,
			     .kernel_build_id_len = sizeof(id)};
	FILE *to = open_memstream(&b->file, &b->size);
	assert_int_equal(perfdata_write(to, &d, &b->samples), 0);
	fclose(to);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	profile_bench_done(&b->of);
	free(b->file);
	free(b);
	return 0;
}

static struct perfdata_header header(const struct bench *b)
{
	struct perfdata_header h;
	assert_true(b->size > sizeof(h));
	memcpy(&h, b->file, sizeof(h));
	return h;
}

/* The next record of the data section, copied out; false at its end. */
static bool next(const struct bench *b, size_t *at, struct perf_event_header *ret, const char **ret_data)
{
	struct perfdata_section data = header(b).data;
	if (*at == data.size)
		return false;
	assert_true(data.size - *at >= sizeof(*ret));
	*ret_data = b->file + data.offset + *at;
	memcpy(ret, *ret_data, sizeof(*ret));
	assert_true(ret->size >= sizeof(*ret) && ret->size % 8 == 0 && ret->size <= data.size - *at);
	*at += ret->size;
	return true;
}

static void two_events_are_told_apart_by_their_ids(void **state)
{
	struct bench *b = *state;
	struct perfdata_header h = header(b);
	assert_int_equal(h.magic, PERFDATA_MAGIC);
	assert_int_equal(h.attrs.size, 2 * h.attr_size);
	for (size_t i = 0; i < 2; i++) {
		struct perfdata_attr a;
		uint64_t id;
		memcpy(&a, b->file + h.attrs.offset + i * h.attr_size, sizeof(a));
		memcpy(&id, b->file + a.ids.offset, sizeof(id));
		assert_int_equal(a.ids.size, 8);
		assert_int_equal(id, i + 1);
		assert_int_equal(a.attr.sample_freq, i ? SAMPLE_HZ_AFTER : SAMPLE_HZ_BEFORE);
		assert_true(a.attr.sample_type & PERF_SAMPLE_IDENTIFIER);
	}
}

static void every_sample_is_there_with_its_events_id_in_front(void **state)
{
	struct bench *b = *state;
	struct perf_event_header h;
	const char *data;
	uint64_t ids[3], n = 0;
	for (size_t at = 0; next(b, &at, &h, &data);) {
		if (h.type == PERF_RECORD_SAMPLE)
			memcpy(&ids[n++], data + sizeof(h), sizeof(ids[0]));
	}
	assert_int_equal(n, 3);
	assert_int_equal(b->samples, 3);
	assert_int_equal(ids[0], PERFDATA_ID_BEFORE);
	assert_int_equal(ids[1], PERFDATA_ID_AFTER);
	assert_int_equal(ids[2], PERFDATA_ID_AFTER);
}

/* Counts records of a type whose text at `text_at` is that. */
static unsigned texts(const struct bench *b, uint32_t type, size_t text_at, const char *text)
{
	struct perf_event_header h;
	const char *data;
	unsigned n = 0;
	for (size_t at = 0; next(b, &at, &h, &data);)
		n += h.type == type && h.size > text_at && strncmp(data + text_at, text, h.size - text_at) == 0;
	return n;
}

static void kernel_modules_tasks_and_files_are_described(void **state)
{
	struct bench *b = *state;
	assert_int_equal(texts(b, PERF_RECORD_MMAP, 40, "[kernel.kallsyms]_stext"), 1);
	assert_int_equal(texts(b, PERF_RECORD_MMAP, 40, "[nf_tables]"), 1);
	assert_int_equal(texts(b, PERF_RECORD_COMM, 16, "worker"), 1);
	assert_int_equal(texts(b, PERF_RECORD_COMM, 16, "unsampled"), 0);
	assert_int_equal(texts(b, PERF_RECORD_MMAP2, 72, "/opt/a file"), 1);
}

static void every_other_record_ends_in_the_trailer(void **state)
{
	struct bench *b = *state;
	struct perf_event_header h;
	const char *data;
	for (size_t at = 0; next(b, &at, &h, &data);) {
		struct perfdata_trailer t;
		if (h.type == PERF_RECORD_SAMPLE)
			continue;
		memcpy(&t, data + h.size - sizeof(t), sizeof(t));
		assert_int_equal(t.id, PERFDATA_ID_BEFORE);
		if (h.type == PERF_RECORD_COMM)
			assert_int_equal(t.t_ns, 5);
	}
}

static void the_features_named_are_the_ones_there(void **state)
{
	struct bench *b = *state;
	struct perfdata_header h = header(b);
	size_t n = (size_t)__builtin_popcountll(h.features[0]);
	uint64_t end = h.data.offset + h.data.size + n * sizeof(struct perfdata_section);
	assert_true(h.features[0] & 1 << FEATURE_BUILD_ID);
	assert_true(h.features[0] & 1 << FEATURE_EVENT_DESC);
	assert_false(h.features[0] & 1 << FEATURE_CLOCK_DATA); /* no clocks were given */
	for (size_t i = 0; i < n; i++) {
		struct perfdata_section s;
		memcpy(&s, b->file + h.data.offset + h.data.size + i * sizeof(s), sizeof(s));
		assert_int_equal(s.offset, end);
		end += s.size;
	}
	assert_int_equal(end, b->size);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_events_are_told_apart_by_their_ids),
		TEST(every_sample_is_there_with_its_events_id_in_front),
		TEST(kernel_modules_tasks_and_files_are_described),
		TEST(every_other_record_ends_in_the_trailer),
		TEST(the_features_named_are_the_ones_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
