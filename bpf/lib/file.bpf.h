/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which file a call or a block request is about: struct event_file of an inode, the inode of a descriptor, of a bio's pages.
 *
 * The path is the first name that the dentry cache has of the inode, from the root of its file system: "/var/lib/x" when
 * all of it fitted (user space puts the mount point before it, engine/detect/file.h), "lib/x" when it did not. Nothing is
 * locked: a rename at that moment may give a part of either name.
 *
 *     path[128]          |          …lib\0/x\0|      names are put before each other, from the end
 */
#pragma once

#include "bpf/lib/list.bpf.h"
#include "bpf/lib/task.bpf.h"
#include "bpf/event.h"

#define FILE_COMPONENTS 12
#define FILE_PATH_LEN	128 /* of struct event_file; a power of two, the verifier sees it by its mask */
#define FILE_PATH_MASK	(FILE_PATH_LEN - 1)

#define S_IFMT	 0170000
#define S_IFBLK	 0060000
#define S_IFREG	 0100000
#define S_IFDIR	 0040000

/* Magic numbers of file systems without a disk behind them, where a read may well be a wait. */
enum file_system {
	FILE_SYSTEM_ANON_INODE = 0x09041934,
	FILE_SYSTEM_BDEV = 0x62646576,
	FILE_SYSTEM_DEBUG = 0x64626720,
	FILE_SYSTEM_PROC = 0x9fa0,
	FILE_SYSTEM_TRACE = 0x74726163,
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
} CORE;

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	struct hlist_head i_dentry;
} CORE;

struct qstr {
	__u32 len;
	const unsigned char *name;
} CORE;

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	union {
		struct hlist_node d_alias;
	} d_u;
} CORE;

struct file {
	struct inode *f_inode;
} CORE;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} CORE;

struct files_struct {
	struct fdtable *fdt;
} CORE;

struct task_struct___files {
	struct files_struct *files;
} CORE;

struct address_space {
	struct inode *host;
} CORE;

struct page {
	struct address_space *mapping;
	unsigned long compound_head;
} CORE;

struct bio_vec {
	struct page *bv_page;
} CORE;

struct bio {
	struct bio_vec *bi_io_vec;
} CORE;

/* A path grows here from its middle to its begin; a name that is being read may reach into the other half. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[2 * FILE_PATH_LEN]);
} path_room SEC(".maps");

/* NULL where the task has no such descriptor. */
static __always_inline const struct file *task_file(const struct task_struct *task, __u32 fd)
{
	const struct fdtable *table = BPF_CORE_READ((const struct task_struct___files *)task, files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd);
	const struct file *file = NULL;
	if (fd < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), slots + fd);
	return file;
}

/* On a disk, or as good as: no pipe, socket, terminal or event descriptor, nothing that the kernel makes up. Since
 * cfd86ef7e8e7 (6.16) an anonymous inode calls itself a regular file. */
static __always_inline bool inode_is_stored(unsigned short mode, unsigned long magic)
{
	mode &= S_IFMT;
	return (mode == S_IFREG || mode == S_IFDIR || mode == S_IFBLK) && magic != FILE_SYSTEM_ANON_INODE &&
	       magic != FILE_SYSTEM_PROC && magic != FILE_SYSTEM_TRACE && magic != FILE_SYSTEM_DEBUG;
}

/* Bits 0 and 1 of a mapping say that it is none: anonymous or movable memory. */
static __always_inline const struct inode *page_inode(const struct page *page)
{
	unsigned long head = BPF_CORE_READ(page, compound_head);
	const struct address_space *mapping;
	if (head & 1)
		page = (const struct page *)(head - 1);
	mapping = BPF_CORE_READ(page, mapping);
	return mapping && !((unsigned long)mapping & 3) ? BPF_CORE_READ(mapping, host) : NULL;
}

/* Of the bio's first page. NULL: it has none, they are not of the page cache (direct I/O, swap), or of the device itself:
 * what a file system keeps about its files. */
static __always_inline const struct inode *bio_inode(const struct bio *bio)
{
	const struct page *page = bio ? BPF_CORE_READ(bio, bi_io_vec, bv_page) : NULL;
	const struct inode *inode = page ? page_inode(page) : NULL;
	return inode && BPF_CORE_READ(inode, i_sb, s_magic) != FILE_SYSTEM_BDEV ? inode : NULL;
}

/* Puts "/name" before what begins at `at`; the new begin, or `at` when there is no room. */
static __always_inline __u32 path_prepend(char *room, __u32 at, const struct qstr *name)
{
	__u32 len = BPF_CORE_READ(name, len), begin;
	if (len + 1 > at)
		return at;
	begin = (at - len - 1) & FILE_PATH_MASK;
	bpf_probe_read_kernel(&room[begin + 1], len & FILE_PATH_MASK, BPF_CORE_READ(name, name));
	room[begin] = '/';
	return begin;
}

static __always_inline const struct dentry *inode_dentry(const struct inode *inode)
{
	const char *alias = (const char *)BPF_CORE_READ(inode, i_dentry.first);
	return alias ? (const void *)(alias - bpf_core_field_offset(struct dentry, d_u.d_alias)) : NULL;
}

static __always_inline void file_set_path(struct event_file *f, const struct inode *inode)
{
	const struct dentry *dentry = inode_dentry(inode), *parent;
	__u32 zero = 0, at = FILE_PATH_MASK, before;
	bool whole = false;
	char *room = bpf_map_lookup_elem(&path_room, &zero);
	if (!dentry || !room)
		return;
	room[at] = '\0';
	for (int i = 0; i < FILE_COMPONENTS; i++) {
		parent = BPF_CORE_READ(dentry, d_parent);
		whole = parent == dentry;
		if (whole)
			break;
		before = at;
		at = path_prepend(room, at, &dentry->d_name);
		if (at == before)
			break;
		dentry = parent;
	}
	at += !whole && at < FILE_PATH_MASK; /* cut: without its first slash */
	at &= FILE_PATH_MASK;
	bpf_probe_read_kernel(f->path, FILE_PATH_LEN - at, &room[at]);
}

/* `inode` may be NULL: nothing is known then. */
static __always_inline void file_set(struct event_file *f, const struct inode *inode)
{
	__u32 dev;
	if (!inode)
		return;
	dev = BPF_CORE_READ(inode, i_sb, s_dev);
	f->inode = BPF_CORE_READ(inode, i_ino);
	f->dev_major = dev >> 20;
	f->dev_minor = dev & 0xfffff;
	file_set_path(f, inode);
}
