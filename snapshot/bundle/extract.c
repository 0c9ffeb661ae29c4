/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "snapshot/bundle/member.h"
#include "snapshot/bundle/open.h"

#include <fcntl.h>
#include <sys/stat.h>

#define DIR_MODE 0750
#define FILE_MODE 0640

/* Made if it is not there; never through a symlink. */
static int open_dir(int at, const char *name)
{
	if (mkdirat(at, name, DIR_MODE) < 0 && errno != EEXIST)
		return -errno;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The directory a member's last part goes into, one step at a time: names were checked, so no step leads upwards. */
static int open_parent(int root, const char *name, const char **ret_leaf)
{
	_cleanup_close_ int at = fcntl(root, F_DUPFD_CLOEXEC, 0);
	if (at < 0)
		return -errno;
	for (const char *slash; (slash = strchr(name, '/')); name = slash + 1) {
		char part[BUNDLE_NAME_MAX + 1];
		snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
		int next = open_dir(at, part);
		if (next < 0)
			return next;
		close(at);
		at = next;
	}
	*ret_leaf = name;
	return take_fd(at);
}

static int copy_content(struct member_reader *m, int fd)
{
	char chunk[65536];
	ssize_t n;
	while ((n = member_read(m, chunk, sizeof(chunk))) > 0) {
		int r = io_write(fd, chunk, (size_t)n);
		if (r < 0)
			return r;
	}
	return n < 0 ? (int)n : member_finish(m);
}

static int extract_member(struct bundle *b, size_t i, int root)
{
	_cleanup_member_ struct member_reader *m = NULL;
	const char *leaf = b->members[i].name;
	int r = b->members[i].whole ? member_open(b->fd, &b->frames.frame[b->frame_of[i]], &m) : -EBADMSG;
	if (r < 0)
		return r;
	_cleanup_close_ int dir = open_parent(root, b->members[i].name, &leaf);
	if (dir < 0)
		return dir;
	_cleanup_close_ int fd = openat(dir, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return -errno;
	r = copy_content(m, fd);
	if (r < 0)
		unlinkat(dir, leaf, 0);
	return r;
}

static bool is_foreign(int error)
{
	return error == -EBADMSG || error == -ENODATA || error == -EFBIG || error == -ENOENT;
}

int bundle_extract(struct bundle *b, const char *target)
{
	_cleanup_close_ int at = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return -errno;
	_cleanup_close_ int root = open_dir(at, b->id);
	if (root < 0)
		return root;
	int written = 0;
	uint64_t plain = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (b->members[i].bytes > BUNDLE_PLAIN_MAX - plain)
			return -EFBIG;
		plain += b->members[i].bytes;
		int r = extract_member(b, i, root);
		if (r < 0 && !is_foreign(r))
			return r;
		written += r == 0;
	}
	return written;
}
