/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/diskstats: a row a disk; loops, RAM disks and partitions are left out. */
#include "engine/base/io.h"
#include "engine/base/text.h"
#include "engine/source/proc_file.h"
#include "engine/source/rates.h"
#include "engine/source/roster.h"
#include "engine/source/scan.h"

#define NS_PER_MS UINT64_C(1000000)
#define SECTOR 512

/* The fields of a line behind the name, as far as we read them. */
enum { READS, READS_MERGED, READ_SECTORS, READ_MS, WRITES, WRITES_MERGED, WRITE_SECTORS, WRITE_MS, INFLIGHT, BUSY_MS,
       FIELDS };

static const uint8_t columns[] = {READS, READ_SECTORS, READ_MS, WRITES, WRITE_SECTORS, WRITE_MS, BUSY_MS};
enum { C_READS, C_READ_SECTORS, C_READ_MS, C_WRITES, C_WRITE_SECTORS, C_WRITE_MS, C_BUSY_MS, COLUMNS };

static const struct rate table[COLUMNS] = {
	{SIGNAL_DISK_READS, COUNTER_64, 1},
	{SIGNAL_DISK_READ_BYTES, COUNTER_64, SECTOR},
	{SIGNAL_NONE, COUNTER_32, 1},
	{SIGNAL_DISK_WRITES, COUNTER_64, 1},
	{SIGNAL_DISK_WRITE_BYTES, COUNTER_64, SECTOR},
	{SIGNAL_NONE, COUNTER_32, 1},
	{SIGNAL_NONE, COUNTER_32, 1},
};

static const uint16_t derived[] = {SIGNAL_DISK_AWAIT, SIGNAL_DISK_AWAIT_READ, SIGNAL_DISK_AWAIT_WRITE, SIGNAL_DISK_UTIL,
				   SIGNAL_DISK_INFLIGHT};

/* One kind of request of one disk: when the last one completed. */
struct flow {
	uint64_t completed, last_ns;
};

struct disk {
	struct deltas deltas;
	struct flow reads, writes;
};

struct part {
	struct proc_file file;
	struct roster roster;
};

static void disk_done(void *own)
{
	deltas_done(&((struct disk *)own)->deltas);
}

/* "sda1" of "sda", "nvme0n1p2" of "nvme0n1": digits behind the disk's name, with a p where that ends in a digit. */
static bool is_partition_of(const char *name, const char *disk)
{
	size_t len = strlen(disk);
	if (strncmp(name, disk, len) != 0)
		return false;
	const char *rest = name + len;
	if (scan_is_digit(disk[len - 1]) && *rest++ != 'p')
		return false;
	return *rest && !rest[strspn(rest, "0123456789")];
}

static bool is_partition(const struct roster *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (is_partition_of(name, r->items[i]->name))
			return true;
	return false;
}

static bool is_wanted(const struct env *env, const struct roster *r, const char *name)
{
	static const char *const noise[] = {"loop*", "ram*", "zram*", NULL};
	const char *const *skip = env->options->skip_disks ? env->options->skip_disks : noise;
	for (; *skip; skip++)
		if (text_glob(*skip, name))
			return false;
	return env->options->skip_disks || !is_partition(r, name);
}

static void flow_update(struct flow *f, uint64_t completed, uint64_t now_ns)
{
	if (completed != f->completed || !f->last_ns)
		*f = (struct flow){completed, now_ns};
}

/* Reads and writes in flight; both counts together where sysfs does not tell them apart. */
static void split_inflight(const struct env *env, const char *name, uint64_t inflight, uint64_t ret[2])
{
	char path[ENTITY_NAME_MAX + 32], line[64];
	const char *at = line;
	snprintf(path, sizeof(path), "block/%s/inflight", name);
	for (char *c = path + strlen("block/"); *c; c++)
		*c = *c == '!' ? '/' : *c;
	ret[0] = ret[1] = inflight;
	if (env->sys_fd >= 0 && io_read_line(env->sys_fd, path, line, sizeof(line)) >= 0)
		scan_numbers(&at, ret, 2);
}

static int64_t await_ns(const struct disk *d, unsigned ms, unsigned ios, const struct flow *f, uint64_t inflight,
			uint64_t now_ns)
{
	uint64_t done = deltas_of(&d->deltas, ios);
	if (done)
		return (int64_t)MIN(deltas_of(&d->deltas, ms), (uint64_t)UINT32_MAX) * (int64_t)NS_PER_MS /
		       (int64_t)MIN(done, (uint64_t)INT64_MAX);
	return inflight ? (int64_t)(now_ns - f->last_ns) : 0;
}

static int64_t await_any_ns(const struct disk *d, uint64_t inflight, uint64_t now_ns)
{
	uint64_t done = deltas_of(&d->deltas, C_READS) + deltas_of(&d->deltas, C_WRITES);
	uint64_t ms = deltas_of(&d->deltas, C_READ_MS) + deltas_of(&d->deltas, C_WRITE_MS);
	if (done)
		return (int64_t)MIN(ms, (uint64_t)UINT32_MAX) * (int64_t)NS_PER_MS /
		       (int64_t)MIN(done, (uint64_t)INT64_MAX);
	return inflight ? (int64_t)(now_ns - MAX(d->reads.last_ns, d->writes.last_ns)) : 0;
}

static void add_awaits(const struct env *env, const struct roster_item *i, uint64_t inflight, struct readings *out)
{
	const struct disk *d = i->own;
	uint64_t split[2] = {0};
	bool stuck = inflight && (!deltas_of(&d->deltas, C_READS) || !deltas_of(&d->deltas, C_WRITES));
	if (stuck)
		split_inflight(env, i->name, inflight, split);
	readings_add(out, SIGNAL_DISK_AWAIT, i->slot, await_any_ns(d, inflight, env->now_ns));
	readings_add(out, SIGNAL_DISK_AWAIT_READ, i->slot,
		     await_ns(d, C_READ_MS, C_READS, &d->reads, split[0], env->now_ns));
	readings_add(out, SIGNAL_DISK_AWAIT_WRITE, i->slot,
		     await_ns(d, C_WRITE_MS, C_WRITES, &d->writes, split[1], env->now_ns));
}

/* Before 5.19 the busy time stands still while nothing completes: a request in flight all the second is busy. */
static int64_t util_ppm(const struct disk *d, uint64_t inflight, uint64_t span_ns)
{
	uint64_t busy_ms = deltas_of(&d->deltas, C_BUSY_MS);
	bool moved = deltas_of(&d->deltas, C_READS) || deltas_of(&d->deltas, C_WRITES);
	if (!busy_ms && inflight && !moved)
		return 1000000;
	return rate_value(UNIT_PERCENT, busy_ms, NS_PER_MS, span_ns);
}

static void disk_push(const struct env *env, struct roster_item *i, const uint64_t *field, struct readings *out)
{
	struct disk *d = i->own;
	uint64_t raw[COLUMNS];
	for (unsigned c = 0; c < COLUMNS; c++)
		raw[c] = field[columns[c]];
	flow_update(&d->reads, field[READS], env->now_ns);
	flow_update(&d->writes, field[WRITES], env->now_ns);
	rates_push(&d->deltas, table, env->now_ns, raw, i->slot, out);
	readings_set(out, SIGNAL_DISK_INFLIGHT, i->slot, true, field[INFLIGHT]);
	uint64_t span_ns = deltas_span(&d->deltas);
	if (!span_ns)
		return;
	add_awaits(env, i, field[INFLIGHT], out);
	readings_add(out, SIGNAL_DISK_UTIL, i->slot, util_ppm(d, field[INFLIGHT], span_ns));
}

static void scan_line(struct part *p, struct env *env, const char *at, struct readings *out)
{
	uint64_t device[2], field[FIELDS];
	size_t len;
	if (scan_numbers(&at, device, 2) < 2)
		return;
	const char *name = scan_word(&at, &len);
	struct roster_item *i = roster_meet(&p->roster, env, name, len, is_wanted);
	if (!i)
		return;
	struct disk *d = i->own;
	if (i->fresh && deltas_init(&d->deltas, COLUMNS, SECOND_NS) < 0)
		return;
	i->fresh = false;
	if (scan_numbers(&at, field, FIELDS) == FIELDS)
		disk_push(env, i, field, out);
	else
		rates_unknown(&d->deltas, table, i->slot, out);
}

static void add_all_unknown(const struct part *p, struct readings *out)
{
	for (size_t k = 0; k < p->roster.n; k++) {
		const struct roster_item *i = p->roster.items[k];
		if (i->slot == ENTITY_NONE || i->fresh)
			continue;
		rates_unknown(&((struct disk *)i->own)->deltas, table, i->slot, out);
		for (size_t s = 0; s < ARRAY_SIZE(derived); s++)
			readings_add_unknown(out, derived[s], i->slot);
	}
}

static void disk_read(struct part *p, struct env *env, struct readings *out)
{
	if (proc_file_read(&p->file, &env->text) < 0)
		return add_all_unknown(p, out);
	roster_begin(&p->roster);
	for (const char *at = buf_str(&env->text); *at; at = scan_next_line(at))
		scan_line(p, env, at, out);
	roster_end(&p->roster, env);
}

static void disk_close(struct part *p)
{
	proc_file_close(&p->file);
	roster_done(&p->roster);
	free(p);
}

static struct part *disk_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->roster = (struct roster){.kind = ENTITY_KIND_DISK, .own_bytes = sizeof(struct disk), .own_done = disk_done};
	int r = proc_file_open(&p->file, env->proc_fd, "diskstats");
	for (unsigned s = SIGNAL_DISK_AWAIT; s <= SIGNAL_DISK_WRITES; s++) {
		if (r >= 0)
			env_offer(env, s, SECOND_NS, "/proc/diskstats");
		else
			env_refuse(env, s, "cannot read '/proc/diskstats': %s", strerror(-r));
	}
	if (r >= 0)
		return p;
	disk_close(p);
	return NULL;
}

const struct part_ops part_disk = {"disk", TIER_SECOND, disk_open, disk_read, disk_close};
