/* SPDX-License-Identifier: GPL-2.0-only */
/* One file that was mapped, the addresses in it that want a name, and what its symbols say. Private to symbol/. */
#pragma once

#include "snapshot/symbol/elf.h"

struct dso {
	char *path;
	uint32_t major, minor;
	uint64_t inode;
	uint32_t next; /* in its bucket of the table: index + 1; 0: none */
	uint64_t *wanted; /* file offsets; ascending once resolved */
	size_t n_wanted, cap_wanted;
	struct elf_answer answer;
	bool resolved;
	int error;
};

/* Who had it mapped: the way to reach the file. */
struct dso_owner {
	uint32_t pid;
	uint64_t start, end;
};

int dso_want(struct dso *d, uint64_t offset);
/* True for a file at all: not [heap], [vdso], //anon, memory files of a JIT. */
bool dso_is_file(const struct dso *d);
/* Opens it, regular files only; -ENOENT, -ESTALE (another file lies there now), -EACCES … */
int dso_open(const struct dso *d, int proc_dirfd, const struct dso_owner *owners, size_t n);
/* Sets `resolved` and, when not even the file itself could be read, `error`. Takes separate debug files by build-id. */
void dso_resolve(struct dso *d, int fd, unsigned ms);
/* What lies at that file offset; NULL when it was not wanted or nothing is known. */
const struct elf_hit *dso_find(const struct dso *d, uint64_t offset);
void dso_done(struct dso *d);
