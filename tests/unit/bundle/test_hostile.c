/* SPDX-License-Identifier: GPL-2.0-only */
/* Bundles that our writer would never write. */
#include "engine/base/io.h"
#include "tests/unit/support/bundle.h"
#include "tests/unit/support/test.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <zstd.h>

#define BOMB_BYTES (200U << 20)
#define SMALL_BOMB_BYTES (60U << 20)

struct entry {
	const char *path, *data;
	unsigned type; /* AE_IF*; 0: a regular file */
	const char *link;
	size_t len; /* 0: strlen(data) */
};

static char *dir;
static struct buf file;

static int setup(void **state _unused_)
{
	dir = scratch_make();
	return 0;
}

static int teardown(void **state _unused_)
{
	scratch_remove(dir);
	buf_done(&file);
	return 0;
}

static la_ssize_t collect(struct archive *a _unused_, void *ctx, const void *data, size_t len)
{
	buf_add(ctx, data, len);
	return (la_ssize_t)len;
}

static void tar_add(struct archive *a, const struct entry *in)
{
	struct archive_entry *e = archive_entry_new();
	size_t len = in->len ? in->len : in->data ? strlen(in->data) : 0;
	archive_entry_set_pathname(e, in->path);
	archive_entry_set_filetype(e, in->type ? in->type : AE_IFREG);
	archive_entry_set_size(e, in->link ? 0 : (la_int64_t)len);
	archive_entry_set_perm(e, 0644);
	if (in->link && in->type == AE_IFLNK)
		archive_entry_set_symlink(e, in->link);
	else if (in->link)
		archive_entry_set_hardlink(e, in->link);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	if (len && !in->link)
		assert_int_equal(archive_write_data(a, in->data, len), len);
	archive_entry_free(e);
	assert_int_equal(archive_write_finish_entry(a), ARCHIVE_OK);
}

/* The entries' headers and data as one frame behind what is in `file`. */
static void frame_add(const struct entry *entries, size_t n)
{
	_cleanup_buf_ struct buf tar = {0};
	struct archive *a = archive_write_new();
	archive_write_set_format_pax_restricted(a);
	archive_write_set_bytes_per_block(a, 0);
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(archive_write_open(a, &tar, NULL, collect, NULL), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++)
		tar_add(a, &entries[i]);
	size_t len = tar.len, room = ZSTD_compressBound(len);
	ZSTD_CCtx *z = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	char *to = buf_reserve(&file, room);
	size_t bytes = ZSTD_compress2(z, to, room, tar.data, len);
	assert_false(ZSTD_isError(bytes));
	file.len += bytes;
	ZSTD_freeCCtx(z);
	archive_write_free(a);
}

static void manifest_add(unsigned format)
{
	char text[256];
	snprintf(text, sizeof(text),
		 "{\"format\": %u, \"id\": \"x\", \"rule\": \"r\", \"entity\": {\"kind\": \"host\", \"name\": \"host\"}}", format);
	frame_add(&(struct entry){.path = "x/manifest.json", .data = text}, 1);
}

static const char *file_put(void)
{
	const char *path = scratch_path(dir, "hostile");
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(io_write(fd, file.data, file.len), 0);
	return path;
}

static bool is_found(const char *path, const char *member, const char *problem)
{
	struct bundle_finding *f = NULL;
	bool hit = false;
	for (int n = bundle_verify(path, &f); n > 0; n--)
		hit |= streq(f[n - 1].member, member) && strstr(f[n - 1].problem, problem);
	free(f);
	return hit;
}

static int members_extracted(const char *path, const char *target)
{
	struct bundle *b = NULL;
	assert_int_equal(bundle_open(path, &b, NULL, 0), 0);
	int n = bundle_extract(b, target);
	bundle_close(b);
	return n;
}

static void no_name_or_kind_leads_out_of_the_target(void **state _unused_)
{
	static const struct entry entries[] = {
		{.path = "../evil", .data = "x"},
		{.path = "x/../../evil", .data = "x"},
		{.path = "/tmp/evil", .data = "x"},
		{.path = "x//evil", .data = "x"},
		{.path = "x/./evil", .data = "x"},
		{.path = "x/a\x1b[2J", .data = "x"},
		{.path = "x/link", .type = AE_IFLNK, .link = "/etc/passwd"},
		{.path = "x/hard", .link = "/etc/passwd"},
		{.path = "x/fifo", .type = AE_IFIFO},
		{.path = "x/dir", .type = AE_IFDIR},
		{.path = "y/other", .data = "x"},
		{.path = "evil", .data = "x"},
	};
	buf_clear(&file);
	manifest_add(1);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		frame_add(&entries[i], 1);
	const char *path = file_put(), *target = scratch_path(dir, "t/u");
	mkdir(scratch_path(dir, "t"), 0700);
	mkdir(target, 0700);
	assert_int_equal(members_extracted(path, target), 1);
	assert_int_equal(access(scratch_path(dir, "t/u/x/manifest.json"), F_OK), 0);
	assert_int_equal(access(scratch_path(dir, "t/u/evil"), F_OK), -1);
	assert_int_equal(access(scratch_path(dir, "t/evil"), F_OK), -1);
	assert_int_equal(access(scratch_path(dir, "t/u/x/evil"), F_OK), -1);
	assert_true(is_found(path, "", "not a plain file with a plain name"));
}

static void no_symlink_is_followed_and_no_file_replaced(void **state _unused_)
{
	static const struct entry deep = {.path = "x/sub/file", .data = "new"};
	buf_clear(&file);
	manifest_add(1);
	frame_add(&deep, 1);
	const char *path = file_put(), *target = scratch_path(dir, "s"), *away = scratch_path(dir, "away");
	mkdir(target, 0700);
	mkdir(away, 0700);
	assert_int_equal(symlink(away, scratch_path(dir, "s/x")), 0);
	assert_true(members_extracted(path, target) < 0);
	assert_int_equal(unlink(scratch_path(dir, "s/x")), 0);
	target = scratch_path(dir, "s");
	mkdir(scratch_path(dir, "s/x"), 0700);
	assert_int_equal(symlink(away, scratch_path(dir, "s/x/sub")), 0);
	assert_true(members_extracted(path, target) < 0);
	assert_int_equal(access(scratch_path(dir, "away/file"), F_OK), -1);
	assert_int_equal(unlink(scratch_path(dir, "s/x/sub")), 0);
	assert_int_equal(members_extracted(path, scratch_path(dir, "s")), -EEXIST);
}

static void a_newer_format_is_refused_with_a_sentence(void **state _unused_)
{
	struct bundle *b = NULL;
	char error[512] = "";
	buf_clear(&file);
	manifest_add(BUNDLE_FORMAT + 1);
	const char *path = file_put();
	assert_int_equal(bundle_open(path, &b, error, sizeof(error)), -EPROTONOSUPPORT);
	assert_non_null(strstr(error, "has format 2; this tracetrap reads up to 1"));
	assert_true(is_found(path, "manifest.json", "has format 2"));
}

static void a_member_twice_is_a_finding_and_the_first_one_counts(void **state _unused_)
{
	static const struct entry first = {.path = "x/a", .data = "first"}, second = {.path = "x/a", .data = "second"};
	struct bundle *b = NULL;
	_cleanup_buf_ struct buf text = {0};
	buf_clear(&file);
	manifest_add(1);
	frame_add(&first, 1);
	frame_add(&second, 1);
	const char *path = file_put();
	assert_true(is_found(path, "a", "is there twice"));
	assert_int_equal(bundle_open(path, &b, NULL, 0), 0);
	assert_int_equal(bundle_read(b, "a", 100, &text), 0);
	assert_string_equal(buf_str(&text), "first");
	bundle_close(b);
}

static void a_frame_with_two_members_is_damaged(void **state _unused_)
{
	static const struct entry two[] = {{.path = "x/a", .data = "a"}, {.path = "x/b", .data = "b"}};
	buf_clear(&file);
	manifest_add(1);
	frame_add(two, 2);
	assert_true(is_found(file_put(), "a", "damaged"));
}

static void a_decompression_bomb_is_refused_by_reader_and_writer(void **state _unused_)
{
	char *zeros = calloc(1, BOMB_BYTES);
	struct entry bomb = {.path = "x/bomb", .data = zeros, .len = BOMB_BYTES};
	struct bundle_writer *w;
	_cleanup_close_ int fd = open("/dev/null", O_WRONLY);
	buf_clear(&file);
	manifest_add(1);
	frame_add(&bomb, 1);
	const char *path = file_put();
	assert_true(is_found(path, "bomb", "decompression bomb"));
	assert_int_equal(bundle_writer_new(fd, "x", 0, &w), 0);
	assert_int_equal(bundle_add(w, "bomb", zeros, BOMB_BYTES, NULL), -EFBIG);
	assert_int_equal(bundle_add(w, "after", "x", 1, NULL), 0);
	bundle_writer_free(w);
	free(zeros);
}

/* Each as large as a member may be, in frames that honest bytes could come in. */
static void many_frames_that_are_no_bomb_each_are_one_together(void **state _unused_)
{
	char *zeros = calloc(1, SMALL_BOMB_BYTES), error[160];
	struct entry one = {.path = "x/big", .data = zeros, .len = SMALL_BOMB_BYTES};
	struct bundle *b = NULL;
	buf_clear(&file);
	frame_add(&one, 1);
	size_t len = file.len;
	for (unsigned n = 1; n * (uint64_t)SMALL_BOMB_BYTES <= BUNDLE_PLAIN_MAX + (BUNDLE_PLAIN_MAX >> 3); n++)
		buf_add(&file, file.data, len);
	const char *path = file_put();
	assert_int_equal(bundle_open(path, &b, error, sizeof(error)), -EFBIG);
	assert_non_null(strstr(error, "is larger than a bundle may be, or a decompression bomb"));
	assert_true(is_found(path, "", "larger than a member or a bundle may be"));
	free(zeros);
}

/* The last entries' lengths exchanged: the sum fits, the frames do not. */
static void a_seek_table_that_lies_is_found_out(void **state _unused_)
{
	struct plan p = sample_plan(SAMPLE_ID, "r", 0);
	const char *path = scratch_path(dir, "lies");
	sample_bundle(path, &p, 100);
	buf_clear(&file);
	assert_int_equal(io_read_file(AT_FDCWD, path, SIZE_MAX / 4, &file), 0);
	char *first = file.data + file.len - 9 - 12 * 8, entry[4];
	memcpy(entry, first, 4);
	memmove(first, first + 12, 4);
	memcpy(first + 12, entry, 4);
	path = file_put();
	struct bundle *b = NULL;
	assert_true(is_found(path, "manifest.json", "missing"));
	if (bundle_open(path, &b, NULL, 0) == 0) {
		_cleanup_buf_ struct buf text = {0};
		assert_true(bundle_read(b, "manifest.json", 1 << 20, &text) < 0);
		bundle_close(b);
	}
}

static void a_manifest_of_another_shape_is_no_manifest(void **state _unused_)
{
	struct manifest m;
	assert_int_equal(manifest_parse("", 0, &m), -EBADMSG);
	assert_int_equal(manifest_parse("[]", 2, &m), -EBADMSG);
	assert_int_equal(manifest_parse("{\"format\": 1}", 13, &m), -EBADMSG);
	assert_int_equal(manifest_parse("{\"format\": \"1\"}", 15, &m), -EBADMSG);
	assert_int_equal(manifest_parse("{\"format\": -1}", 14, &m), -EBADMSG);
	assert_int_equal(manifest_parse("{\"format\": 1} x", 15, &m), -EBADMSG);
	char *deep = malloc(100000);
	memset(deep, '[', 100000);
	assert_int_equal(manifest_parse(deep, 100000, &m), -EBADMSG);
	free(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_name_or_kind_leads_out_of_the_target),
		cmocka_unit_test(no_symlink_is_followed_and_no_file_replaced),
		cmocka_unit_test(a_newer_format_is_refused_with_a_sentence),
		cmocka_unit_test(a_member_twice_is_a_finding_and_the_first_one_counts),
		cmocka_unit_test(a_frame_with_two_members_is_damaged),
		cmocka_unit_test(a_decompression_bomb_is_refused_by_reader_and_writer),
		cmocka_unit_test(many_frames_that_are_no_bomb_each_are_one_together),
		cmocka_unit_test(a_seek_table_that_lies_is_found_out),
		cmocka_unit_test(a_manifest_of_another_shape_is_no_manifest),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
