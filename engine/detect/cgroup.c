/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define CACHE_SLOTS   512
#define WALK_DEPTH    16
#define HANDLE_KERNFS 0xfe /* FILEID_KERNFS: the handle is the 64-bit id */

struct cached {
	uint64_t id;
	char *path;
};

struct root {
	int fd; /* -1: no such hierarchy */
	bool is_kernfs; /* else a tree of plain directories, as --sys-root may have */
	struct cached cache[CACHE_SLOTS];
};

struct cgroups {
	struct root roots[CGROUP_HIERARCHIES_];
};

static int open_first(const char *sys_root, const char *const *candidates)
{
	for (size_t i = 0; candidates[i]; i++) {
		char path[PATH_MAX], probe[PATH_MAX + 32];
		snprintf(path, sizeof(path), "%s/fs/cgroup%s", sys_root, candidates[i]);
		/* A mounted hierarchy has it; the tmpfs above a v1 set does not. */
		snprintf(probe, sizeof(probe), "%s/cgroup.procs", path);
		if (access(probe, F_OK) == 0)
			return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return -1;
}

static void open_root(struct root *root, const char *sys_root, const char *const *candidates)
{
	struct statfs fs;
	root->fd = open_first(sys_root, candidates);
	root->is_kernfs = root->fd >= 0 && fstatfs(root->fd, &fs) == 0 &&
			  (fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC);
}

struct cgroups *cgroups_new(const char *sys_root)
{
	static const char *const unified[] = {"", "/unified", NULL}, *const memory[] = {"/memory", "", NULL};
	struct cgroups *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	open_root(&c->roots[CGROUP_UNIFIED], sys_root, unified);
	open_root(&c->roots[CGROUP_MEMORY], sys_root, memory);
	return c;
}

static bool path_of_fd(int fd, char ret[PATH_MAX])
{
	char link[64];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, ret, PATH_MAX - 1);
	if (n <= 0)
		return false;
	ret[n] = '\0';
	return true;
}

static int open_by_id(int root, uint64_t id)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(uint64_t)];
	} h = {.handle = {.handle_bytes = sizeof(id), .handle_type = HANDLE_KERNFS}};
	memcpy(h.handle.f_handle, &id, sizeof(id));
	return open_by_handle_at(root, &h.handle, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool path_below(int root, int fd, char ret_path[ENTITY_NAME_MAX])
{
	char top[PATH_MAX], whole[PATH_MAX];
	if (!path_of_fd(root, top) || !path_of_fd(fd, whole) || !starts_with(whole, top))
		return false;
	const char *below = whole + strlen(top);
	if (strlen(below) >= ENTITY_NAME_MAX || strstr(below, " (deleted)"))
		return false;
	strcpy(ret_path, *below ? below : "/");
	return true;
}

/* Without CAP_DAC_READ_SEARCH, or where the hierarchy has no handles: the directory whose inode it is. */
static bool find_by_walk(int root, int at, uint64_t id, unsigned depth, char ret_path[ENTITY_NAME_MAX])
{
	struct stat st;
	if (fstat(at, &st) == 0 && st.st_ino == id)
		return path_below(root, at, ret_path);
	int fd = depth ? openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	bool found = false;
	for (struct dirent *e; dir && !found && (e = readdir(dir));) {
		if (e->d_type != DT_DIR || streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		_cleanup_close_ int child = openat(at, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		found = child >= 0 && find_by_walk(root, child, id, depth - 1, ret_path);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return found;
}

static void remember(struct cached *slot, uint64_t id, const char *path)
{
	free(slot->path);
	slot->path = strdup(path);
	slot->id = slot->path ? id : 0;
}

static bool find(const struct root *root, uint64_t id, char ret_path[ENTITY_NAME_MAX])
{
	_cleanup_close_ int fd = root->is_kernfs ? open_by_id(root->fd, id) : -1;
	if (fd >= 0)
		return path_below(root->fd, fd, ret_path);
	if (root->is_kernfs && errno == ESTALE) /* gone: a walk would not find it either */
		return false;
	return find_by_walk(root->fd, root->fd, id, WALK_DEPTH, ret_path);
}

bool cgroups_path(struct cgroups *c, enum cgroup_hierarchy hierarchy, uint64_t id, char ret_path[ENTITY_NAME_MAX])
{
	struct root *root = &c->roots[hierarchy];
	struct cached *slot = &root->cache[id % CACHE_SLOTS];
	ret_path[0] = '\0';
	if (root->fd < 0 || id == 0)
		return false;
	if (slot->id == id) {
		strcpy(ret_path, slot->path);
		return true;
	}
	if (!find(root, id, ret_path))
		return false;
	remember(slot, id, ret_path);
	return true;
}

bool cgroups_has_v1(const struct cgroups *c)
{
	struct stat unified, memory;
	if (c->roots[CGROUP_MEMORY].fd < 0 || fstat(c->roots[CGROUP_MEMORY].fd, &memory) < 0)
		return false;
	return c->roots[CGROUP_UNIFIED].fd < 0 || fstat(c->roots[CGROUP_UNIFIED].fd, &unified) < 0 ||
	       unified.st_dev != memory.st_dev || unified.st_ino != memory.st_ino;
}

struct cgroups *cgroups_free(struct cgroups *c)
{
	if (!c)
		return NULL;
	for (size_t h = 0; h < CGROUP_HIERARCHIES_; h++) {
		close_fd(&c->roots[h].fd);
		for (size_t i = 0; i < CACHE_SLOTS; i++)
			free(c->roots[h].cache[i].path);
	}
	free(c);
	return NULL;
}
