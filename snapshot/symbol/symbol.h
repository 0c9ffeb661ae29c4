/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for addresses of the kernel and of any process, in three steps, so that each file is opened and parsed once:
 *
 *     symbols_new ─ symbols_map / symbols_fork / symbols_read_maps ─ symbols_want* ─ symbols_resolve ─ symbols_find*
 *                   (who has what mapped where, and since when)
 *
 * A DSO is reached through PROC/PID/root, PROC/PID/map_files or, for tasks that are gone, by its path if the inode is the
 * same: so containers and deleted files work and a replaced file names nothing wrongly. Foreign ELF is parsed in a
 * confined child (elf.h). Names are the file's own: C++ and Rust stay mangled.
 */
#pragma once

#include "snapshot/symbol/elf.h"
#include "snapshot/symbol/kallsyms.h"

#define SYMBOLS_NO_DSO UINT32_MAX

struct symbols; /* opaque */

int symbols_new(int proc_dirfd, struct symbols **ret);
/* The kernel's names, once: takes the table, or NULL and why there is none. Until then its addresses stay numbers. */
void symbols_take_kernel(struct symbols *s, struct kallsyms *kernel, int error);
int symbols_proc_dirfd(const struct symbols *s); /* stays theirs */
int symbols_kernel_error(const struct symbols *s);	      /* 0 or why its addresses stay numbers */
const struct kallsyms *symbols_kallsyms(const struct symbols *s); /* NULL when there are none */

/* One executable mapping, since t_ns (0: ever). `path` as the kernel writes it: "/usr/lib/libc.so.6", "[vdso]",
 * "//anon", "/memfd:x (deleted)". -ENOMEM, -E2BIG. */
struct symbols_mapping {
	uint64_t t_ns, start, end, pgoff;
	uint64_t inode;
	uint32_t major, minor, prot, flags;
	const char *path; /* borrowed */
};
int symbols_map(struct symbols *s, uint32_t pid, const struct symbols_mapping *m);
/* The child begins with its parent's mappings. */
int symbols_fork(struct symbols *s, uint32_t child, uint32_t parent, uint64_t t_ns);
/* Lines of /proc/PID/maps; those that are none are left out. */
int symbols_add_maps_text(struct symbols *s, uint32_t pid, const char *text);
/* Reads them for these processes, which may be gone. One whose locks are held by a stuck task costs `ms` and only itself.
 * The number that could be read. */
int symbols_read_maps(struct symbols *s, const uint32_t *pids, size_t n, unsigned ms);

/* An address that symbols_find() will be asked for; kernel addresses need no wish. */
int symbols_want(struct symbols *s, uint32_t pid, uint64_t addr, uint64_t t_ns);
/* Opens and parses each DSO that is wanted until deadline_ns (CLOCK_MONOTONIC). The number that could not be read. */
int symbols_resolve(struct symbols *s, uint64_t deadline_ns);

/* What is known of an address; strings are owned by `s`. */
struct symbol {
	const char *name;     /* NULL: not known */
	const char *dso;      /* path; "[kernel]", or the module's name; NULL: in no mapping */
	uint64_t start, size; /* of the function: kernel address, or virtual address inside its file */
	uint32_t dso_index;   /* for symbols_dso(); SYMBOLS_NO_DSO for the kernel */
};
void symbols_kernel(const struct symbols *s, uint64_t addr, struct symbol *ret);
void symbols_user(const struct symbols *s, uint32_t pid, uint64_t addr, uint64_t t_ns, struct symbol *ret);

/* The DSOs, by index; `hit` when one of its addresses was wanted. */
struct symbols_dso {
	const char *path;
	const uint8_t *build_id;
	size_t build_id_len; /* 0 unknown */
	bool hit;
	int error; /* why it could not be read; 0 */
};
size_t symbols_dsos(const struct symbols *s);
void symbols_dso(const struct symbols *s, size_t i, struct symbols_dso *ret);

/* Every function of DSO i that a wanted address lies in, by address. */
typedef void (*symbols_hit_fn)(void *ctx, const struct symbol *symbol);
void symbols_each_hit(const struct symbols *s, size_t i, symbols_hit_fn fn, void *ctx);

/* Every mapping known, process by process in order of time. */
typedef int (*symbols_mapping_fn)(void *ctx, uint32_t pid, const struct symbols_mapping *m);
int symbols_each_mapping(const struct symbols *s, symbols_mapping_fn fn, void *ctx);
struct symbols *symbols_free(struct symbols *s);
