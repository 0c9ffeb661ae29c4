/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel's functions, read once from PROC/kallsyms into a compact sorted table (about 50 bytes a function).
 * Where several symbols share an address the best name stays: global before local, fewer leading underscores, then the
 * longer one. Data symbols only bound the functions before them.
 *
 * Addresses identify the running boot (KASLR): what goes into a bundle is names, or a slice that says where it is from.
 */
#pragma once

#include "engine/base/buf.h"

struct kallsyms; /* opaque, immutable */

struct ksym {
	uint64_t addr, size; /* up to the next symbol */
	const char *name;
	const char *module; /* "" for the kernel proper; "bpf" for BPF programs; both owned by the table */
	char type;	    /* as nm has it: t, T, w, W */
};

/* -EPERM when the kernel hides the addresses (kptr_restrict, or no CAP_SYSLOG), -ENOENT without the file, -ENODATA when
 * not one function is in it. */
int kallsyms_load(int proc_dirfd, struct kallsyms **ret);
struct kallsyms *kallsyms_free(struct kallsyms *k);

/* Reading costs some 60 ms of CPU time: one process does it for all of an incident, and the others look into its image, a
 * sealed memory file. The descriptor or -errno; it is the caller's. */
int kallsyms_image(const struct kallsyms *k, int *ret_fd);
/* A table over a mapped image (8-byte aligned), which must outlive it. -EBADMSG when it is none. */
int kallsyms_over(const void *image, size_t len, struct kallsyms **ret);

size_t kallsyms_count(const struct kallsyms *k);
/* By rank in address order; i < kallsyms_count(). */
void kallsyms_get(const struct kallsyms *k, size_t i, struct ksym *ret);
/* The function that addr lies in; its rank goes to *ret_rank if given. `k` may be NULL: nothing is found. */
bool kallsyms_find(const struct kallsyms *k, uint64_t addr, struct ksym *ret, size_t *ret_rank);
/* [_stext, _etext) of the kernel proper; 0, 0 when not listed. */
void kallsyms_text(const struct kallsyms *k, uint64_t *ret_begin, uint64_t *ret_end);

/* "schedule+0x1f/0x120", "nf_hook+0x0/0x80 [nf_tables]", "0xffffffff81000123" when it lies in no function (or `k` is
 * NULL). Returns `text`, cut to size. */
const char *kallsyms_format(const struct kallsyms *k, uint64_t addr, char *text, size_t size);
