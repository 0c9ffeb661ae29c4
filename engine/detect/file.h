/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of a file's path that the kernel side cannot walk to: where its file system is mounted. Of several mounts the
 * first that shows the whole file system counts, as this process sees them (a container's own mounts are not looked at).
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/buf.h"

/* Puts the mount point before a whole path ("/lib/x" on /var becomes "/var/lib/x"); leaves it alone where the path was cut,
 * the file system is not in `mountinfo` (the text of PROC/self/mountinfo), or both together are too long. */
void file_add_mount(const char *mountinfo, struct event_file *f);

/* 0 or -errno; the text for the above. */
int file_read_mounts(const char *proc_root, struct buf *ret_mountinfo);
