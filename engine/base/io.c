/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>

int io_write(int fd, const void *data, size_t len)
{
	const char *at = data;
	while (len) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int io_read_all(int fd, size_t max, struct buf *ret_text)
{
	for (;;) {
		/* One byte more than allowed, so that "exactly max" and "more than max" can be told apart. */
		size_t room = MIN((size_t)65536, max - ret_text->len + 1);
		char *to = buf_reserve(ret_text, room);
		if (!to)
			return -ENOMEM;
		ssize_t n = read(fd, to, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		ret_text->len += (size_t)n;
		bool over = ret_text->len > max;
		if (over)
			ret_text->len = max;
		ret_text->data[ret_text->len] = '\0';
		if (over)
			return -EFBIG;
		if (n == 0)
			return 0;
	}
}

int io_read_file(int dirfd, const char *path, size_t max, struct buf *ret_text)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : io_read_all(fd, max, ret_text);
}

int io_read_line(int dirfd, const char *path, char *ret_line, size_t size)
{
	_cleanup_buf_ struct buf text = {0};
	int r = io_read_file(dirfd, path, size - 1, &text);
	if (r < 0 && r != -EFBIG)
		return r;
	size_t len = strcspn(buf_str(&text), "\n");
	copy_bytes(ret_line, text.data, len);
	ret_line[len] = '\0';
	return 0;
}

DIR *io_open_dir(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d && fd >= 0)
		close(fd);
	return d;
}

int io_memfd(const char *name, uint64_t bytes)
{
	_cleanup_close_ int fd = memfd_create(name, MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (bytes && ftruncate(fd, (off_t)bytes) < 0)
		return -errno;
	return take_fd(fd);
}

gid_t io_group(const char *name)
{
	gid_t id = NO_GROUP;
	FILE *f = fopen("/etc/group", "re");
	if (!f)
		return NO_GROUP;
	for (const struct group *g; id == NO_GROUP && (g = fgetgrent(f));)
		if (streq(g->gr_name, name))
			id = g->gr_gid;
	fclose(f);
	return id;
}
