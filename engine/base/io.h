/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole reads and writes on descriptors. Not for: anything that must not block (see the writer process), and not for
 * deciding code, which never touches a file.
 */
#pragma once

#include "engine/base/buf.h"

#include <dirent.h>

static inline void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_closedir_ _cleanup_(close_dir)

/* All of it or -errno; retries EINTR and short counts. */
int io_write(int fd, const void *data, size_t len);

/* Reads from the current position to the end, at most max bytes. 0 when the end was reached, -EFBIG when there was
 * more (what fits is in the buffer), -errno else. */
int io_read_all(int fd, size_t max, struct buf *ret_text);

/* The same for a file below dirfd (AT_FDCWD for a path as it stands). */
int io_read_file(int dirfd, const char *path, size_t max, struct buf *ret_text);

/* The first line of a small file without its newline; "" for an empty one. */
int io_read_line(int dirfd, const char *path, char *ret_line, size_t size);

/* To read the names in a directory below dirfd; NULL with errno. */
DIR *io_open_dir(int dirfd, const char *path);

/* An anonymous memory file, CLOEXEC, sized to `bytes`; the descriptor or -errno. */
int io_memfd(const char *name, uint64_t bytes);

/* The id of a group of this machine's own (/etc/group), NO_GROUP when there is none. The name service is not asked: a
 * directory may take its time, and a static binary cannot load what asks it. */
#define NO_GROUP ((gid_t)-1)
gid_t io_group(const char *name);
