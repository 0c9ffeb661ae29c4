/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/meminfo: mem.* and swap.used, all but what the in-kernel tick brings. */
#include "engine/source/keyed.h"
#include "engine/source/part.h"
#include "engine/source/proc_file.h"

enum {
	TOTAL, FREE, AVAILABLE, BUFFERS, CACHED, SWAP_TOTAL, SWAP_FREE, DIRTY, WRITEBACK, ANON, SHMEM, SLAB,
	SLAB_UNRECLAIMABLE, KERNEL_STACK, PAGETABLES, COMMITTED, COLUMNS
};

static const struct key keys[] = {
	{"MemTotal:", TOTAL},	   {"MemFree:", FREE},		   {"MemAvailable:", AVAILABLE},
	{"Buffers:", BUFFERS},	   {"Cached:", CACHED},		   {"SwapTotal:", SWAP_TOTAL},
	{"SwapFree:", SWAP_FREE},  {"Dirty:", DIRTY},		   {"Writeback:", WRITEBACK},
	{"AnonPages:", ANON},	   {"Shmem:", SHMEM},		   {"Slab:", SLAB},
	{"SUnreclaim:", SLAB_UNRECLAIMABLE}, {"KernelStack:", KERNEL_STACK}, {"PageTables:", PAGETABLES},
	{"Committed_AS:", COMMITTED},
};

/* plus + also − minus, in columns */
static const struct row {
	uint16_t signal;
	int8_t plus, also, minus; /* -1: none */
} rows[] = {
	{SIGNAL_MEM_TOTAL, TOTAL, -1, -1},
	{SIGNAL_MEM_FREE, FREE, -1, -1},
	{SIGNAL_MEM_AVAILABLE, AVAILABLE, -1, -1},
	{SIGNAL_MEM_USED, TOTAL, -1, AVAILABLE},
	{SIGNAL_MEM_ANON, ANON, -1, -1},
	{SIGNAL_MEM_FILE, CACHED, BUFFERS, SHMEM},
	{SIGNAL_MEM_SHMEM, SHMEM, -1, -1},
	{SIGNAL_MEM_SLAB, SLAB, -1, -1},
	{SIGNAL_MEM_SLAB_UNRECLAIMABLE, SLAB_UNRECLAIMABLE, -1, -1},
	{SIGNAL_MEM_DIRTY, DIRTY, -1, -1},
	{SIGNAL_MEM_WRITEBACK, WRITEBACK, -1, -1},
	{SIGNAL_MEM_PAGETABLES, PAGETABLES, -1, -1},
	{SIGNAL_MEM_KERNEL_STACK, KERNEL_STACK, -1, -1},
	{SIGNAL_MEM_COMMITTED, COMMITTED, -1, -1},
	{SIGNAL_SWAP_USED, SWAP_TOTAL, -1, SWAP_FREE},
};

struct part {
	struct proc_file file;
	struct keyed keyed;
	bool ours[ARRAY_SIZE(rows)];
};

static bool has(const struct keyed *k, int column)
{
	return column < 0 || keyed_has_column(k, (unsigned)column);
}

static void offer(struct part *p, struct env *env)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		if (has(&p->keyed, r->plus) && has(&p->keyed, r->also) && has(&p->keyed, r->minus))
			p->ours[i] = env_offer(env, r->signal, SECOND_NS, "/proc/meminfo");
		else
			env_refuse(env, r->signal, "not in '/proc/meminfo' of this kernel");
	}
}

static void meminfo_close(struct part *p)
{
	proc_file_close(&p->file);
	free(p);
}

static struct part *meminfo_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	int r = proc_file_open(&p->file, env->proc_fd, "meminfo");
	if (r >= 0)
		r = proc_file_read(&p->file, &env->text);
	if (r >= 0) {
		keyed_learn(&p->keyed, keys, ARRAY_SIZE(keys), buf_str(&env->text));
		offer(p, env);
		return p;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		env_refuse(env, rows[i].signal, "cannot read '/proc/meminfo': %s", strerror(-r));
	meminfo_close(p);
	return NULL;
}

static uint64_t kib_of(const struct row *r, const uint64_t *kib)
{
	uint64_t sum = kib[r->plus] + (r->also < 0 ? 0 : kib[r->also]);
	uint64_t minus = r->minus < 0 ? 0 : kib[r->minus];
	return sum > minus ? sum - minus : 0;
}

static void meminfo_read(struct part *p, struct env *env, struct readings *out)
{
	uint64_t kib[COLUMNS] = {0};
	bool known = proc_file_read(&p->file, &env->text) >= 0 && keyed_read(&p->keyed, buf_str(&env->text), kib);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (p->ours[i])
			readings_set(out, rows[i].signal, ENTITY_HOST, known, kib_of(&rows[i], kib) * 1024);
}

const struct part_ops part_meminfo = {"meminfo", TIER_SECOND, meminfo_open, meminfo_read, meminfo_close};
