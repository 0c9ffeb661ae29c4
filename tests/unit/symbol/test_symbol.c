/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/kernel_names.h"
#include "tests/unit/support/test.h"

#include "engine/base/clock.h"
#include "snapshot/symbol/symbol.h"
#include "tests/unit/support/tree.h"

#include <fcntl.h>

__attribute__((noinline)) void symbol_test_landmark(void)
{
	__asm__ volatile("nop");
}

static struct symbols *symbols_of(const char *proc)
{
	struct symbols *s = NULL;
	_cleanup_close_ int dirfd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(symbols_new(dirfd, &s), 0);
	kernel_names_give(s, dirfd);
	return s;
}

static void a_function_of_a_living_process_is_named(void **state _unused_)
{
	struct symbols *s = symbols_of("/proc");
	uint32_t pid = (uint32_t)getpid();
	uint64_t addr = (uint64_t)(uintptr_t)symbol_test_landmark + 1;
	struct symbol symbol;
	assert_int_equal(symbols_read_maps(s, &pid, 1, 5000), 1);
	assert_int_equal(symbols_want(s, pid, addr, 1), 0);
	assert_int_equal(symbols_resolve(s, clock_now(CLOCK_MONOTONIC) + 10 * NS_PER_S), 0);
	symbols_user(s, pid, addr, 1, &symbol);
	assert_string_equal(symbol.name, "symbol_test_landmark");
	assert_non_null(strstr(symbol.dso, "test_symbol"));
	symbols_free(s);
}

static void processes_that_are_gone_are_not_counted_as_read(void **state _unused_)
{
	struct symbols *s = symbols_of("/proc");
	uint32_t pids[] = {0x7ffffff0, (uint32_t)getpid(), 0x7ffffff1};
	assert_int_equal(symbols_read_maps(s, pids, 3, 5000), 1);
	symbols_free(s);
}

static struct symbols_mapping mapping(uint64_t t_ns, const char *path)
{
	return (struct symbols_mapping){
		.t_ns = t_ns, .start = 0x1000, .end = 0x2000, .path = path, .inode = strlen(path)};
}

static const char *dso_at(struct symbols *s, uint32_t pid, uint64_t addr, uint64_t t_ns)
{
	struct symbol symbol;
	symbols_user(s, pid, addr, t_ns, &symbol);
	return symbol.dso ? symbol.dso : "";
}

static void the_mapping_of_that_time_is_meant(void **state _unused_)
{
	struct symbols *s = symbols_of("/");
	struct symbols_mapping first = mapping(10, "/first"), second = mapping(20, "/second");
	assert_int_equal(symbols_map(s, 7, &second), 0);
	assert_int_equal(symbols_map(s, 7, &first), 0);
	assert_string_equal(dso_at(s, 7, 0x1800, 15), "/first");
	assert_string_equal(dso_at(s, 7, 0x1800, 25), "/second");
	assert_string_equal(dso_at(s, 7, 0x1800, 5), "/first");
	assert_string_equal(dso_at(s, 7, 0x2000, 25), "");
	assert_string_equal(dso_at(s, 8, 0x1800, 25), "");
	symbols_free(s);
}

static void lines_that_are_no_mapping_are_left_out(void **state _unused_)
{
	struct symbols *s = symbols_of("/");
	assert_int_equal(symbols_add_maps_text(s, 7,
					       "nonsense\n\n1000-2000 r-xp 0 8:1\n"
					       "1000-2000 r--p 00000000 08:01 5 /data\n"
					       "3000-4000 r-xp 00000000 00:00 0\n"
					       "5000-6000 r-xp 00000000 08:01 5 /a b/c (deleted)\n"),
			 0);
	assert_int_equal(symbols_dsos(s), 2);
	assert_string_equal(dso_at(s, 7, 0x3000, 0), "//anon");
	assert_string_equal(dso_at(s, 7, 0x5000, 0), "/a b/c (deleted)");
	symbols_free(s);
}

/* The path exists, but it is another file now. */
static void a_replaced_file_names_nothing(void **state _unused_)
{
	struct tree tree;
	char path[96];
	tree_init(&tree);
	tree_write(&tree, "lib.so", "not the one that ran");
	snprintf(path, sizeof(path), "%s/lib.so", tree.path);
	struct symbols *s = symbols_of("/");
	struct symbols_mapping m = mapping(0, path);
	struct symbols_dso dso;
	m.inode = 1;
	assert_int_equal(symbols_map(s, 7, &m), 0);
	assert_int_equal(symbols_want(s, 7, 0x1800, 1), 0);
	assert_int_equal(symbols_resolve(s, clock_now(CLOCK_MONOTONIC) + NS_PER_S), 1);
	symbols_dso(s, 0, &dso);
	assert_int_equal(dso.error, -ESTALE);
	symbols_free(s);
	tree_done(&tree);
}

static void a_deadline_that_passed_leaves_files_unread(void **state _unused_)
{
	struct symbols *s = symbols_of("/proc");
	uint32_t pid = (uint32_t)getpid();
	struct symbol symbol;
	symbols_read_maps(s, &pid, 1, 5000);
	symbols_want(s, pid, (uint64_t)(uintptr_t)symbol_test_landmark, 1);
	assert_int_equal(symbols_resolve(s, /* deadline_ns= */ 1), 1);
	symbols_user(s, pid, (uint64_t)(uintptr_t)symbol_test_landmark, 1, &symbol);
	assert_null(symbol.name);
	assert_non_null(symbol.dso);
	symbols_free(s);
}

static void without_kernel_names_its_addresses_have_none(void **state _unused_)
{
	struct symbols *s = symbols_of("/var");
	struct symbol symbol;
	assert_int_equal(symbols_kernel_error(s), -ENOENT);
	symbols_kernel(s, 0xffffffff81000000, &symbol);
	assert_null(symbol.name);
	assert_string_equal(symbol.dso, "[kernel]");
	symbols_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_of_a_living_process_is_named),
		cmocka_unit_test(processes_that_are_gone_are_not_counted_as_read),
		cmocka_unit_test(the_mapping_of_that_time_is_meant),
		cmocka_unit_test(lines_that_are_no_mapping_are_left_out),
		cmocka_unit_test(a_replaced_file_names_nothing),
		cmocka_unit_test(a_deadline_that_passed_leaves_files_unread),
		cmocka_unit_test(without_kernel_names_its_addresses_have_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
