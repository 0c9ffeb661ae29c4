/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where readings come from. One interface, two ways to read the fast signals, chosen by asking the kernel:
 *
 *     bpf    one program reads the kernel's own counters for every CPU at once, driven by a bpf_timer into a mapped ring
 *            (100 Hz; user space wakes 10 times a second), or by one syscall a tick where there is no bpf_timer (10 Hz)
 *     proc   files below proc_root kept open and pread: stat and loadavg each tick (10 Hz)
 *
 * The slow signals (disk, netdev, cgroup, mount, PSI, TCP …) are read each second from proc_root and sys_root in either
 * case. What can block (statfs, cgroup files) is read by a helper process with a deadline; late is unknown.
 *
 * A source turns counters into rates and shares itself: over a sliding second, whatever the tick (see delta.h for lag,
 * wrap and reset). It announces births and deaths of disks, netdevs, mounts and cgroups before their first and after
 * their last reading.
 */
#pragma once

#include "engine/base/entity.h"
#include "engine/base/input.h"
#include "engine/base/vocabulary.h"
#include "engine/detect/histogram.h"

#include <sys/types.h>

/* The table of all signals, sorted by name. */
extern const struct signal_def signal_table[];
extern const size_t signal_table_n;

enum source_kind { SOURCE_AUTO, SOURCE_BPF, SOURCE_PROC };

/* The sums of a detector's histogram; false while it is not attached. */
typedef bool (*histogram_fn)(void *ctx, enum histogram_id id, struct histogram *ret);

struct source_options {
	enum source_kind kind;
	unsigned tick_hz;	/* 0: 100 with the bpf_timer, 10 else */
	const char *proc_root;	/* "/proc" */
	const char *sys_root;	/* "/sys" */
	struct entities *entities; /* shared with the engine; must outlive the source */
	const char *const *skip_disks; /* globs left out; NULL: loop*, ram*, zram* and partitions */
	histogram_fn histogram; /* NULL: there are no detectors; not called before source_open() has returned */
	void *histogram_ctx;
};

typedef void (*input_fn)(void *ctx, const struct input *in);

struct source; /* opaque */

/* SOURCE_AUTO falls back to proc and remembers why. -errno only when not even proc can be read. */
int source_open(const struct source_options *options, struct source **ret);

/* Readable when there is something to take. */
int source_fd(const struct source *s);

/* Takes what is due: births, then ticks in time order, then deaths. Called when source_fd() is readable. Never blocks.
 * Returns the number of inputs given to fn. */
int source_take(struct source *s, input_fn fn, void *ctx);

/* Reads everything once, now (for `tracetrap signals` and tests): rates need two calls a second apart. */
int source_take_now(struct source *s, input_fn fn, void *ctx);

enum source_kind source_kind(const struct source *s); /* never AUTO */
const char *source_describe(const struct source *s);  /* "in-kernel tick by bpf_timer, 100 Hz" */
const char *source_fallback_reason(const struct source *s); /* why not bpf; NULL when it is */

/* Per signal of the table: the distance of its readings; 0 where this machine does not offer it. */
const uint64_t *source_periods(const struct source *s);

/* Other processes of ours that count for self.cpu and self.rss (workers, the writer); the source knows its own helper.
 * Replaces what was named before; at most 15, the rest is left out. */
void source_self_pids(struct source *s, const pid_t *pids, size_t n);

/* An event names that entity of the table; `is_new` when the engine added and announced it for that. Until the source meets
 * it, it goes away ten minutes after its last event; what no source is about (a bond) stays. 0 or -ENOMEM: it stays too. */
int source_hear(struct source *s, uint16_t slot, bool is_new);

/* The process that reads for us what can block; 0 while there is none. */
pid_t source_helper_pid(const struct source *s);

struct source_signal {
	bool available;
	char from[96];	 /* "/proc/vmstat pgfault", "ksym kernel_cpustat" */
	char reason[128]; /* why not available; "" else */
};
void source_signal(const struct source *s, uint16_t signal, struct source_signal *ret);

/* Ticks, entities and readings that were lost or late since the start (the signal self.lost). */
uint64_t source_lost(const struct source *s);

struct source *source_close(struct source *s);
