/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/collectors.h"

#include "engine/base/io.h"

#include <fcntl.h>

#define NAMESPACES_MAX 256

struct namespaces {
	uint64_t seen[NAMESPACES_MAX]; /* inodes */
	size_t n;
	unsigned bonds;
};

/* "net:[4026531840]"; 0 when the process is gone or not ours to see. */
static uint64_t namespace_of(int proc, const char *process)
{
	char path[300], link[64];
	snprintf(path, sizeof(path), "%s/ns/net", process);
	ssize_t n = readlinkat(proc, path, link, sizeof(link) - 1);
	if (n <= 0)
		return 0;
	link[n] = '\0';
	unsigned long long inode = 0;
	return sscanf(link, "net:[%llu]", &inode) == 1 ? inode : 0;
}

static bool is_new(struct namespaces *all, uint64_t inode)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->seen[i] == inode)
			return false;
	if (all->n == NAMESPACES_MAX)
		return false;
	all->seen[all->n++] = inode;
	return true;
}

/* `inode` 0: our own namespace, whose members have the plain name. */
static void take_bonds(struct collect *c, struct namespaces *all, const char *process, uint64_t inode)
{
	char path[300], member[160];
	snprintf(path, sizeof(path), "%s/net/bonding", process);
	_cleanup_closedir_ DIR *bonds = io_open_dir(collect_proc_dirfd(c), path);
	for (struct dirent *e; bonds && (e = readdir(bonds));) {
		if (e->d_name[0] == '.')
			continue;
		if (inode)
			snprintf(member, sizeof(member), "net/bonding/netns-%llu/%.32s.txt", (unsigned long long)inode, e->d_name);
		else
			snprintf(member, sizeof(member), "net/bonding/%.32s.txt", e->d_name);
		collect_copy(c, dirfd(bonds), e->d_name, member);
		all->bonds++;
	}
}

static bool is_process(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0';
}

int collect_bonding(struct collect *c)
{
	struct namespaces all = {0};
	_cleanup_closedir_ DIR *proc = io_open_dir(collect_proc_dirfd(c), ".");
	if (!proc)
		return -errno;
	is_new(&all, namespace_of(dirfd(proc), "self"));
	take_bonds(c, &all, "self", 0);
	for (struct dirent *e; (e = readdir(proc));) {
		if (!is_process(e->d_name))
			continue;
		uint64_t inode = namespace_of(dirfd(proc), e->d_name);
		if (inode && is_new(&all, inode))
			take_bonds(c, &all, e->d_name, inode);
	}
	if (!all.bonds)
		collect_missing(c, "net/bonding", MEMBER_UNSUPPORTED, "no bond in %zu network namespace%s", all.n,
				all.n == 1 ? "" : "s");
	if (all.n == NAMESPACES_MAX)
		collect_missing(c, "net/bonding/more", MEMBER_TRUNCATED, "only %d network namespaces were looked at",
				NAMESPACES_MAX);
	return 0;
}
