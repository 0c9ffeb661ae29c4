/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/collectors.h"

static void copy_files(struct collect *c, int dirfd, const char *root, const char *const *paths, size_t n)
{
	char member[160];
	for (size_t i = 0; i < n; i++) {
		snprintf(member, sizeof(member), "%s/%s", root, paths[i]);
		collect_copy(c, dirfd, paths[i], member);
	}
}

void collect_proc_files(struct collect *c, const char *const *paths, size_t n)
{
	copy_files(c, collect_proc_dirfd(c), "proc", paths, n);
}

void collect_sys_files(struct collect *c, const char *const *paths, size_t n)
{
	copy_files(c, collect_sys_dirfd(c), "sys", paths, n);
}
