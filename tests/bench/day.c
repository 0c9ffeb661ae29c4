/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bench/day.h"

#include "engine/source/source.h"
#include "engine/vocabulary.h"

#define CALM_S 120
#define BURST_EVERY_S 20000 /* of each series, on average */
#define BURST_MAX_S 90

/* In quanta. */
const struct day_range day_ranges[UNIT_MAX_] = {
	[UNIT_COUNT] = {.low = 1, .high = 40, .wild = 400, .grain = 1},
	[UNIT_MILLI] = {.low = 100, .high = 2000, .wild = 12000, .grain = 10},
	[UNIT_PERCENT] = {.low = 20000, .high = 300000, .wild = 900000, .grain = 1},
	[UNIT_BYTES] = {.low = 64 << 20, .high = INT64_C(4) << 30, .wild = INT64_C(12) << 30, .grain = 4096},
	[UNIT_SECONDS] = {.low = 200000, .high = 9000000, .wild = 300000000, .grain = 1000},
	[UNIT_PER_SECOND] = {.low = 50000, .high = 5000000, .wild = 40000000, .grain = 1000},
	[UNIT_BYTES_PER_SECOND] = {.low = 10000, .high = 20000000, .wild = 400000000, .grain = 512},
};

static const struct {
	enum entity_kind kind;
	const char *name;
} things[] = {
	{ENTITY_KIND_CPU, "0"},
	{ENTITY_KIND_CPU, "1"},
	{ENTITY_KIND_DISK, "nvme0n1"},
	{ENTITY_KIND_DISK, "sda"},
	{ENTITY_KIND_NETDEV, "eth0"},
	{ENTITY_KIND_NETDEV, "eth1"},
	{ENTITY_KIND_MOUNT, "/"},
	{ENTITY_KIND_MOUNT, "/srv"},
	{ENTITY_KIND_MOUNT, "/var"},
	{ENTITY_KIND_CGROUP, "/system.slice/backup.service"},
	{ENTITY_KIND_CGROUP, "/system.slice/cron.service"},
	{ENTITY_KIND_CGROUP, "/system.slice/database.service"},
	{ENTITY_KIND_CGROUP, "/system.slice/nginx.service"},
	{ENTITY_KIND_CGROUP, "/system.slice/postfix.service"},
	{ENTITY_KIND_CGROUP, "/system.slice/sshd.service"},
	{ENTITY_KIND_CGROUP, "/user.slice"},
};

/* Parts of names. Those of armed detectors are unknown all day, ours is small: they are left out. */
static const char *const left_out[] = {"_max", "_p50", "_p99", "block.", "compacts", "delays", "reclaims", "runq_waits", "self."};
static const char *const still[] = {"carrier", "inodes", "mem.total"};
static const char *const seldom[] = {"allocstall", "cgroup.d", "compact", "cpu.nice", "cpu.steal", "drop",    "errors",
				     "full",	   "oom_kill", "overflows", "psi_io",	"psi_mem",   "retrans", "scan",
				     "squeezed",   "steal_",   "swap.",	    "timeouts"};

static bool is_one_of(const char *name, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

static uint32_t draw(struct day *d, uint64_t below)
{
	d->random = d->random * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)((d->random >> 33) % below);
}

const struct signal_def *day_signal(const struct day *d, size_t series)
{
	return &signal_table[d->readings[series].signal];
}

const struct entity *day_entity(const struct day *d, size_t series)
{
	return entities_get(d->entities, d->readings[series].entity);
}

static const struct day_range *range_of(const struct day *d, size_t series)
{
	return &day_ranges[day_signal(d, series)->unit];
}

static int add_series(struct day *d, uint16_t slot)
{
	enum entity_kind kind = entities_get(d->entities, slot)->kind;
	for (size_t s = 0; s < signal_table_n; s++) {
		const char *name = signal_table[s].name;
		if (!(signal_table[s].kinds & ENTITY_BIT(kind)) || is_one_of(name, left_out, ARRAY_SIZE(left_out)))
			continue;
		if (d->n == DAY_SERIES_MAX)
			return -E2BIG;
		struct course *c = &d->course[d->n];
		struct reading *r = &d->readings[d->n++];
		*c = (struct course){.still = is_one_of(name, still, ARRAY_SIZE(still)),
				     .seldom = is_one_of(name, seldom, ARRAY_SIZE(seldom))};
		*r = (struct reading){.signal = (uint16_t)s, .entity = slot};
		r->value = c->seldom ? 0 : day_ranges[signal_table[s].unit].low;
	}
	return 0;
}

int day_init(struct day *d)
{
	*d = (struct day){.entities = entities_new(ENTITY_DEFAULT_MAX), .random = 1};
	int r = d->entities ? add_series(d, ENTITY_HOST) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(things); i++)
		r = add_series(d, entities_add(d->entities, things[i].kind, things[i].name));
	return r;
}

static int64_t walk(struct day *d, const struct day_range *r, int64_t from)
{
	int64_t steps = MAX((r->high - r->low) / r->grain / 50, 1); /* 2 % of the range */
	int64_t to = from + ((int64_t)draw(d, (uint64_t)steps * 2 + 1) - steps) * r->grain;
	return CLAMP(to, r->low, r->high);
}

static int64_t burst(struct day *d, const struct day_range *r)
{
	return r->wild - draw(d, (uint64_t)(r->wild / r->grain / 4)) * r->grain;
}

static void move(struct day *d, size_t series)
{
	const struct day_range *range = range_of(d, series);
	struct course *c = &d->course[series];
	struct reading *r = &d->readings[series];
	if (c->still)
		return;
	if (c->left > 0 && --c->left == 0)
		r->value = c->seldom ? 0 : range->low;
	else if (c->left == 0 && d->t > CALM_S && draw(d, BURST_EVERY_S) == 0)
		c->left = (uint16_t)(1 + draw(d, BURST_MAX_S));
	if (c->left > 0)
		r->value = burst(d, range);
	else if (!c->seldom)
		r->value = walk(d, range, r->value);
}

void day_second(struct day *d)
{
	d->t++;
	for (size_t i = 0; i < d->n; i++)
		move(d, i);
}

void day_done(struct day *d)
{
	entities_free(d->entities);
}
