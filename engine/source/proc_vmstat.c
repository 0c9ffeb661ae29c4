/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/vmstat: vm.* and swap.in, swap.out, where the in-kernel tick does not bring them. */
#include "engine/source/keyed.h"
#include "engine/source/part.h"
#include "engine/source/proc_file.h"
#include "engine/source/rates.h"

enum { SWAP_IN, SWAP_OUT, PGFAULT, PGMAJFAULT, STEAL_DIRECT, SCAN_KSWAPD, SCAN_DIRECT, ALLOCSTALL, COMPACT_STALL, OOM_KILL,
       COLUMNS };

static const struct key keys[] = {
	{"pswpin ", SWAP_IN},
	{"pswpout ", SWAP_OUT},
	{"allocstall ", ALLOCSTALL}, /* before 4.10 */
	{"allocstall_dma ", ALLOCSTALL},
	{"allocstall_dma32 ", ALLOCSTALL},
	{"allocstall_normal ", ALLOCSTALL},
	{"allocstall_movable ", ALLOCSTALL},
	{"allocstall_device ", ALLOCSTALL},
	{"pgfault ", PGFAULT},
	{"pgmajfault ", PGMAJFAULT},
	{"pgsteal_direct ", STEAL_DIRECT},
	{"pgscan_kswapd ", SCAN_KSWAPD},
	{"pgscan_direct ", SCAN_DIRECT},
	{"oom_kill ", OOM_KILL},
	{"compact_stall ", COMPACT_STALL},
};

static const uint16_t signals[COLUMNS] = {
	[SWAP_IN] = SIGNAL_SWAP_IN,	     [SWAP_OUT] = SIGNAL_SWAP_OUT,	     [PGFAULT] = SIGNAL_VM_PGFAULT,
	[PGMAJFAULT] = SIGNAL_VM_PGMAJFAULT, [STEAL_DIRECT] = SIGNAL_VM_STEAL_DIRECT,
	[SCAN_KSWAPD] = SIGNAL_VM_SCAN_KSWAPD, [SCAN_DIRECT] = SIGNAL_VM_SCAN_DIRECT,
	[ALLOCSTALL] = SIGNAL_VM_ALLOCSTALL, [COMPACT_STALL] = SIGNAL_VM_COMPACT_STALL,
	[OOM_KILL] = SIGNAL_VM_OOM_KILL,
};

struct part {
	struct proc_file file;
	struct keyed keyed;
	struct rate table[COLUMNS]; /* SIGNAL_NONE: not ours, or not there */
	struct deltas deltas;
};

static void offer(struct part *p, struct env *env)
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		bool there = keyed_has_column(&p->keyed, i);
		bool ours = there && env_offer(env, signals[i], SECOND_NS, "/proc/vmstat");
		bool pages = i == SWAP_IN || i == SWAP_OUT;
		p->table[i] = (struct rate){ours ? signals[i] : SIGNAL_NONE, COUNTER_64,
					    pages ? (uint32_t)sysconf(_SC_PAGESIZE) : 1};
		if (!there)
			env_refuse(env, signals[i], "not in '/proc/vmstat' of this kernel");
	}
}

static void vmstat_close(struct part *p)
{
	proc_file_close(&p->file);
	deltas_done(&p->deltas);
	free(p);
}

static int vmstat_init(struct part *p, struct env *env)
{
	int r = proc_file_open(&p->file, env->proc_fd, "vmstat");
	if (r >= 0)
		r = proc_file_read(&p->file, &env->text);
	if (r >= 0)
		r = deltas_init(&p->deltas, COLUMNS, SECOND_NS);
	if (r >= 0)
		keyed_learn(&p->keyed, keys, ARRAY_SIZE(keys), buf_str(&env->text));
	return r;
}

static bool is_all_brought(const struct env *env)
{
	for (unsigned i = 0; i < COLUMNS; i++)
		if (!env_has(env, signals[i]))
			return false;
	return true;
}

static struct part *vmstat_open(struct env *env)
{
	struct part *p = is_all_brought(env) ? NULL : calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->file.fd = -1;
	int r = vmstat_init(p, env);
	if (r >= 0) {
		offer(p, env);
		return p;
	}
	for (unsigned i = 0; i < COLUMNS; i++)
		env_refuse(env, signals[i], "cannot read '/proc/vmstat': %s", strerror(-r));
	vmstat_close(p);
	return NULL;
}

static void vmstat_read(struct part *p, struct env *env, struct readings *out)
{
	uint64_t raw[COLUMNS] = {0};
	if (proc_file_read(&p->file, &env->text) >= 0 && keyed_read(&p->keyed, buf_str(&env->text), raw))
		rates_push(&p->deltas, p->table, env->now_ns, raw, ENTITY_HOST, out);
	else
		rates_unknown(&p->deltas, p->table, ENTITY_HOST, out);
}

const struct part_ops part_vmstat = {"vmstat", TIER_SECOND, vmstat_open, vmstat_read, vmstat_close};
