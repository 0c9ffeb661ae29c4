/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/symbol/kallsyms.h"
#include "tests/unit/support/test.h"

#include "engine/base/io.h"

#include <fcntl.h>

static const char fixture[] = "0000000000001000 A per_cpu_offset_like\n"
			      "ffffffff81000100 t __local_alias\n"
			      "ffffffff81000000 T _text\n"
			      "ffffffff81000000 T _stext\n"
			      "ffffffff81000100 T schedule\n"
			      "ffffffff81000100 T __schedule_alias\n"
			      "ffffffff81000180 D jiffies_data\n"
			      "ffffffff81000200 t spin\n"
			      "ffffffff81000240 T _etext\n"
			      "this is no symbol\n"
			      "ffffffffc0001000 t nf_hook\t[nf_tables]\n"
			      "ffffffffc0001040 t nf_other\t[nf_tables]\n"
			      "ffffffffc0002000 t bpf_prog_6deef7357e7b4530_tick\t[bpf]\n";

static int load(const char *text, struct kallsyms **ret)
{
	char dir[] = "/tmp/tracetrap-kallsyms-XXXXXX";
	assert_non_null(mkdtemp(dir));
	_cleanup_close_ int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = openat(dirfd, "kallsyms", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
	int r = kallsyms_load(dirfd, ret);
	unlinkat(dirfd, "kallsyms", 0);
	rmdir(dir);
	return r;
}

static struct kallsyms *loaded(void)
{
	struct kallsyms *k = NULL;
	assert_int_equal(load(fixture, &k), 0);
	return k;
}

static void an_address_is_named_with_its_offset_and_its_functions_size(void **state _unused_)
{
	struct kallsyms *k = loaded();
	char text[128];
	assert_string_equal(kallsyms_format(k, 0xffffffff81000210, text, sizeof(text)), "spin+0x10/0x40");
	assert_string_equal(kallsyms_format(k, 0xffffffffc0001004, text, sizeof(text)), "nf_hook+0x4/0x40 [nf_tables]");
	kallsyms_free(k);
}

static void a_global_name_without_underscores_wins_over_its_aliases(void **state _unused_)
{
	struct kallsyms *k = loaded();
	struct ksym s;
	assert_true(kallsyms_find(k, 0xffffffff81000100, &s, NULL));
	assert_string_equal(s.name, "schedule");
	kallsyms_free(k);
}

static void data_bounds_the_function_before_it_and_has_no_name(void **state _unused_)
{
	struct kallsyms *k = loaded();
	struct ksym s;
	char text[128];
	assert_true(kallsyms_find(k, 0xffffffff8100017f, &s, NULL));
	assert_int_equal(s.size, 0x80);
	assert_false(kallsyms_find(k, 0xffffffff81000180, &s, NULL));
	assert_string_equal(kallsyms_format(k, 0xffffffff81000181, text, sizeof(text)), "0xffffffff81000181");
	kallsyms_free(k);
}

static void nothing_is_found_outside_of_all_functions(void **state _unused_)
{
	struct kallsyms *k = loaded();
	struct ksym s;
	char text[32];
	assert_false(kallsyms_find(k, 0x1000, &s, NULL));
	assert_false(kallsyms_find(k, UINT64_MAX, &s, NULL));
	assert_false(kallsyms_find(NULL, 0xffffffff81000100, &s, NULL));
	assert_string_equal(kallsyms_format(NULL, 0x1234, text, sizeof(text)), "0x0000000000001234");
	kallsyms_free(k);
}

static void the_kernels_text_lies_between_stext_and_etext(void **state _unused_)
{
	struct kallsyms *k = loaded();
	uint64_t begin, end;
	kallsyms_text(k, &begin, &end);
	assert_int_equal(begin, 0xffffffff81000000);
	assert_int_equal(end, 0xffffffff81000240);
	kallsyms_free(k);
}

static void hidden_addresses_are_a_permission_error(void **state _unused_)
{
	struct kallsyms *k = NULL;
	assert_int_equal(load("0000000000000000 T _stext\n0000000000000000 t spin\n", &k), -EPERM);
	assert_int_equal(load("0000000000000000 A per_cpu\n0000000000000000 T _stext\n", &k), -EPERM);
	assert_int_equal(load("", &k), -ENODATA);
	assert_int_equal(load("ffffffff81000000 D only_data\n", &k), -ENODATA);
	assert_null(k);
}

static void *image_of(const struct kallsyms *k, size_t *ret_len)
{
	_cleanup_close_ int fd = -1;
	_cleanup_buf_ struct buf image = {0};
	assert_int_equal(kallsyms_image(k, &fd), 0);
	assert_int_equal(write(fd, "x", 1), -1); /* sealed */
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(io_read_all(fd, 1 << 20, &image), 0);
	*ret_len = image.len;
	return buf_take(&image);
}

static void a_table_over_an_image_is_the_table_it_was_made_of(void **state _unused_)
{
	struct kallsyms *k = loaded(), *copy = NULL;
	size_t len;
	uint64_t begin, end;
	_cleanup_free_ void *image = image_of(k, &len);
	assert_int_equal(kallsyms_over(image, len, &copy), 0);
	assert_int_equal(kallsyms_count(copy), kallsyms_count(k));
	for (size_t i = 0; i < kallsyms_count(k); i++) {
		struct ksym a, b;
		kallsyms_get(k, i, &a);
		kallsyms_get(copy, i, &b);
		assert_true(a.addr == b.addr && a.size == b.size && a.type == b.type);
		assert_string_equal(a.name, b.name);
		assert_string_equal(a.module, b.module);
	}
	kallsyms_text(copy, &begin, &end);
	assert_int_equal(begin, 0xffffffff81000000);
	assert_int_equal(end, 0xffffffff81000240);
	kallsyms_free(copy);
	kallsyms_free(k);
}

static void a_cut_image_is_refused_at_every_length(void **state _unused_)
{
	struct kallsyms *k = loaded(), *copy = NULL;
	size_t len;
	_cleanup_free_ void *image = image_of(k, &len);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(kallsyms_over(image, cut, &copy), -EBADMSG);
	memset((char *)image + len - 1, 'x', 1);
	assert_int_equal(kallsyms_over(image, len, &copy), -EBADMSG);
	assert_null(copy);
	kallsyms_free(k);
}

static void a_long_name_is_cut_to_the_room_given(void **state _unused_)
{
	struct kallsyms *k = loaded();
	char text[8];
	assert_string_equal(kallsyms_format(k, 0xffffffff81000100, text, sizeof(text)), "schedul");
	kallsyms_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_named_with_its_offset_and_its_functions_size),
		cmocka_unit_test(a_global_name_without_underscores_wins_over_its_aliases),
		cmocka_unit_test(data_bounds_the_function_before_it_and_has_no_name),
		cmocka_unit_test(nothing_is_found_outside_of_all_functions),
		cmocka_unit_test(the_kernels_text_lies_between_stext_and_etext),
		cmocka_unit_test(hidden_addresses_are_a_permission_error),
		cmocka_unit_test(a_table_over_an_image_is_the_table_it_was_made_of),
		cmocka_unit_test(a_cut_image_is_refused_at_every_length),
		cmocka_unit_test(a_long_name_is_cut_to_the_room_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
