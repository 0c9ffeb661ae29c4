/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "engine/base/io.h"
#include "engine/detect/bond.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

/*
 * The bonding driver tells rtnetlink of every change of a port's state, on all kernels and for bonds that appear later, so
 * this needs no probe into a module. Ports of other network namespaces are not seen.
 */
#define PORTS_MAX     256
#define RECEIVE_BYTES (1 << 20) /* of the socket: thousands of links may be made at once */
#define STATUS_MAX    (DETECTOR_RECORD_MAX - sizeof(struct event_lacp))

struct port {
	struct bond_port now;
	char bond[EVENT_NAME_LEN];
};

struct lacp {
	struct port ports[PORTS_MAX];
	size_t n_ports;
	bool test_wanted;
	__u64 emitted, lost, limited;
	uint64_t second, second_taken; /* for the rate */
	char room[DETECTOR_RECORD_MAX];
	union {
		struct event_lacp event;
		char bytes[DETECTOR_RECORD_MAX];
	} record;
};

/* Asks for all links; the answers are read like any other news. */
static int request_links(int fd)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
		struct rtattr attr;
		uint32_t mask;
	} request = {
		.head = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.attr = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
		.mask = RTEXT_FILTER_SKIP_STATS,
	};
	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static int open_socket(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int bytes = RECEIVE_BYTES;
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	int r = request_links(fd);
	return r < 0 ? r : take_fd(fd);
}

static int load(struct detector *d)
{
	struct lacp *l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	d->own = l;
	d->fd = open_socket();
	if (d->fd < 0)
		return detector_refuse(d, d->fd, "cannot listen to rtnetlink: %s", strerror(-d->fd));
	d->counters = (struct detector_counters){.emitted = &l->emitted, .lost = &l->lost, .limited = &l->limited};
	snprintf(d->hook, sizeof(d->hook), "rtnetlink RTM_NEWLINK");
	return 0;
}

static int attach(struct detector *d _unused_)
{
	return 0;
}

static bool is_allowed(struct detector *d, uint64_t now_ns)
{
	struct lacp *l = d->own;
	if (l->second != now_ns / NS_PER_S) {
		l->second = now_ns / NS_PER_S;
		l->second_taken = 0;
	}
	if (l->second_taken >= d->settings.rate_per_s) {
		l->limited++;
		return false;
	}
	l->second_taken++;
	return true;
}

/* The bond's own page, as the record's tail; none when the bond is gone. */
static size_t read_status(const struct detector *d, const char *bond, char *ret, size_t size)
{
	char path[PATH_MAX];
	_cleanup_buf_ struct buf text = {0};
	snprintf(path, sizeof(path), "%s/net/bonding/%s", d->world->proc_root, bond);
	int r = io_read_file(AT_FDCWD, path, size, &text);
	if (r < 0 && r != -EFBIG)
		return 0;
	copy_bytes(ret, text.data, MIN(text.len, size));
	return MIN(text.len, size);
}

static void emit(struct detector *d, const struct port *p, enum lacp_change change, uint32_t flags)
{
	struct lacp *l = d->own;
	struct event_lacp *e = &l->record.event;
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	if (!is_allowed(d, now))
		return;
	*e = (struct event_lacp){
		.h = {.kind = EVENT_LACP, .t_ns = now, .flags = flags},
		.change = change,
		.ifindex = p->now.ifindex,
	};
	memcpy(e->bond, p->bond, sizeof(e->bond));
	memcpy(e->slave, p->now.name, sizeof(e->slave));
	e->h.size = (uint32_t)(sizeof(*e) + read_status(d, e->bond, l->record.bytes + sizeof(*e), STATUS_MAX));
	l->emitted++;
	detector_emit(d, &e->h);
}

static struct port *find_port(struct lacp *l, uint32_t ifindex)
{
	for (size_t i = 0; i < l->n_ports; i++)
		if (l->ports[i].now.ifindex == ifindex)
			return &l->ports[i];
	return NULL;
}

static void emit_changes(struct detector *d, const struct port *p, const struct bond_port *after)
{
	enum lacp_change changes[2];
	size_t n = bond_changes(&p->now, after, changes);
	for (size_t i = 0; i < n; i++)
		emit(d, p, changes[i], 0);
}

/* A port that joins a bond is news only once it changes. */
static void add_port(struct lacp *l, const struct bond_port *now)
{
	char bond[IF_NAMESIZE];
	if (l->n_ports == PORTS_MAX || !if_indextoname(now->bond_ifindex, bond)) {
		l->lost += l->n_ports == PORTS_MAX;
		return;
	}
	struct port *p = &l->ports[l->n_ports++];
	p->now = *now;
	snprintf(p->bond, sizeof(p->bond), "%s", bond);
}

static void drop_port(struct lacp *l, struct port *p)
{
	*p = l->ports[--l->n_ports];
}

static void take_link(struct detector *d, const struct bond_port *now)
{
	struct lacp *l = d->own;
	struct port *known = find_port(l, now->ifindex);
	if (known && known->now.bond_ifindex != now->bond_ifindex) {
		emit_changes(d, known, NULL);
		drop_port(l, known);
		known = NULL;
	}
	if (known) {
		emit_changes(d, known, now);
		known->now = *now;
	} else if (now->bond_ifindex)
		add_port(l, now);
}

static void take_messages(struct detector *d, const char *data, size_t len)
{
	const struct nlmsghdr *m = (const void *)data;
	for (; NLMSG_OK(m, len); m = NLMSG_NEXT(m, len)) {
		struct bond_port now;
		if (bond_parse_link(m, m->nlmsg_len, &now))
			take_link(d, &now);
	}
}

static void take_test(struct detector *d)
{
	struct lacp *l = d->own;
	struct port nobody = {.bond = "test"};
	if (!l->test_wanted)
		return;
	l->test_wanted = false;
	emit(d, &nobody, LACP_DISABLED, EVENT_FLAG_TEST);
}

static void take(struct detector *d)
{
	struct lacp *l = d->own;
	take_test(d);
	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(d->fd, l->room, sizeof(l->room), 0, (struct sockaddr *)&from, &from_len);
		if (n < 0 && errno == ENOBUFS) {
			/* News was dropped: what it changed shows in a fresh look at all links. */
			l->lost++;
			request_links(d->fd);
			continue;
		}
		if (n <= 0)
			return;
		if (from.nl_pid == 0)
			take_messages(d, l->room, (size_t)n);
	}
}

static void finish(struct detector *d _unused_, struct event *record, uint32_t *len _unused_,
		   char entity[ENTITY_NAME_MAX])
{
	const struct event_lacp *e = (const struct event_lacp *)record;
	snprintf(entity, ENTITY_NAME_MAX, "%.*s", (int)sizeof(e->bond), e->bond);
}

/* The answer to a request makes the descriptor readable, as news of a port would. */
static int self_test(struct detector *d)
{
	struct lacp *l = d->own;
	l->test_wanted = true;
	return request_links(d->fd);
}

static void unload(struct detector *d)
{
	close_fd(&d->fd);
	free(d->own);
}

const struct detector_ops lacp_ops = {
	.load = load,
	.attach = attach,
	.finish = finish,
	.take = take,
	.self_test = self_test,
	.unload = unload,
};
