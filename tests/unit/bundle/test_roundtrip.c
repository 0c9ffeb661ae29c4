/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <sys/stat.h>

static char *dir;
static const char *const members[] = {
	"manifest.json", "why.json", "profile/perf.data", "sysrq/l.txt", "empty.txt", "ledger.json",
};

static int setup(void **state _unused_)
{
	dir = scratch_make();
	struct plan p = sample_plan(SAMPLE_ID, "cpu-sys-spike", 1795195381 * NS_PER_S);
	sample_bundle(scratch_path(dir, "a.tar.zst"), &p, 100000);
	return 0;
}

static int teardown(void **state _unused_)
{
	scratch_remove(dir);
	return 0;
}

static struct bundle *open_sample(void)
{
	struct bundle *b = NULL;
	char error[256] = "";
	assert_int_equal(bundle_open(scratch_path(dir, "a.tar.zst"), &b, error, sizeof(error)), 0);
	assert_string_equal(error, "");
	return b;
}

static void what_is_written_is_read_back_in_its_order(void **state _unused_)
{
	struct bundle *b = open_sample();
	assert_string_equal(bundle_id(b), SAMPLE_ID);
	assert_false(bundle_cut(b));
	assert_int_equal(bundle_members(b), ARRAY_SIZE(members));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		assert_string_equal(bundle_member(b, i)->name, members[i]);
	_cleanup_buf_ struct buf text = {0};
	assert_int_equal(bundle_read(b, "sysrq/l.txt", 100, &text), 0);
	assert_string_equal(buf_str(&text), "NMI backtrace\n");
	assert_int_equal(bundle_read(b, "profile/perf.data", 99999, &text), -EFBIG);
	assert_int_equal(bundle_read(b, "nowhere", 100, &text), -ENOENT);
	bundle_close(b);
}

static void the_manifest_says_what_the_plan_meant(void **state _unused_)
{
	struct bundle *b = open_sample();
	_cleanup_buf_ struct buf text = {0};
	_cleanup_(manifest_done) struct manifest m = {0};
	assert_int_equal(bundle_read(b, "manifest.json", MANIFEST_BYTES_MAX, &text), 0);
	assert_int_equal(manifest_parse(text.data, text.len, &m), 0);
	assert_string_equal(m.rule, "cpu-sys-spike");
	assert_string_equal(m.fired_at, "2026-11-20T17:23:01.000000000Z");
	assert_int_equal(m.before_ns, 60 * NS_PER_S);
	assert_string_equal(m.entity_kind, "host");
	bundle_close(b);
}

static void the_same_input_makes_the_same_bytes(void **state _unused_)
{
	struct plan p = sample_plan(SAMPLE_ID, "cpu-sys-spike", 1795195381 * NS_PER_S);
	sample_bundle(scratch_path(dir, "b.tar.zst"), &p, 100000);
	int fd = open(scratch_path(dir, "a.tar.zst"), O_RDONLY), fe = open(scratch_path(dir, "b.tar.zst"), O_RDONLY);
	char x[65536], y[65536];
	ssize_t n = 0;
	while ((n = read(fd, x, sizeof(x))) > 0) {
		assert_int_equal(read(fe, y, sizeof(y)), n);
		assert_memory_equal(x, y, (size_t)n);
	}
	close(fd);
	close(fe);
}

static int run_tool(const char *fmt, const char *a, const char *b)
{
	char line[1400];
	snprintf(line, sizeof(line), fmt, a, b);
	return system(line);
}

static void plain_tools_open_it(void **state _unused_)
{
	if (system("command -v tar zstd >/dev/null 2>&1"))
		skip();
	assert_int_equal(run_tool("zstd -qt %s 2>&1 %s", scratch_path(dir, "a.tar.zst"), ""), 0);
	assert_int_equal(run_tool("tar --zstd -xf %s -C %s", scratch_path(dir, "a.tar.zst"), dir), 0);
	struct stat st;
	assert_int_equal(stat(scratch_path(dir, SAMPLE_ID "/profile/perf.data"), &st), 0);
	assert_int_equal(st.st_size, 100000);
	assert_int_equal(st.st_mode & 07777, 0640 & ~022);
}

static void a_writer_refuses_what_no_reader_would_take(void **state _unused_)
{
	_cleanup_close_ int fd = open(scratch_path(dir, "c"), O_WRONLY | O_CREAT, 0600);
	struct bundle_writer *w;
	assert_int_equal(bundle_writer_new(fd, "../x", 0, &w), -EINVAL);
	assert_int_equal(bundle_writer_new(fd, "x", 0, &w), 0);
	assert_int_equal(bundle_add(w, "../x", "", 0, NULL), -EINVAL);
	assert_int_equal(bundle_add(w, "/x", "", 0, NULL), -EINVAL);
	assert_int_equal(bundle_add(w, "a/./b", "", 0, NULL), -EINVAL);
	assert_int_equal(bundle_add(w, "a b", "", 0, NULL), -EINVAL);
	assert_int_equal(bundle_add(w, "a", "", 0, NULL), 0);
	assert_int_equal(bundle_add(w, "a", "", 0, NULL), -EEXIST);
	uint64_t before = bundle_writer_bytes(w);
	bundle_writer_limit(w, before + 10);
	assert_int_equal(bundle_add(w, "b", "b", 1, NULL), -ENOSPC);
	assert_int_equal(bundle_writer_bytes(w), before);
	bundle_writer_limit(w, before + 1000);
	assert_int_equal(bundle_add(w, "b", "b", 1, NULL), 0);
	bundle_writer_free(w);
}

static void a_full_disk_is_an_error_and_stays_one(void **state _unused_)
{
	_cleanup_close_ int fd = open("/dev/full", O_WRONLY);
	struct bundle_writer *w;
	if (fd < 0)
		skip();
	assert_int_equal(bundle_writer_new(fd, "x", 0, &w), 0);
	assert_int_equal(bundle_add(w, "a", "a", 1, NULL), -ENOSPC);
	assert_int_equal(bundle_add(w, "b", "b", 1, NULL), -ENOSPC);
	assert_int_equal(bundle_finish(w), -ENOSPC);
	bundle_writer_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back_in_its_order),
		cmocka_unit_test(the_manifest_says_what_the_plan_meant),
		cmocka_unit_test(the_same_input_makes_the_same_bytes),
		cmocka_unit_test(plain_tools_open_it),
		cmocka_unit_test(a_writer_refuses_what_no_reader_would_take),
		cmocka_unit_test(a_full_disk_is_an_error_and_stays_one),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
