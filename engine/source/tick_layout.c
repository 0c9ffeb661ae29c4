/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/tick_layout.h"

#include "engine/detect/bpflog.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* A typed ksym that is in the BTF but not in kallsyms fails the whole load, weak or not: each is looked up first. */
static const char *const symbols[] = {
	"runqueues",	"kernel_cpustat", "kstat",	  "vm_event_states", "tick_cpu_sched", "vm_node_stat",
	"vm_zone_stat", "avenrun",	  "total_forks", "nr_threads",
#ifdef __x86_64__
	"irq_stat",
#endif
};

static const struct {
	const char *name;
	uint8_t column;
} events[] = {
	{"PSWPIN", TICK_SWAP_IN},
	{"PSWPOUT", TICK_SWAP_OUT},
	{"PGFAULT", TICK_PGFAULT},
	{"PGMAJFAULT", TICK_PGMAJFAULT},
	{"PGSCAN_DIRECT", TICK_SCAN_DIRECT},
	{"PGSTEAL_DIRECT", TICK_STEAL_DIRECT},
	{"PGSCAN_KSWAPD", TICK_SCAN_KSWAPD},
	{"ALLOCSTALL_DMA", TICK_ALLOCSTALL},
	{"ALLOCSTALL_DMA32", TICK_ALLOCSTALL},
	{"ALLOCSTALL_NORMAL", TICK_ALLOCSTALL},
	{"ALLOCSTALL_MOVABLE", TICK_ALLOCSTALL},
	{"ALLOCSTALL_DEVICE", TICK_ALLOCSTALL},
	{"COMPACTSTALL", TICK_COMPACT_STALL},
	{"OOM_KILL", TICK_OOM_KILL},
};

/* What arch_irq_stat_cpu() of x86 adds up. */
static const char *const irq_stats[] = {
	"__nmi_count",	     "apic_timer_irqs",	  "irq_spurious_count", "apic_perf_irqs",
	"apic_irq_work_irqs", "icr_read_retry_count", "x86_platform_ipis",  "irq_resched_count",
	"irq_call_count",    "irq_thermal_count", "irq_threshold_count", "irq_deferred_error_count",
};

static int fail(char *reason, size_t size, const char *fmt, const char *what)
{
	snprintf(reason, size, fmt, what);
	return -EOPNOTSUPP;
}

static bool is_wanted(const char *name, unsigned *seen)
{
	for (unsigned i = 0; i < ARRAY_SIZE(symbols); i++)
		if (streq(name, symbols[i])) {
			*seen |= 1U << i;
			return true;
		}
	return false;
}

/* Lines are "ffffffff81000000 T _stext"; all addresses are 0 where they are hidden from us. */
static int check_symbols(char *reason, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	if (!f)
		return fail(reason, size, "cannot read /proc/kallsyms: %s", strerror(errno));
	char line[512];
	unsigned seen = 0;
	bool hidden = false;
	while (fgets(line, sizeof(line), f)) {
		char *name = strchr(line, ' ');
		if (!name || strlen(name) < 4 || name[1] == 't' || name[1] == 'T')
			continue;
		name += 3;
		name[strcspn(name, "\t\n")] = '\0';
		if (is_wanted(name, &seen) && !line[strspn(line, "0 ")])
			hidden = true;
	}
	if (hidden)
		return fail(reason, size, "kernel addresses are hidden from us (%s)", "kernel.kptr_restrict");
	for (unsigned i = 0; i < ARRAY_SIZE(symbols); i++)
		if (!(seen & 1U << i))
			return fail(reason, size, "kernel has no data symbol '%s' in kallsyms (CONFIG_KALLSYMS_ALL)", symbols[i]);
	return 0;
}

static int enum_value(const struct btf *btf, const char *type, const char *name)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);
	if (id < 0)
		return -1;
	const struct btf_type *t = btf__type_by_id(btf, (__u32)id);
	const struct btf_enum *e = btf_enum(t);
	for (unsigned i = 0; i < btf_vlen(t); i++)
		if (streq(btf__name_by_offset(btf, e[i].name_off), name))
			return e[i].val;
	return -1;
}

static int node_item(const struct btf *btf, const char *name)
{
	int i = enum_value(btf, "node_stat_item", name);
	return i < TICK_NODE_MAX ? i : -1;
}

static void find_node_items(struct tick_layout *l, const struct btf *btf)
{
	l->anon = node_item(btf, "NR_ANON_MAPPED");
	l->file_pages = node_item(btf, "NR_FILE_PAGES");
	l->swapcache = node_item(btf, "NR_SWAPCACHE");
	l->shmem = node_item(btf, "NR_SHMEM");
	l->slab_reclaimable = node_item(btf, "NR_SLAB_RECLAIMABLE_B");
	l->slab_unreclaimable = node_item(btf, "NR_SLAB_UNRECLAIMABLE_B");
	l->dirty = node_item(btf, "NR_FILE_DIRTY");
	l->writeback = node_item(btf, "NR_WRITEBACK");
	l->pagetables = node_item(btf, "NR_PAGETABLE");
	l->kernel_stack = node_item(btf, "NR_KERNEL_STACK_KB");
	int n = enum_value(btf, "node_stat_item", "NR_VM_NODE_STAT_ITEMS");
	l->node_bytes = 8U * (__u32)CLAMP(n, 0, TICK_NODE_MAX);
	l->free_pages_at = 8U * (__u32)MAX(enum_value(btf, "zone_stat_item", "NR_FREE_PAGES"), 0);
}

static void find_events(struct tick_layout *l, const struct btf *btf)
{
	for (unsigned i = 0; i < ARRAY_SIZE(events) && l->n_events < TICK_EVENTS_MAX; i++) {
		int at = enum_value(btf, "vm_event_item", events[i].name);
		if (at < 0)
			continue;
		l->event_at[l->n_events] = (__u32)at;
		l->event_column[l->n_events++] = events[i].column;
	}
}

static void find_irq_stats(struct tick_layout *l, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "irq_cpustat_t", BTF_KIND_TYPEDEF);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (__u32)btf__resolve_type(btf, (__u32)id));
	if (!t || !btf_is_struct(t))
		return;
	const struct btf_member *m = btf_members(t);
	for (unsigned i = 0; i < btf_vlen(t) && m[i].offset / 32 < TICK_IRQ_STAT_WORDS; i++)
		for (unsigned k = 0; k < ARRAY_SIZE(irq_stats); k++)
			if (streq(btf__name_by_offset(btf, m[i].name_off), irq_stats[k]))
				l->irq_stat_at[l->n_irq_stats++] = m[i].offset / 32;
}

static bool has_timer(void)
{
	bpflog_begin(); /* the probes say on stderr what they miss */
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SYSCALL, NULL) == 1 &&
	       libbpf_probe_bpf_helper(BPF_PROG_TYPE_SYSCALL, BPF_FUNC_timer_start, NULL) == 1;
}

int tick_layout_find(struct tick_layout *ret, char *reason, size_t size)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return fail(reason, size, "no BTF of the kernel: %s", strerror(errno));
	if (geteuid() != 0)
		return fail(reason, size, "BPF needs %s", "root");
	if (!has_timer())
		return fail(reason, size, "kernel has no bpf_timer for %s programs (5.15)", "syscall");
	int r = check_symbols(reason, size);
	if (r < 0)
		return r;
	struct btf *btf = btf__load_vmlinux_btf();
	if (!btf)
		return fail(reason, size, "cannot read the kernel's BTF: %s", strerror(errno));
	struct tick_layout l = {0};
	find_node_items(&l, btf);
	find_events(&l, btf);
	find_irq_stats(&l, btf);
	btf__free(btf);
	*ret = l;
	return 0;
}
