/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "bpf/softlockup.skel.h"
#include "engine/detect/bpflog.h"

static int load_with(struct detector *d, bool fentry)
{
	struct softlockup_bpf *bpf = softlockup_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	bpf_program__set_autoload(bpf->progs.on_taint_fentry, fentry);
	bpf_program__set_autoload(bpf->progs.on_taint_kprobe, !fentry);
	snprintf(d->hook, sizeof(d->hook), "%s/add_taint", fentry ? "fentry" : "kprobe");
	int r = detector_load(d, bpf);
	return r < 0 ? r : detector_attach_all(d);
}

static int load(struct detector *d)
{
	char said[2][128];
	int r = -ENOENT;
	for (int i = 0; i < 2; i++) {
		bpflog_begin();
		r = load_with(d, /* fentry= */ i == 0);
		if (r >= 0)
			return 0;
		bpflog_reason(r, said[i], sizeof(said[i]));
		detector_unload(d);
	}
	return detector_refuse(d, r, "no tracepoint tells of it; add_taint() by fentry: %s; by kprobe: %s", said[0], said[1]);
}

/* What load() tried stays: before 5.13 (f3a95075549e) a program attaches to a function once in its life. */
static int attach(struct detector *d)
{
	return d->n_links ? 0 : detector_attach_all(d);
}

/* The watchdog runs in the timer's interrupt: all above where that was entered is its own way, not the culprit's. */
static void skip_interrupt(const struct detector_world *w, __u64 *stack)
{
	size_t from = 0;
	for (size_t i = 0; i < EVENT_STACK_DEPTH && stack[i]; i++)
		if (stack[i] > w->timer_entry_begin && stack[i] < w->timer_entry_end)
			from = i + 1;
	memmove(stack, stack + from, (EVENT_STACK_DEPTH - from) * sizeof(*stack));
	memset(stack + EVENT_STACK_DEPTH - from, 0, from * sizeof(*stack));
}

static void finish(struct detector *d, struct event *record, uint32_t *len _unused_, char *entity _unused_)
{
	struct event_softlockup *e = (struct event_softlockup *)record;
	skip_interrupt(d->world, e->stack);
}

const struct detector_ops softlockup_ops = {.load = load, .attach = attach, .finish = finish};
