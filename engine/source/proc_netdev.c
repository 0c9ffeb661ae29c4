/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/net/dev and the carrier of each device. */
#include "engine/source/proc_file.h"
#include "engine/source/rates.h"
#include "engine/source/roster.h"
#include "engine/source/scan.h"

#include <fcntl.h>

/* The columns of a line: bytes packets errs drop fifo frame compressed multicast, twice. */
enum { RX, TX = 8, FIELDS = 16 };
enum { BYTES, PACKETS, ERRORS, DROPS, COLUMNS };

static const struct rate table[2 * COLUMNS] = {
	{SIGNAL_NETDEV_RX_BYTES, COUNTER_64, 1},  {SIGNAL_NETDEV_RX_PACKETS, COUNTER_64, 1},
	{SIGNAL_NETDEV_RX_ERRORS, COUNTER_64, 1}, {SIGNAL_NETDEV_RX_DROPS, COUNTER_64, 1},
	{SIGNAL_NETDEV_TX_BYTES, COUNTER_64, 1},  {SIGNAL_NETDEV_TX_PACKETS, COUNTER_64, 1},
	{SIGNAL_NETDEV_TX_ERRORS, COUNTER_64, 1}, {SIGNAL_NETDEV_TX_DROPS, COUNTER_64, 1},
};

struct netdev {
	struct deltas deltas;
	struct proc_file carrier;
};

struct part {
	struct proc_file file;
	struct roster roster;
	struct buf line; /* the carrier's; env->text holds the devices meanwhile */
};

static void netdev_done(void *own)
{
	struct netdev *n = own;
	deltas_done(&n->deltas);
	proc_file_close(&n->carrier);
}

static int netdev_init(struct netdev *n, const struct env *env, const char *name)
{
	char path[ENTITY_NAME_MAX + 32];
	snprintf(path, sizeof(path), "class/net/%s/carrier", name);
	if (env->sys_fd < 0 || proc_file_open(&n->carrier, env->sys_fd, path) < 0)
		n->carrier.fd = -1;
	return deltas_init(&n->deltas, 2 * COLUMNS, SECOND_NS);
}

/* The kernel answers EINVAL while a device is down by hand: it has no carrier then. */
static void add_carrier(struct part *p, const struct netdev *n, uint16_t slot, struct readings *out)
{
	uint64_t carrier = 0;
	if (n->carrier.fd < 0)
		return;
	int r = proc_file_read(&n->carrier, &p->line);
	const char *at = buf_str(&p->line);
	bool known = r == -EINVAL || (r >= 0 && scan_u64(&at, &carrier));
	readings_set(out, SIGNAL_NETDEV_CARRIER, slot, known, carrier);
}

static void scan_line(struct part *p, struct env *env, const char *at, struct readings *out)
{
	uint64_t field[FIELDS], raw[2 * COLUMNS];
	at += strspn(at, " ");
	size_t len = strcspn(at, ":|\n");
	if (at[len] != ':')
		return;
	struct roster_item *i = roster_meet(&p->roster, env, at, len, NULL);
	if (!i)
		return;
	struct netdev *n = i->own;
	if (i->fresh && netdev_init(n, env, i->name) < 0)
		return;
	i->fresh = false;
	at += len + 1;
	if (scan_numbers(&at, field, FIELDS) < FIELDS) {
		rates_unknown(&n->deltas, table, i->slot, out);
		return;
	}
	for (unsigned c = 0; c < COLUMNS; c++) {
		raw[c] = field[RX + c];
		raw[COLUMNS + c] = field[TX + c];
	}
	rates_push(&n->deltas, table, env->now_ns, raw, i->slot, out);
	add_carrier(p, n, i->slot, out);
}

static void add_all_unknown(const struct part *p, struct readings *out)
{
	for (size_t k = 0; k < p->roster.n; k++) {
		const struct roster_item *i = p->roster.items[k];
		if (i->slot == ENTITY_NONE || i->fresh)
			continue;
		rates_unknown(&((struct netdev *)i->own)->deltas, table, i->slot, out);
		readings_add_unknown(out, SIGNAL_NETDEV_CARRIER, i->slot);
	}
}

static void netdev_read(struct part *p, struct env *env, struct readings *out)
{
	if (proc_file_read(&p->file, &env->text) < 0)
		return add_all_unknown(p, out);
	roster_begin(&p->roster);
	for (const char *at = buf_str(&env->text); *at; at = scan_next_line(at))
		scan_line(p, env, at, out);
	roster_end(&p->roster, env);
}

static void netdev_close(struct part *p)
{
	proc_file_close(&p->file);
	roster_done(&p->roster);
	buf_done(&p->line);
	free(p);
}

static void offer(struct env *env)
{
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++)
		env_offer(env, table[i].signal, SECOND_NS, "/proc/net/dev");
	if (env->sys_fd >= 0 && faccessat(env->sys_fd, "class/net", F_OK, 0) == 0)
		env_offer(env, SIGNAL_NETDEV_CARRIER, SECOND_NS, "/sys/class/net/*/carrier");
	else
		env_refuse(env, SIGNAL_NETDEV_CARRIER, "no '%s/class/net'", env->sys_root);
}

static struct part *netdev_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->roster = (struct roster){.kind = ENTITY_KIND_NETDEV, .own_bytes = sizeof(struct netdev), .own_done = netdev_done};
	int r = proc_file_open(&p->file, env->proc_fd, "net/dev");
	if (r >= 0) {
		offer(env);
		return p;
	}
	for (unsigned s = SIGNAL_NETDEV_CARRIER; s <= SIGNAL_NETDEV_TX_PACKETS; s++)
		env_refuse(env, s, "cannot read '/proc/net/dev': %s", strerror(-r));
	netdev_close(p);
	return NULL;
}

const struct part_ops part_netdev = {"netdev", TIER_SECOND, netdev_open, netdev_read, netdev_close};
