/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/proc_file.h"

#include <fcntl.h>

int proc_file_open(struct proc_file *f, int dirfd, const char *path)
{
	f->fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return f->fd < 0 ? -errno : 0;
}

static ssize_t read_at(int fd, struct buf *text)
{
	char *to = buf_reserve(text, 32768);
	if (!to)
		return -ENOMEM;
	ssize_t n;
	do
		n = pread(fd, to, 32768, (off_t)text->len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int proc_file_read(const struct proc_file *f, struct buf *text)
{
	buf_clear(text);
	if (f->fd < 0)
		return -EBADF;
	ssize_t n;
	while ((n = read_at(f->fd, text)) > 0 && text->len <= PROC_FILE_MAX) {
		text->len += (size_t)n;
		/* The kernel fills a page as far as whole records fit: that little means that there was no more. */
		if (n < 2048)
			break;
	}
	if (text->data)
		text->data[text->len] = '\0';
	return n < 0 ? (int)n : text->len > PROC_FILE_MAX ? -EFBIG : 0;
}

void proc_file_close(struct proc_file *f)
{
	close_fd(&f->fd);
	f->fd = -1;
}
