/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "engine/detect/link.h"
#include "engine/detect/rtnetlink.h"

#include <fcntl.h>
#include <limits.h>

/*
 * The kernel tells rtnetlink of every change of an interface, on all kernels, so this needs no probe. Interfaces of other
 * network namespaces are not seen.
 *
 * An event belongs to its interface once that is SETTLED_NS old: by then the source has made it an entity, which is also
 * who takes it away. What is made and removed for each container would fill the table of entities otherwise.
 */
#define LINKS_MAX  8192
#define SETTLED_NS (3 * NS_PER_S)

struct link {
	struct link_state now;
	char driver[EVENT_NAME_LEN];
	uint64_t born_ns;
	uint32_t turn; /* of the last question to all links, when it was told of */
};

struct netdev {
	struct link *links; /* by ifindex, which the kernel counts upwards */
	size_t n, cap;
	bool knows_all; /* the first answer was complete: from here on a new link is news */
	bool test_wanted;
	bool named;	/* the record at hand belongs to its interface */
	struct rtnetlink news;
};

static int load(struct detector *d)
{
	struct netdev *n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	d->own = n;
	return rtnetlink_load(d, &n->news, "rtnetlink RTM_NEWLINK, RTM_DELLINK");
}

/* Where the link of that index stands, or would. */
static size_t place_of(const struct netdev *n, uint32_t ifindex)
{
	size_t low = 0, high = n->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (n->links[middle].now.ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* By sysfs: ethtool's question would wait for the lock that all changes of interfaces hold. */
static void read_driver(const struct detector *d, struct link *l)
{
	char path[PATH_MAX], target[PATH_MAX];
	memcpy(l->driver, l->now.kind, sizeof(l->driver));
	if (l->driver[0])
		return;
	snprintf(path, sizeof(path), "%s/class/net/%s/device/driver", d->world->sys_root, l->now.name);
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	const char *slash = strrchr(target, '/');
	snprintf(l->driver, sizeof(l->driver), "%.*s", (int)sizeof(l->driver) - 1, slash ? slash + 1 : target);
}

static void emit(struct detector *d, const struct link *l, const struct link_state *before, enum netdev_change change,
		 uint32_t flags)
{
	struct netdev *n = d->own;
	struct event_netdev e = {
		.h = {.kind = EVENT_NETDEV, .size = sizeof(e), .t_ns = clock_now(CLOCK_MONOTONIC), .flags = flags},
		.ifindex = l->now.ifindex,
		.change = change,
		.flags = l->now.flags,
		.mtu = l->now.mtu,
		.mtu_before = before->mtu,
		.master = l->now.master,
	};
	char mac[3 * LINK_ADDRESS_MAX + 1];
	if (!detector_may_emit(d, e.h.t_ns))
		return;
	memcpy(e.ifname, l->now.name, sizeof(e.ifname));
	memcpy(e.driver, l->driver, sizeof(e.driver));
	snprintf(e.mac, sizeof(e.mac), "%.*s", (int)sizeof(e.mac) - 1, link_address(&l->now, mac));
	snprintf(e.mac_before, sizeof(e.mac_before), "%.*s", (int)sizeof(e.mac_before) - 1, link_address(before, mac));
	snprintf(e.linkstatus, sizeof(e.linkstatus), "%s", link_change_words(change));
	n->named = change != NETDEV_NEW && change != NETDEV_GONE && e.h.t_ns - l->born_ns > SETTLED_NS;
	detector_emit(d, &e.h);
}

static void add_link(struct detector *d, size_t at, const struct link_state *now, bool is_news)
{
	struct netdev *n = d->own;
	if (n->n == LINKS_MAX || !array_room(n->links, n->n, n->cap)) {
		d->tally.lost++;
		return;
	}
	struct link *l = &n->links[at];
	memmove(l + 1, l, (n->n++ - at) * sizeof(*l));
	*l = (struct link){.now = *now, .born_ns = clock_now(CLOCK_MONOTONIC), .turn = n->news.turn};
	read_driver(d, l);
	if (is_news)
		emit(d, l, &(struct link_state){0}, NETDEV_NEW, 0);
}

static void drop_link(struct detector *d, size_t at)
{
	struct netdev *n = d->own;
	struct link gone = n->links[at];
	memmove(&n->links[at], &n->links[at + 1], (--n->n - at) * sizeof(gone));
	emit(d, &gone, &gone.now, NETDEV_GONE, 0);
}

static void change_link(struct detector *d, struct link *l, const struct link_state *now)
{
	struct netdev *n = d->own;
	enum netdev_change changes[LINK_CHANGES_MAX];
	struct link_state before = l->now;
	size_t n_changes = link_changes(&before, now, changes);
	l->now = *now;
	l->turn = n->news.turn;
	for (size_t i = 0; i < n_changes; i++)
		emit(d, l, &before, changes[i], 0);
}

static void take_link(struct detector *d, const struct nlmsghdr *m, const struct link_state *now)
{
	struct netdev *n = d->own;
	size_t at = place_of(n, now->ifindex);
	bool known = at < n->n && n->links[at].now.ifindex == now->ifindex;
	bool is_answer = m->nlmsg_flags & NLM_F_MULTI;
	if (known && m->nlmsg_type == RTM_DELLINK)
		drop_link(d, at);
	else if (known)
		change_link(d, &n->links[at], now);
	else if (m->nlmsg_type == RTM_NEWLINK)
		add_link(d, at, now, n->knows_all || !is_answer);
}

/* Those that a complete answer does not know went away while news was lost. */
static void end_answer(struct detector *d, uint32_t turn)
{
	struct netdev *n = d->own;
	if (n->news.interrupted || turn != n->news.turn)
		return;
	for (size_t i = n->n; i-- > 0;)
		if (n->links[i].turn != turn)
			drop_link(d, i);
	n->knows_all = true;
}

static void take_message(void *ctx, const struct nlmsghdr *m)
{
	struct link_state now;
	if (link_parse(m, m->nlmsg_len, &now))
		take_link(ctx, m, &now);
	else if (m->nlmsg_type == NLMSG_DONE)
		end_answer(ctx, m->nlmsg_seq);
}

static void take_test(struct detector *d)
{
	struct netdev *n = d->own;
	struct link nothing = {.now.name = "test"};
	if (!n->test_wanted)
		return;
	n->test_wanted = false;
	emit(d, &nothing, &nothing.now, NETDEV_CARRIER_DOWN, EVENT_FLAG_TEST);
}

static void take(struct detector *d)
{
	struct netdev *n = d->own;
	uint64_t lost = n->news.lost;
	take_test(d);
	rtnetlink_take(&n->news, take_message, d);
	d->tally.lost += n->news.lost - lost;
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	const struct netdev *n = d->own;
	const struct event_netdev *e = (const struct event_netdev *)record;
	if (n->named)
		snprintf(entity, ENTITY_NAME_MAX, "%.*s", (int)sizeof(e->ifname), e->ifname);
}

/* The answer to a request makes the descriptor readable, as news of an interface would. */
static int self_test(struct detector *d)
{
	struct netdev *n = d->own;
	n->test_wanted = true;
	rtnetlink_ask(&n->news);
	return 0;
}

static void unload(struct detector *d)
{
	struct netdev *n = d->own;
	if (!n)
		return;
	rtnetlink_close(&n->news);
	free(n->links);
	free(n);
}

const struct detector_ops netdev_ops = {
	.load = load,
	.finish = finish,
	.take = take,
	.self_test = self_test,
	.unload = unload,
};
