/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open bundle as its own functions see it.
 */
#pragma once

#include "snapshot/bundle/bundle.h"
#include "snapshot/bundle/frame.h"

struct bundle {
	int fd;
	char *path;
	char id[BUNDLE_ID_MAX + 1]; /* the directory of the first member that could be read */
	uint64_t bytes;		    /* of the file */
	bool cut;
	struct frames frames;
	struct bundle_member *members; /* the first of each name, in the order of the file */
	size_t *frame_of;	       /* members[i] is in frames.frame[frame_of[i]] */
	size_t n;
};

/* A descriptor of a regular file, which never blocks on opening; -EINVAL for anything else. */
int bundle_file_open(const char *path, uint64_t *ret_bytes);

/* The member's index, -ENOENT. */
ssize_t bundle_find(const struct bundle *b, const char *member);

struct member_reader;
/* The content, whose frame is still to be finished; -EFBIG over max. */
int member_content(struct member_reader *m, size_t max, struct buf *ret);
