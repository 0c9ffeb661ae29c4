/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a set was read from, file by file and directory by directory: to know whether it was whole, and whether it is another
 * one than before.
 *
 * Nobody tells us when somebody has finished writing. So a set counts as whole when none of its files and directories
 * changed within STAMPS_SETTLE_NS before it was read, and all are, after the last was read, as they were before: an editor's
 * truncated file, and a directory that is being copied, are told by their times. A file renamed into place is whole, too, and
 * has to wait as long. Each file is read once, into memory.
 */
#pragma once

#include "engine/base/util.h"

#include <sys/stat.h>

#define STAMPS_SETTLE_NS UINT64_C(500000000)

struct stamp;

struct stamps {
	struct stamp *of;
	size_t n, cap;
	bool failed; /* out of memory */
	uint64_t digest; /* of the files' bytes, in the order read */
};

/* `st` is from before the reading. NULL for `s` is fine: nobody wants to know. */
void stamps_add_directory(struct stamps *s, const char *path);
void stamps_add_file(struct stamps *s, const char *path, const struct stat *st, const void *bytes, size_t len);

/* The first that is not as it was, or changed too shortly before now_ns (CLOCK_REALTIME) to be taken for finished; NULL: the
 * set is whole. Borrowed; "" when out of memory. */
const char *stamps_unsettled(const struct stamps *s, uint64_t now_ns);
void stamps_done(struct stamps *s);
