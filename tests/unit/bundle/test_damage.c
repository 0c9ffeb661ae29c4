/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <sys/stat.h>

#define POSITIONS 200

static char *dir;
static struct buf whole;
static uint64_t ends[8]; /* of each frame, as walking the whole file found them */
static size_t n_ends;

static uint32_t next_random(void)
{
	static uint32_t x = 88172645;
	x ^= x << 13, x ^= x >> 17, x ^= x << 5;
	return x;
}

/* The frames' ends from the seek table, which stands in the clear. */
static void find_ends(void)
{
	const uint8_t *end = (const uint8_t *)whole.data + whole.len;
	uint32_t n;
	memcpy(&n, end - 9, sizeof(n));
	uint64_t at = 0;
	for (uint32_t i = 0; i < n && i < ARRAY_SIZE(ends); i++) {
		uint32_t bytes;
		memcpy(&bytes, end - 9 - 12 * (size_t)(n - i), sizeof(bytes));
		ends[n_ends++] = at += bytes;
	}
}

static int setup(void **state _unused_)
{
	dir = scratch_make();
	struct plan p = sample_plan(SAMPLE_ID, "cpu-sys-spike", 1795195381 * NS_PER_S);
	sample_bundle(scratch_path(dir, "whole"), &p, 3000);
	assert_int_equal(io_read_file(AT_FDCWD, scratch_path(dir, "whole"), SIZE_MAX / 4, &whole), 0);
	find_ends();
	assert_int_equal(n_ends, 8); /* six members, the end, the seal */
	return 0;
}

static int teardown(void **state _unused_)
{
	scratch_remove(dir);
	buf_done(&whole);
	return 0;
}

static const char *put(const char *name, const void *data, size_t len)
{
	const char *path = scratch_path(dir, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(io_write(fd, data, len), 0);
	return path;
}

static int findings(const char *path)
{
	struct bundle_finding *f = NULL;
	int n = bundle_verify(path, &f);
	for (int i = 0; i < n; i++)
		assert_true(f[i].problem[0]);
	free(f);
	return n;
}

static int extracted(const char *path)
{
	struct bundle *b = NULL;
	if (bundle_open(path, &b, NULL, 0) < 0)
		return 0;
	char *target = scratch_make();
	int n = bundle_extract(b, target);
	scratch_remove(target);
	bundle_close(b);
	return n;
}

static void a_whole_bundle_has_no_finding(void **state _unused_)
{
	assert_int_equal(findings(scratch_path(dir, "whole")), 0);
	assert_int_equal(extracted(scratch_path(dir, "whole")), 6);
}

static void a_bundle_cut_anywhere_is_reported_and_keeps_its_whole_members(void **state _unused_)
{
	for (unsigned i = 0; i < POSITIONS; i++) {
		size_t len = i < n_ends ? ends[i] : next_random() % whole.len;
		int members = 0;
		while (members < 6 && ends[members] <= len)
			members++;
		const char *path = put("cut", whole.data, len);
		assert_true(findings(path) > 0);
		assert_int_equal(extracted(path), members);
	}
}

static void any_flipped_bit_is_reported_and_costs_one_member_at_most(void **state _unused_)
{
	for (unsigned i = 0; i < POSITIONS; i++) {
		size_t at = next_random() % whole.len;
		_cleanup_buf_ struct buf copy = {0};
		buf_add(&copy, whole.data, whole.len);
		copy.data[at] = (char)(copy.data[at] ^ (1 << next_random() % 8));
		const char *path = put("flipped", copy.data, copy.len);
		if (findings(path) <= 0)
			fail_msg("a flip at byte %zu of %zu went unnoticed", at, whole.len);
		assert_true(extracted(path) >= 5);
	}
}

static void no_byte_can_change_unnoticed(void **state _unused_)
{
	for (size_t at = 0; at < whole.len; at++) {
		_cleanup_buf_ struct buf copy = {0};
		buf_add(&copy, whole.data, whole.len);
		copy.data[at] = (char)~copy.data[at];
		if (findings(put("flipped", copy.data, copy.len)) <= 0)
			fail_msg("byte %zu of %zu went unnoticed", at, whole.len);
	}
}

static void anything_added_behind_is_reported(void **state _unused_)
{
	_cleanup_buf_ struct buf copy = {0};
	buf_add(&copy, whole.data, whole.len);
	buf_add_char(&copy, '\0');
	assert_true(findings(put("longer", copy.data, copy.len)) > 0);
	assert_int_equal(extracted(scratch_path(dir, "longer")), 6);
}

static void a_file_that_is_no_bundle_is_refused_with_a_sentence(void **state _unused_)
{
	struct bundle *b = NULL;
	char error[256] = "";
	const char *path = put("text", "hello, world\n", 13);
	assert_int_equal(bundle_open(path, &b, error, sizeof(error)), -EBADMSG);
	assert_non_null(strstr(error, "is not a bundle"));
	assert_true(findings(path) > 0);
	assert_true(findings(put("nothing", "", 0)) > 0);
	assert_int_equal(bundle_open("/dev/null", &b, error, sizeof(error)), -EINVAL);
	assert_int_equal(findings("/nowhere/at/all"), -ENOENT);
}

static struct ledger salvaged_ledger(const char *path)
{
	struct bundle *b = NULL;
	struct ledger l = {0};
	_cleanup_buf_ struct buf text = {0};
	assert_int_equal(bundle_open(path, &b, NULL, 0), 0);
	assert_int_equal(bundle_read(b, "ledger.json", 1 << 20, &text), 0);
	assert_int_equal(ledger_parse(text.data, text.len, &l), 0);
	bundle_close(b);
	return l;
}

static int salvage(const char *from, const char *to)
{
	struct bundle *b = NULL;
	assert_int_equal(bundle_open(from, &b, NULL, 0), 0);
	_cleanup_close_ int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int r = bundle_salvage(b, fd);
	bundle_close(b);
	return r;
}

static void a_cut_bundle_is_salvaged_into_a_valid_one_that_owns_up(void **state _unused_)
{
	const char *cut = put("cut", whole.data, ends[2] + 5), *out = scratch_path(dir, "salvaged");
	assert_int_equal(salvage(cut, out), 3);
	assert_int_equal(findings(out), 0);
	_cleanup_(ledger_done) struct ledger l = salvaged_ledger(out);
	const struct ledger_entry *rest = ledger_find(&l, "rest-of-bundle");
	assert_non_null(rest);
	assert_int_equal(rest->state, MEMBER_FAILED);
	assert_true(ledger_find(&l, "profile/perf.data")->present);
}

static void a_damaged_member_is_written_off_in_the_salvaged_ledger(void **state _unused_)
{
	_cleanup_buf_ struct buf copy = {0};
	buf_add(&copy, whole.data, whole.len);
	copy.data[ends[2] - 10] = (char)~copy.data[ends[2] - 10];
	const char *bad = put("bad", copy.data, copy.len), *out = scratch_path(dir, "salvaged");
	assert_int_equal(salvage(bad, out), 4);
	assert_int_equal(findings(out), 0);
	_cleanup_(ledger_done) struct ledger l = salvaged_ledger(out);
	assert_false(ledger_find(&l, "profile/perf.data")->present);
	assert_int_equal(ledger_find(&l, "profile/perf.data")->state, MEMBER_FAILED);
	assert_int_equal(ledger_find(&l, "net/bonding")->state, MEMBER_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_bundle_has_no_finding),
		cmocka_unit_test(a_bundle_cut_anywhere_is_reported_and_keeps_its_whole_members),
		cmocka_unit_test(any_flipped_bit_is_reported_and_costs_one_member_at_most),
		cmocka_unit_test(no_byte_can_change_unnoticed),
		cmocka_unit_test(anything_added_behind_is_reported),
		cmocka_unit_test(a_file_that_is_no_bundle_is_refused_with_a_sentence),
		cmocka_unit_test(a_cut_bundle_is_salvaged_into_a_valid_one_that_owns_up),
		cmocka_unit_test(a_damaged_member_is_written_off_in_the_salvaged_ledger),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
