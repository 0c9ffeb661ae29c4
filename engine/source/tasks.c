/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/tasks.h"

#include "bpf/tasks.skel.h"
#include "engine/detect/bpflog.h"
#include "engine/source/tasks_proc.h"

#include <bpf/bpf.h>

struct tasks {
	char proc_root[256];
	char reason[256];
	struct tasks_bpf *bpf; /* NULL: by /proc */
};

static int load_iterators(struct tasks *t)
{
	struct tasks_bpf *bpf = tasks_bpf__open();
	if (!bpf)
		return -errno;
	bpf->rodata->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	int r = tasks_bpf__load(bpf);
	if (r == 0)
		r = tasks_bpf__attach(bpf);
	if (r < 0) {
		tasks_bpf__destroy(bpf);
		return r;
	}
	t->bpf = bpf;
	return 0;
}

int tasks_open(const char *proc_root, struct tasks **ret)
{
	struct tasks *t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	snprintf(t->proc_root, sizeof(t->proc_root), "%s", proc_root);
	if (!streq(proc_root, "/proc")) {
		snprintf(t->reason, sizeof(t->reason), "the proc root is '%s'", proc_root);
	} else {
		bpflog_begin();
		int r = load_iterators(t);
		if (r < 0)
			bpflog_reason(r, t->reason, sizeof(t->reason));
	}
	*ret = t;
	return 0;
}

bool tasks_by_bpf(const struct tasks *t)
{
	return t->bpf;
}

const char *tasks_reason(const struct tasks *t)
{
	return t->bpf ? NULL : t->reason;
}

static int iterator_fd(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	return fd < 0 ? -errno : fd;
}

int tasks_rows_fd(struct tasks *t)
{
	if (!t->bpf)
		return tasks_proc_fd(t->proc_root, TASKS_PROC_ROWS);
	return iterator_fd(t->bpf->links.dump_rows);
}

int tasks_stacks_fd(struct tasks *t, bool only_d)
{
	if (!t->bpf)
		return tasks_proc_fd(t->proc_root, only_d ? TASKS_PROC_D_STACKS : TASKS_PROC_STACKS);
	return iterator_fd(only_d ? t->bpf->links.dump_d_stacks : t->bpf->links.dump_stacks);
}

struct tasks *tasks_close(struct tasks *t)
{
	if (!t)
		return NULL;
	tasks_bpf__destroy(t->bpf);
	free(t);
	return NULL;
}
