/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One frame read as one tar member by libarchive, and nothing else accepted: a regular file, a plain name below one plain
 * directory, no holes, nothing behind it in the frame.
 */
#pragma once

#include "snapshot/bundle/bundle.h"
#include "snapshot/bundle/frame.h"

struct member_reader; /* opaque */

/* Reads as far as the tar header. 0; -ENOENT when the frame holds the archive's end; -EBADMSG, -EFBIG, -EPERM for a name
 * or kind of file no bundle has. */
int member_open(int fd, const struct frame *f, struct member_reader **ret);
const char *member_id(const struct member_reader *m);	/* the directory */
const char *member_name(const struct member_reader *m); /* below it */
uint64_t member_bytes(const struct member_reader *m);
/* The next bytes of its content, 0 at the end; -EBADMSG. */
ssize_t member_read(struct member_reader *m, void *ret, size_t len);
/* After the content: 0 when the frame ended as its seek entry says and its checksum fitted; else -EBADMSG. */
int member_finish(struct member_reader *m);
struct member_reader *member_close(struct member_reader *m);

static inline void member_closep(struct member_reader **m)
{
	member_close(*m);
}

#define _cleanup_member_ _cleanup_(member_closep)
