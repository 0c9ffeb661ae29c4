/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/wire.h"

#include <sys/socket.h>

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void attach_fd(struct msghdr *m, union control *c, int fd)
{
	m->msg_control = c->bytes;
	m->msg_controllen = sizeof(c->bytes);
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
}

int wire_send(int socket, const void *message, size_t len, int pass_fd)
{
	union control c = {0};
	struct iovec v = {.iov_base = (void *)message, .iov_len = len};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	if (pass_fd >= 0)
		attach_fd(&m, &c, pass_fd);
	ssize_t n;
	do
		n = sendmsg(socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == ECONNRESET ? -EPIPE : errno == ENOBUFS ? -EAGAIN : -errno;
}

static int detach_fd(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd = -1;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

int wire_receive(int socket, void *ret_message, size_t len, int flags, int *ret_fd)
{
	union control c = {0};
	struct iovec v = {.iov_base = ret_message, .iov_len = len};
	struct msghdr m = {
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = c.bytes,
		.msg_controllen = sizeof(c.bytes),
	};
	ssize_t n;
	do
		n = recvmsg(socket, &m, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	_cleanup_close_ int fd = detach_fd(&m);
	if (n == 0)
		return -EPIPE;
	if ((size_t)n != len || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return -EBADMSG;
	if (ret_fd)
		*ret_fd = take_fd(fd);
	return 0;
}
