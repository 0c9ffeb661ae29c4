/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/symbol/dso.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#define DEBUG_ROOT "/usr/lib/debug/.build-id"

int dso_want(struct dso *d, uint64_t offset)
{
	if (d->n_wanted && d->wanted[d->n_wanted - 1] == offset)
		return 0;
	if (!array_room(d->wanted, d->n_wanted, d->cap_wanted))
		return -ENOMEM;
	d->wanted[d->n_wanted++] = offset;
	return 0;
}

bool dso_is_file(const struct dso *d)
{
	return d->path[0] == '/' && d->path[1] != '/' && !starts_with(d->path, "/dev/") &&
	       !starts_with(d->path, "/memfd:") && !starts_with(d->path, "/SYSV");
}

/* O_NONBLOCK: what lies there now may be a FIFO. */
static int open_regular(int dirfd, const char *path, struct stat *ret_st)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_st) < 0)
		return -errno;
	return S_ISREG(ret_st->st_mode) ? take_fd(fd) : -EINVAL;
}

/* By path the file may be another one by now; the device is not compared, since overlay file systems show another. */
static int open_same(const struct dso *d, int dirfd, const char *path)
{
	struct stat st;
	_cleanup_close_ int fd = open_regular(dirfd, path, &st);
	if (fd < 0)
		return fd;
	return d->inode == 0 || st.st_ino == d->inode ? take_fd(fd) : -ESTALE;
}

static int open_through(const struct dso *d, int proc_dirfd, const struct dso_owner *owner)
{
	char path[4400];
	snprintf(path, sizeof(path), "%u/map_files/%" PRIx64 "-%" PRIx64, owner->pid, owner->start, owner->end);
	int fd = open_same(d, proc_dirfd, path);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%u/root%s", owner->pid, d->path);
	return open_same(d, proc_dirfd, path);
}

int dso_open(const struct dso *d, int proc_dirfd, const struct dso_owner *owners, size_t n)
{
	int fd = -ENOENT;
	for (size_t i = 0; i < n && fd < 0; i++)
		fd = open_through(d, proc_dirfd, &owners[i]);
	return fd >= 0 ? fd : open_same(d, AT_FDCWD, d->path);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void wanted_settle(struct dso *d)
{
	size_t kept = 0;
	qsort(d->wanted, d->n_wanted, sizeof(*d->wanted), compare_u64);
	for (size_t i = 0; i < d->n_wanted; i++) {
		if (kept == 0 || d->wanted[kept - 1] != d->wanted[i])
			d->wanted[kept++] = d->wanted[i];
	}
	d->n_wanted = MIN(kept, (size_t)ELF_QUERIES_MAX);
}

static int debug_file_open(const struct elf_answer *a)
{
	char path[128];
	int at = snprintf(path, sizeof(path), "%s/%02x/", DEBUG_ROOT, a->build_id[0]);
	struct stat st;
	for (size_t i = 1; i < a->build_id_len; i++)
		at += snprintf(path + at, sizeof(path) - (size_t)at, "%02x", a->build_id[i]);
	snprintf(path + at, sizeof(path) - (size_t)at, ".debug");
	return open_regular(AT_FDCWD, path, &st);
}

/* A stripped file names only what it exports; its debug file knows all, at the same virtual addresses. */
static void debug_file_take(struct dso *d, unsigned ms)
{
	if (d->answer.has_symtab || d->answer.build_id_len < 2)
		return;
	_cleanup_close_ int fd = debug_file_open(&d->answer);
	_cleanup_free_ uint64_t *vaddrs = fd < 0 ? NULL : reallocarray(NULL, d->answer.n + 1, sizeof(*vaddrs));
	struct elf_answer debug = {0};
	for (size_t i = 0; vaddrs && i < d->answer.n; i++)
		vaddrs[i] = d->answer.hits[i].vaddr;
	if (!vaddrs || elf_lookup_confined(fd, /* by_vaddr= */ true, vaddrs, d->answer.n, ms, &debug) < 0)
		return;
	bool same = debug.build_id_len == d->answer.build_id_len &&
		    memcmp(debug.build_id, d->answer.build_id, debug.build_id_len) == 0;
	if (same && debug.has_symtab) {
		elf_answer_done(&d->answer);
		d->answer = debug;
		debug = (struct elf_answer){0};
	}
	elf_answer_done(&debug);
}

void dso_resolve(struct dso *d, int fd, unsigned ms)
{
	d->resolved = true;
	wanted_settle(d);
	d->error = elf_lookup_confined(fd, /* by_vaddr= */ false, d->wanted, d->n_wanted, ms, &d->answer);
	if (d->error == 0)
		debug_file_take(d, ms);
}

const struct elf_hit *dso_find(const struct dso *d, uint64_t offset)
{
	if (!d->resolved || d->error || !d->n_wanted)
		return NULL;
	const uint64_t *at = bsearch(&offset, d->wanted, d->n_wanted, sizeof(*d->wanted), compare_u64);
	const struct elf_hit *hit = at ? &d->answer.hits[at - d->wanted] : NULL;
	return hit && hit->name ? hit : NULL;
}

void dso_done(struct dso *d)
{
	free(d->path);
	free(d->wanted);
	elf_answer_done(&d->answer);
}
