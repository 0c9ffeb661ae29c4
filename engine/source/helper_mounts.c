/* SPDX-License-Identifier: GPL-2.0-only */
/* The helper's list of mounts: one row for each file system that can fill up, at the first place it is mounted. */
#include "engine/base/io.h"
#include "engine/source/helper.h"
#include "engine/source/mount.h"
#include "engine/source/proc_file.h"
#include "engine/source/scan.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/statfs.h>

struct mount {
	char device[24]; /* "254:0" */
	char path[ENTITY_NAME_MAX];
};

struct mounts {
	struct proc_file file;
	bool tells_changes; /* a real mountinfo does, by POLLERR | POLLPRI */
	struct mount *all;
	size_t n, cap;
	struct buf text;
};

static bool is_word(const char *at, size_t len, const char *word)
{
	return strlen(word) == len && strncmp(word, at, len) == 0;
}

/* Full by nature, or without a size. */
static bool is_pointless(const char *type, size_t len)
{
	static const char *const types[] = {"autofs",	"binfmt_misc", "bpf",	   "cgroup",	 "cgroup2", "configfs", "cramfs",
					    "debugfs",	"devpts",      "devtmpfs", "efivarfs",	 "erofs",   "fusectl",	"hugetlbfs",
					    "iso9660",	"mqueue",      "nsfs",	   "proc",	 "pstore",  "ramfs",	"rpc_pipefs",
					    "securityfs", "selinuxfs", "squashfs", "sysfs",	 "tracefs"};
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (is_word(type, len, types[i]))
			return true;
	return false;
}

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static bool copy_unescaped(char *to, size_t size, const char *from, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		char c = from[i];
		if (c == '\\' && i + 3 < len) {
			c = (char)((from[i + 1] - '0') << 6 | (from[i + 2] - '0') << 3 | (from[i + 3] - '0'));
			i += 3;
		}
		if (n + 1 >= size || !c)
			return false;
		to[n++] = c;
	}
	to[n] = '\0';
	return n > 0;
}

/* The kernel's own places, where a tmpfs is only a frame; /dev/shm is the users'. */
static bool is_frame(const char *path)
{
	return starts_with(path, "/sys/") || starts_with(path, "/proc/") ||
	       (starts_with(path, "/dev/") && !streq(path, "/dev/shm"));
}

/* A container's own: its root lies on the file system that holds the images, and its tmpfs, one or more for each volume and
 * secret, are counted as the memory of its cgroup. An overlay at / is the machine's. */
static bool is_container_mount(const char *type, size_t len, const char *path)
{
	static const char *const below[] = {"/run/containerd/", "/run/containers/", "/var/lib/containers/",
					    "/var/lib/docker/", "/var/lib/kubelet/"};
	if (is_word(type, len, "overlay"))
		return !streq(path, "/");
	for (size_t i = 0; i < ARRAY_SIZE(below); i++)
		if (is_word(type, len, "tmpfs") && starts_with(path, below[i]))
			return true;
	return false;
}

static bool is_known(const struct mounts *m, const struct mount *new)
{
	for (size_t i = 0; i < m->n; i++)
		if (streq(m->all[i].device, new->device) || streq(m->all[i].path, new->path))
			return true;
	return false;
}

static void add(struct mounts *m, const struct mount *new)
{
	if (is_known(m, new))
		return;
	if (m->n == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 32;
		struct mount *all = realloc(m->all, cap * sizeof(*all));
		if (!all)
			return;
		m->all = all;
		m->cap = cap;
	}
	m->all[m->n++] = *new;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
static void scan_line(struct mounts *m, const char *at)
{
	struct mount new;
	uint64_t ids[2];
	size_t device_len, len, path_len, type_len;
	if (scan_numbers(&at, ids, 2) < 2)
		return;
	const char *device = scan_word(&at, &device_len);
	scan_word(&at, &len);
	const char *path = scan_word(&at, &path_len);
	const char *word = scan_word(&at, &len);
	while (len && !(len == 1 && *word == '-'))
		word = scan_word(&at, &len);
	const char *type = scan_word(&at, &type_len);
	if (!type_len || device_len >= sizeof(new.device) || is_pointless(type, type_len))
		return;
	memcpy(new.device, device, device_len);
	new.device[device_len] = '\0';
	if (copy_unescaped(new.path, sizeof(new.path), path, path_len) && !is_frame(new.path) &&
	    !is_container_mount(type, type_len, new.path))
		add(m, &new);
}

static bool has_changed(const struct mounts *m)
{
	struct pollfd p = {.fd = m->file.fd, .events = POLLPRI};
	return !m->tells_changes || !m->n || (poll(&p, 1, 0) > 0 && p.revents & (POLLERR | POLLPRI));
}

static void follow(struct mounts *m)
{
	if (!has_changed(m) || proc_file_read(&m->file, &m->text) < 0)
		return;
	m->n = 0;
	for (const char *at = buf_str(&m->text); *at; at = scan_next_line(at))
		scan_line(m, at);
}

static struct mounts *mounts_open(const char *proc_root)
{
	char path[512];
	struct statfs fs;
	struct mounts *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	snprintf(path, sizeof(path), "%s/self/mountinfo", proc_root);
	proc_file_open(&m->file, AT_FDCWD, path);
	m->tells_changes = m->file.fd >= 0 && fstatfs(m->file.fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	return m;
}

static uint64_t ppm(uint64_t part, uint64_t whole)
{
	return whole ? (uint64_t)((unsigned __int128)part * 1000000 / whole) : 0;
}

/* As df shows it: of what users may have, the blocks reserved for root left out. */
static void add_row(const struct mount *m, struct buf *rows)
{
	struct statfs fs;
	uint64_t values[HELPER_COLUMNS_MAX] = {0};
	if (statfs(m->path, &fs) < 0 || !fs.f_blocks)
		return;
	uint64_t used = fs.f_blocks - MIN(fs.f_bfree, fs.f_blocks);
	values[MOUNT_USED] = ppm(used, used + fs.f_bavail);
	values[MOUNT_INODES] = ppm(fs.f_files - MIN(fs.f_ffree, fs.f_files), fs.f_files);
	helper_add_row(rows, m->path, 1U << MOUNT_USED | (fs.f_files ? 1U << MOUNT_INODES : 0), values);
}

void helper_mounts(void **state, const char *proc_root, const char *sys_root _unused_, uint32_t flags _unused_,
		   struct buf *rows)
{
	struct mounts *m = *state;
	if (!m)
		m = *state = mounts_open(proc_root);
	if (!m)
		return;
	follow(m);
	for (size_t i = 0; i < m->n; i++)
		add_row(&m->all[i], rows);
}
