/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/io.h"
#include "snapshot/symbol/elf.h"

#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>

#define MS 5000

__attribute__((noinline)) void elf_test_landmark(void)
{
	__asm__ volatile("nop");
}

/* Where this program's own landmark lies in its file. */
struct place {
	uint64_t offset, vaddr;
};

static int find_place(struct dl_phdr_info *info, size_t size _unused_, void *ctx)
{
	struct place *place = ctx;
	uint64_t vaddr = (uint64_t)(uintptr_t)elf_test_landmark - info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];
		if (h->p_type == PT_LOAD && vaddr >= h->p_vaddr && vaddr - h->p_vaddr < h->p_filesz)
			*place = (struct place){vaddr - h->p_vaddr + h->p_offset, vaddr};
	}
	return 1; /* the first object is the program itself */
}

static struct place landmark(void)
{
	struct place place = {0};
	dl_iterate_phdr(find_place, &place);
	assert_true(place.offset > 0);
	return place;
}

static int open_self(void)
{
	return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

static void a_file_offset_is_named_by_the_symbol_it_lies_in(void **state _unused_)
{
	struct place place = landmark();
	struct elf_answer a;
	_cleanup_close_ int fd = open_self();
	assert_int_equal(elf_lookup(fd, false, (uint64_t[]){place.offset, place.offset + 1}, 2, &a), 0);
	assert_string_equal(a.names.data + a.hits[0].name, "elf_test_landmark");
	assert_int_equal(a.hits[0].start, place.vaddr);
	assert_int_equal(a.hits[1].name, a.hits[0].name);
	assert_true(a.has_symtab);
	assert_int_equal(a.build_id_len, 20);
	elf_answer_done(&a);
}

static void a_virtual_address_finds_the_same(void **state _unused_)
{
	struct place place = landmark();
	struct elf_answer a;
	_cleanup_close_ int fd = open_self();
	assert_int_equal(elf_lookup(fd, true, &place.vaddr, 1, &a), 0);
	assert_string_equal(a.names.data + a.hits[0].name, "elf_test_landmark");
	elf_answer_done(&a);
}

static void the_confined_child_answers_like_the_function_itself(void **state _unused_)
{
	struct place place = landmark();
	uint64_t queries[] = {0, place.offset, UINT64_MAX / 2};
	struct elf_answer direct, confined;
	_cleanup_buf_ struct buf one = {0};
	_cleanup_buf_ struct buf two = {0};
	_cleanup_close_ int fd = open_self();
	assert_int_equal(elf_lookup(fd, false, queries, 3, &direct), 0);
	assert_int_equal(elf_lookup_confined(fd, false, queries, 3, MS, &confined), 0);
	elf_answer_encode(&direct, &one);
	elf_answer_encode(&confined, &two);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	elf_answer_done(&direct);
	elf_answer_done(&confined);
}

static void what_is_no_elf_file_is_refused(void **state _unused_)
{
	struct elf_answer a;
	_cleanup_close_ int fd = io_memfd("text", 0);
	assert_int_equal(io_write(fd, "#!/bin/sh\n", 10), 0);
	assert_int_equal(elf_lookup(fd, false, (uint64_t[]){0}, 1, &a), -ENOEXEC);
	assert_int_equal(elf_lookup_confined(fd, false, (uint64_t[]){0}, 1, MS, &a), -EBADMSG);
}

/* Bytes of the headers and the section table are hit most: those are what steers a parser. */
static void mutilate(uint8_t *image, size_t size, uint32_t *seed)
{
	const ElfW(Ehdr) *h = (const ElfW(Ehdr) *)image;
	size_t sections = MIN((size_t)h->e_shoff, size - 1), span = MIN(size - sections, (size_t)4096);
	for (int i = 0; i < 12; i++) {
		*seed = *seed * 1664525U + 1013904223U;
		size_t where = *seed >> 8;
		size_t at = i % 3 == 0	 ? 16 + where % 900
			    : i % 3 == 1 ? sections + where % MAX(span, (size_t)1)
					 : where % size;
		image[at % size] = (uint8_t)(*seed >> 3);
	}
}

static int lookup_image(const uint8_t *image, size_t size, uint64_t offset)
{
	struct elf_answer a;
	_cleanup_close_ int fd = io_memfd("hostile", 0);
	assert_int_equal(io_write(fd, image, size), 0);
	int r = elf_lookup_confined(fd, false, &offset, 1, MS, &a);
	if (r == 0) {
		assert_int_equal(a.n, 1);
		assert_true(a.hits[0].name < a.names.len);
		elf_answer_done(&a);
	}
	return r;
}

/* A small ELF file for what is repeated hundreds of times. */
static void read_small(struct buf *image)
{
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_int_equal(io_read_all(fd, 64 << 20, image), 0);
}

static void mutilated_files_cost_at_most_their_own_names(void **state _unused_)
{
	_cleanup_buf_ struct buf image = {0};
	_cleanup_free_ uint8_t *copy = NULL;
	uint32_t seed = 20261121;
	read_small(&image);
	copy = malloc(image.len);
	for (int i = 0; i < 60; i++) {
		memcpy(copy, image.data, image.len);
		mutilate(copy, image.len, &seed);
		int r = lookup_image(copy, image.len, landmark().offset);
		assert_true(r == 0 || r == -EBADMSG || r == -EFBIG);
	}
}

static void a_file_cut_anywhere_is_survived(void **state _unused_)
{
	_cleanup_buf_ struct buf image = {0};
	read_small(&image);
	for (size_t size = 0; size < image.len; size += image.len / 40) {
		int r = lookup_image((uint8_t *)image.data, size, landmark().offset);
		assert_true(r == 0 || r == -EBADMSG);
	}
}

static void a_forged_answer_is_refused(void **state _unused_)
{
	struct elf_answer a = {.hits = (struct elf_hit[]){{.name = 1}}, .n = 1}, decoded;
	_cleanup_buf_ struct buf wire = {0};
	buf_add(&a.names, "\0ok", 4);
	elf_answer_encode(&a, &wire);
	assert_int_equal(elf_answer_decode(wire.data, wire.len, 1, &decoded), 0);
	elf_answer_done(&decoded);
	assert_int_equal(elf_answer_decode(wire.data, wire.len, 2, &decoded), -EBADMSG);
	assert_int_equal(elf_answer_decode(wire.data, wire.len - 1, 1, &decoded), -EBADMSG);
	wire.data[wire.len - 1] = 'x';
	assert_int_equal(elf_answer_decode(wire.data, wire.len, 1, &decoded), -EBADMSG);
	a.hits[0].name = 1000;
	buf_clear(&wire);
	elf_answer_encode(&a, &wire);
	assert_int_equal(elf_answer_decode(wire.data, wire.len, 1, &decoded), -EBADMSG);
	buf_done(&a.names);
}

static void a_build_id_is_read_from_notes_and_never_past_them(void **state _unused_)
{
	static const uint8_t notes[] = {
		4, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 'X', 'Y', 'Z', 0, 1,    2,	  0,	0, /* another note */
		4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xde, 0xad, 0xbe, 0xef};
	uint8_t id[ELF_BUILD_ID_MAX];
	assert_int_equal(elf_notes_build_id(notes, sizeof(notes), id), 4);
	assert_memory_equal(id, "\xde\xad\xbe\xef", 4);
	for (size_t len = 0; len < sizeof(notes); len++)
		assert_int_equal(elf_notes_build_id(notes, len, id), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_offset_is_named_by_the_symbol_it_lies_in),
		cmocka_unit_test(a_virtual_address_finds_the_same),
		cmocka_unit_test(the_confined_child_answers_like_the_function_itself),
		cmocka_unit_test(what_is_no_elf_file_is_refused),
		cmocka_unit_test(mutilated_files_cost_at_most_their_own_names),
		cmocka_unit_test(a_file_cut_anywhere_is_survived),
		cmocka_unit_test(a_forged_answer_is_refused),
		cmocka_unit_test(a_build_id_is_read_from_notes_and_never_past_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
