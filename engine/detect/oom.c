/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/oom.skel.h"
#include "engine/base/io.h"
#include "engine/detect/bpflog.h"

#include <fcntl.h>
#include <limits.h>

enum kill_hook { KILL_HOOK_FENTRY, KILL_HOOK_KPROBE, KILL_HOOK_NONE };

static const char *const kill_hook_names[] = {", fentry/oom_kill_process", ", kprobe/oom_kill_process", ""};

static int load_with(struct detector *d, enum kill_hook hook, bool by_task)
{
	struct oom_bpf *bpf = oom_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	bpf->rodata->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	bpf->rodata->memcg_oom_begin = d->world->memcg_oom_begin;
	bpf->rodata->memcg_oom_end = d->world->memcg_oom_end;
	bpf_program__set_autoload(bpf->progs.on_victim, by_task);
	bpf_program__set_autoload(bpf->progs.on_victim_pid, !by_task);
	bpf_program__set_autoload(bpf->progs.on_kill_fentry, hook == KILL_HOOK_FENTRY);
	bpf_program__set_autoload(bpf->progs.on_kill_kprobe, hook == KILL_HOOK_KPROBE);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/mark_victim%s", kill_hook_names[hook]);
	return detector_load(d, bpf);
}

/* oom_kill_process() tells more but is not needed: the first way that attaches is taken, at the end none. */
static int load(struct detector *d)
{
	int by_task = detector_tracepoint_takes(d->world->btf, "mark_victim", 0, "task_struct"), r = -ENOENT;
	if (by_task < 0)
		return detector_refuse(d, -EOPNOTSUPP, "no tracepoint mark_victim in the kernel's BTF");
	for (enum kill_hook hook = KILL_HOOK_FENTRY; hook <= KILL_HOOK_NONE; hook++) {
		bpflog_begin();
		r = load_with(d, hook, by_task);
		if (r >= 0)
			r = detector_attach_all(d);
		if (r >= 0)
			return 0;
		detector_unload(d);
	}
	return r;
}

/* What load() tried stays: before 5.13 (f3a95075549e) a program attaches to a function once in its life. */
static int attach(struct detector *d)
{
	return d->n_links ? 0 : detector_attach_all(d);
}

static uint64_t kib_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

static int read_proc(const struct detector *d, const char *name, struct buf *ret_text)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", d->world->proc_root, name);
	return io_read_file(AT_FDCWD, path, 64 * 1024, ret_text);
}

/* The kernel gave the pid alone: the victim is still there for a moment, on its way out. */
static void fill_victim(const struct detector *d, struct event_oom *e)
{
	char name[64];
	_cleanup_buf_ struct buf text = {0};
	snprintf(name, sizeof(name), "%u/status", e->victim_pid);
	if (read_proc(d, name, &text) < 0)
		return;
	const char *status = buf_str(&text), *uid = strstr(status, "\nUid:");
	sscanf(status, "Name:\t%15[^\n]", e->victim_comm);
	if (uid)
		sscanf(uid, "\nUid: %u", &e->victim_uid);
	e->anon_bytes = kib_of(status, "\nRssAnon:");
	e->file_bytes = kib_of(status, "\nRssFile:");
	e->shmem_bytes = kib_of(status, "\nRssShmem:");
	e->swap_bytes = kib_of(status, "\nVmSwap:");
	e->pgtable_bytes = kib_of(status, "\nVmPTE:");
}

static void fill_machine(const struct detector *d, struct event_oom *e)
{
	_cleanup_buf_ struct buf text = {0};
	if (read_proc(d, "meminfo", &text) < 0)
		return;
	e->limit_bytes = kib_of(buf_str(&text), "MemTotal:");
	e->usage_bytes = e->limit_bytes - kib_of(buf_str(&text), "\nMemAvailable:");
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char entity[ENTITY_NAME_MAX])
{
	struct event_oom *e = (struct event_oom *)record;
	if (e->victim_pid && !e->victim_comm[0])
		fill_victim(d, e);
	if (!e->memcg_id)
		fill_machine(d, e);
	if (!cgroups_path(d->world->cgroups, CGROUP_MEMORY, e->memcg_id, entity))
		cgroups_path(d->world->cgroups, CGROUP_UNIFIED, e->victim_cgroup_id, entity);
}

const struct detector_ops oom_ops = {.load = load, .attach = attach, .finish = finish};
