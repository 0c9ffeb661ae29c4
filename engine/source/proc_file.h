/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of /proc or /sys that stays open: each reading is a pread of the whole from its start. */
#pragma once

#include "engine/base/buf.h"

#define PROC_FILE_MAX (4U << 20) /* more is not read: no file we know gets there */

struct proc_file {
	int fd; /* -1: not open */
};

int proc_file_open(struct proc_file *f, int dirfd, const char *path);

/* The whole text, NUL-terminated, replaces what is in `text`. -EBADF when it is not open, -EFBIG over PROC_FILE_MAX. */
int proc_file_read(const struct proc_file *f, struct buf *text);
void proc_file_close(struct proc_file *f);
