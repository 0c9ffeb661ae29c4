/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/rtnetlink.h"

#include "engine/detect/detector.h"

#include <linux/if_link.h>
#include <sys/socket.h>

#define RECEIVE_BYTES (1 << 20) /* thousands of links may be made at once */

static int request_links(int fd, uint32_t turn)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
		struct rtattr attr;
		uint32_t mask;
	} request = {
		.head = {.nlmsg_len = sizeof(request),
			 .nlmsg_type = RTM_GETLINK,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			 .nlmsg_seq = turn},
		.attr = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
		.mask = RTEXT_FILTER_SKIP_STATS,
	};
	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

int rtnetlink_open(struct rtnetlink *n)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int bytes = RECEIVE_BYTES;
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	n->fd = -1;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	int r = request_links(fd, ++n->turn);
	if (r < 0)
		return r;
	n->asked = true;
	n->fd = take_fd(fd);
	return 0;
}

int rtnetlink_load(struct detector *d, struct rtnetlink *n, const char *hook)
{
	int r = rtnetlink_open(n);
	if (r < 0)
		return detector_refuse(d, r, "cannot listen to rtnetlink: %s", strerror(-r));
	d->fd = n->fd;
	detector_count_here(d);
	snprintf(d->hook, sizeof(d->hook), "%s", hook);
	return 0;
}

/* While the kernel answers one request it refuses another. */
void rtnetlink_ask(struct rtnetlink *n)
{
	if (n->asked)
		n->again = true;
	else
		n->asked = request_links(n->fd, ++n->turn) == 0;
}

static void end_of_answer(struct rtnetlink *n)
{
	bool again = n->again || n->interrupted;
	n->asked = n->again = n->interrupted = false;
	if (again)
		rtnetlink_ask(n);
}

/* Where our own room is full the kernel says ENOBUFS and answers nevertheless, once there is room. */
static bool ends_answer(const struct nlmsghdr *m)
{
	const struct nlmsgerr *error = NLMSG_DATA(m);
	if (m->nlmsg_type == NLMSG_ERROR && m->nlmsg_len >= NLMSG_LENGTH(sizeof(error->error)))
		return error->error != -ENOBUFS;
	return m->nlmsg_type == NLMSG_DONE;
}

static void take_messages(struct rtnetlink *n, size_t len, rtnetlink_fn fn, void *ctx)
{
	const struct nlmsghdr *m = (const void *)n->room;
	for (; NLMSG_OK(m, len); m = NLMSG_NEXT(m, len)) {
		n->interrupted |= (m->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		fn(ctx, m);
		if (ends_answer(m))
			end_of_answer(n);
	}
}

void rtnetlink_take(struct rtnetlink *n, rtnetlink_fn fn, void *ctx)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(n->fd, n->room, sizeof(n->room), 0, (struct sockaddr *)&from, &from_len);
		if (got < 0 && errno == ENOBUFS) {
			n->lost++;
			rtnetlink_ask(n);
			continue;
		}
		if (got <= 0)
			return;
		if (from.nl_pid == 0)
			take_messages(n, (size_t)got, fn, ctx);
	}
}

void rtnetlink_close(struct rtnetlink *n)
{
	close_fd(&n->fd);
	n->fd = -1;
}
