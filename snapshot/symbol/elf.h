/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which function of an ELF file an address lies in, by its own symbol tables (libelf), and its build-id. The file is
 * foreign: elf_lookup() bounds what it reads and believes nothing, and elf_lookup_confined() runs it in a child that has
 * nothing but that one descriptor, so that a crash inside libelf costs the names of one file.
 */
#pragma once

#include "engine/base/buf.h"

#define ELF_BUILD_ID_MAX 20
#define ELF_NAME_MAX 1024  /* longer symbol names are cut */
#define ELF_QUERIES_MAX 65536U

struct elf_hit {
	uint64_t vaddr;	      /* of what was asked */
	uint64_t start, size; /* of the function */
	uint32_t name;	      /* offset into names; 0: none found */
	uint32_t pad;
};

struct elf_answer {
	uint8_t build_id[ELF_BUILD_ID_MAX];
	uint8_t build_id_len;
	bool has_symtab; /* else only the dynamic symbols were there: a separate debug file may know more */
	struct elf_hit *hits; /* one for each query, in their order */
	size_t n;
	struct buf names; /* NUL-terminated, one after another; begins with a NUL */
};

/* `queries` are file offsets (mapped through the program headers), or virtual addresses when by_vaddr; ascending.
 * 0; -ENOEXEC when it is no ELF file that we can read; -E2BIG for too many queries. */
int elf_lookup(int fd, bool by_vaddr, const uint64_t *queries, size_t n, struct elf_answer *ret);
/* The same within `ms`; -ETIMEDOUT, -EBADMSG when the child crashed. */
int elf_lookup_confined(int fd, bool by_vaddr, const uint64_t *queries, size_t n, unsigned ms, struct elf_answer *ret);
void elf_answer_done(struct elf_answer *a);

/* The answer's wire form between child and parent; decoding checks everything. */
void elf_answer_encode(const struct elf_answer *a, struct buf *out);
int elf_answer_decode(const void *data, size_t len, size_t n_queries, struct elf_answer *ret); /* -EBADMSG */

/* The GNU build-id among ELF notes as they lie in memory or /sys/kernel/notes; its length, 0 when there is none. */
size_t elf_notes_build_id(const void *notes, size_t len, uint8_t ret_id[ELF_BUILD_ID_MAX]);
