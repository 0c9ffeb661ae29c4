/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/wire.h"

#include "engine/base/io.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

int wire_pair(int ret_ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends) < 0 ? -errno : 0;
}

int wire_send(int socket, const void *data, size_t len, const int *fds, size_t n_fds, int flags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {(void *)data, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	if (n_fds) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
	}
	ssize_t n;
	do
		n = sendmsg(socket, &msg, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static size_t take_fds(struct msghdr *msg, int *ret_fds)
{
	size_t n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(ret_fds, CMSG_DATA(c), n * sizeof(int));
	}
	return n;
}

static int refuse(int *fds, size_t *n_fds)
{
	for (size_t i = 0; i < *n_fds; i++)
		close(fds[i]);
	*n_fds = 0;
	return -EBADMSG;
}

int wire_receive_some(int socket, void *data, size_t size, size_t *ret_len, int *ret_fds, size_t *ret_n_fds, int flags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
		struct cmsghdr align;
	} control;
	struct iovec iov = {data, size};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	ssize_t n;
	do
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	*ret_n_fds = take_fds(&msg, ret_fds);
	if (n == 0)
		return -EPIPE;
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return refuse(ret_fds, ret_n_fds);
	*ret_len = (size_t)n;
	return 0;
}

int wire_receive(int socket, void *data, size_t size, int *ret_fds, size_t *ret_n_fds, int flags)
{
	size_t len;
	int r = wire_receive_some(socket, data, size, &len, ret_fds, ret_n_fds, flags);
	return r == 0 && len != size ? refuse(ret_fds, ret_n_fds) : r;
}

int wire_text(const char *name, const char *text)
{
	_cleanup_close_ int fd = io_memfd(name, 0);
	if (fd < 0)
		return fd;
	int r = io_write(fd, text, strlen(text));
	return r < 0 ? r : take_fd(fd);
}

int wire_map(int fd, const void **ret_data, size_t *ret_len)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size == 0) {
		*ret_data = "";
		*ret_len = 0;
		return 0;
	}
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	*ret_data = data;
	*ret_len = (size_t)st.st_size;
	return 0;
}

uint32_t wire_absent(const int fds[CAPTURE_FD_MAX_])
{
	uint32_t absent = 0;
	for (unsigned i = 0; i < CAPTURE_FD_MAX_; i++)
		if (fds[i] < 0)
			absent |= 1U << i;
	return absent;
}

int wire_send_capture(int socket, const void *data, size_t len, int first, const int fds[CAPTURE_FD_MAX_], int flags)
{
	int all[WIRE_FDS_MAX] = {first};
	size_t n = 1;
	for (unsigned i = 0; i < CAPTURE_FD_MAX_; i++)
		if (fds[i] >= 0)
			all[n++] = fds[i];
	return wire_send(socket, data, len, all, n, flags);
}

int wire_spread(uint32_t absent, const int *received, size_t n, int ret_fds[CAPTURE_FD_MAX_])
{
	size_t at = 0;
	for (unsigned i = 0; i < CAPTURE_FD_MAX_; i++) {
		ret_fds[i] = -1;
		if (!(absent & (1U << i)))
			ret_fds[i] = at < n ? received[at++] : -1;
	}
	return at == n ? 0 : -EBADMSG;
}
