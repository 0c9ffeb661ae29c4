/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "engine/base/io.h"
#include "engine/detect/bond.h"
#include "engine/detect/rtnetlink.h"

#include <fcntl.h>
#include <limits.h>
#include <net/if.h>

/*
 * The bonding driver tells rtnetlink of every change of a port's state, on all kernels and for bonds that appear later, so
 * this needs no probe into a module. Ports of other network namespaces are not seen.
 */
#define PORTS_MAX  256
#define STATUS_MAX (DETECTOR_RECORD_MAX - sizeof(struct event_lacp))

struct port {
	struct bond_port now;
	char bond[EVENT_NAME_LEN];
};

struct lacp {
	struct port ports[PORTS_MAX];
	size_t n_ports;
	bool test_wanted;
	struct rtnetlink news;
	union {
		struct event_lacp event;
		char bytes[DETECTOR_RECORD_MAX];
	} record;
};

static int load(struct detector *d)
{
	struct lacp *l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	d->own = l;
	return rtnetlink_load(d, &l->news, "rtnetlink RTM_NEWLINK");
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
	if (!detector_may_emit(d, now))
		return;
	*e = (struct event_lacp){
		.h = {.kind = EVENT_LACP, .t_ns = now, .flags = flags},
		.change = change,
		.ifindex = p->now.ifindex,
	};
	memcpy(e->bond, p->bond, sizeof(e->bond));
	memcpy(e->slave, p->now.name, sizeof(e->slave));
	e->h.size = (uint32_t)(sizeof(*e) + read_status(d, e->bond, l->record.bytes + sizeof(*e), STATUS_MAX));
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
static void add_port(struct detector *d, const struct bond_port *now)
{
	struct lacp *l = d->own;
	char bond[IF_NAMESIZE];
	if (l->n_ports == PORTS_MAX || !if_indextoname(now->bond_ifindex, bond)) {
		d->tally.lost += l->n_ports == PORTS_MAX;
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
		add_port(d, now);
}

static void take_message(void *ctx, const struct nlmsghdr *m)
{
	struct bond_port now;
	if (bond_parse_link(m, m->nlmsg_len, &now))
		take_link(ctx, &now);
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
	uint64_t lost = l->news.lost;
	take_test(d);
	rtnetlink_take(&l->news, take_message, d);
	d->tally.lost += l->news.lost - lost;
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
	rtnetlink_ask(&l->news);
	return 0;
}

static void unload(struct detector *d)
{
	struct lacp *l = d->own;
	if (l)
		rtnetlink_close(&l->news);
	free(l);
}

const struct detector_ops lacp_ops = {
	.load = load,
	.finish = finish,
	.take = take,
	.self_test = self_test,
	.unload = unload,
};
