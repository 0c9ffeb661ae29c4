/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A memory cgroup of our own, of v1 or v2, with a limit of 32 MiB and the name of a container's; the test enters it with
 * write_text() and removes `dir`.
 */
#pragma once

#include "engine/base/io.h"
#include "tests/live/live.h"

#include <fcntl.h>
#include <sys/stat.h>

/* As docker would call it under systemd. */
#define CONTAINER_ID "00000000000000000000000000000000000000000000000000000000%08x"

struct memcg {
	char dir[160], name[96], id[65];
	const char *limit_file;
};

static inline int write_text(const char *dir, const char *file, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : io_write(fd, text, strlen(text));
}

static inline bool make_memcg(struct memcg *m)
{
	bool v1 = access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) == 0;
	const char *top = v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
	if (!v1)
		write_text(top, "cgroup.subtree_control", "+memory");
	snprintf(m->id, sizeof(m->id), CONTAINER_ID, (unsigned)getpid());
	snprintf(m->name, sizeof(m->name), "/docker-%s.scope", m->id);
	snprintf(m->dir, sizeof(m->dir), "%s%s", top, m->name);
	m->limit_file = v1 ? "memory.limit_in_bytes" : "memory.max";
	return mkdir(m->dir, 0755) == 0 && write_text(m->dir, m->limit_file, "33554432") == 0;
}
