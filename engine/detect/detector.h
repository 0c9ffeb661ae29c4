/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One detector as its own file (NAME.c) sees it. NAME.c opens its programs, says which of them to load and what to tell
 * them, and completes a record with what only user space knows; everything else (rings, links, arming, counting) is done
 * for it here and in detect.c.
 *
 *     load ─▶ [attach ─▶ finish* ─▶ detach]* ─▶ unload
 */
#pragma once

#include "engine/base/clock.h"
#include "engine/detect/cgroup.h"
#include "engine/detect/detect.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define DETECTOR_LINKS_MAX  8
#define DETECTOR_RECORD_MAX (64 * 1024)
#define DETECTOR_RATE	    100 /* events per second, by default */

struct detector;

/* What a detector's BPF object and a detector without BPF count alike. */
struct detector_counters {
	__u64 *emitted, *lost, *limited; /* their sum is what was seen */
	__u64 *seen;			 /* NULL: it is that sum */
	__u64 *armed_ns; /* NULL: it does not look at it */
};

/* What a detector without BPF counts, and its rate. */
struct detector_tally {
	__u64 emitted, lost, limited;
	uint64_t second, taken; /* events in that second */
};

struct detector_ops {
	/* Opens, configures and loads; sets `hook`. -errno, with `reason` set where libbpf's words would not tell. */
	int (*load)(struct detector *d);
	/* NULL: attaches every program that was loaded but self_test and iterators; without BPF there is none. */
	int (*attach)(struct detector *d);
	/* Undoes what `attach` did beside its links, also after it failed. NULL: there is nothing. */
	void (*detach)(struct detector *d);
	/* Completes the record in place (up to DETECTOR_RECORD_MAX bytes) and names its entity. NULL: nothing to add. */
	void (*finish)(struct detector *d, struct event *record, uint32_t *len, char entity[ENTITY_NAME_MAX]);
	/* Of a detector that has a descriptor of its own beside its ring: take what is there. */
	void (*take)(struct detector *d);
	/* NULL: runs the BPF program `self_test`. */
	int (*self_test)(struct detector *d);
	/* Of the kernel log's lines: goes on with these and returns those it had. NULL: it has none. */
	struct klog_patterns *(*set_patterns)(struct detector *d, struct klog_patterns *patterns);
	/* Frees d->own. NULL: there is nothing. */
	void (*unload)(struct detector *d);
};

/* What all of them are told; lives as long as the set. */
struct detector_world {
	const char *proc_root, *sys_root, *klog_path;
	struct cgroups *cgroups;
	struct contexts *contexts;
	int ring_fd; /* of all detectors' records; -1: it could not be made */
	bool has_v1; /* cgroups of v1: a task's path has to be asked for */
	uint32_t netns; /* whose devices are entities: our own network namespace's inode; 0 unknown */
	const struct btf *btf;	/* of the kernel, while loading; NULL when it has none */
	uint64_t tick_function; /* addresses in the kernel's text; 0 unknown */
	uint64_t memcg_oom_begin, memcg_oom_end;
	uint64_t timer_entry_begin, timer_entry_end; /* where the timer's interrupt enters the kernel (x86) */
};

struct detector {
	const struct detector_def *def;
	const struct detector_ops *ops;
	const struct detector_world *world;
	struct detect *set;
	struct detector_settings settings; /* the defaults filled in */
	enum detector_state state;
	char hook[128], reason[320];
	struct bpf_object_skeleton *skeleton; /* NULL: no BPF */
	void *bpf;			      /* the struct NAME_bpf, freed with it */
	void *own;			      /* of NAME.c */
	int fd;				      /* polled beside the ring; -1: none */
	struct detector_counters counters;
	struct hist *hists; /* mapped: n_hists for each of n_cpus; NULL: it keeps none */
	unsigned n_hists, n_cpus;
	struct detector_tally tally;
	struct bpf_link *links[DETECTOR_LINKS_MAX];
	size_t n_links;
};

/* The rows of table.c, in the order of detector_defs. */
extern const struct detector_ops *const detector_ops_table[];

/* Before loading: the common ring in the place of the object's own. */
int detector_share_ring(struct detector *d);

/* Before loading: a histogram for each CPU. After it: maps them. */
void detector_size_hists(struct detector *d);
int detector_map_hists(struct detector *d);

/* Takes over an opened skeleton and tells it threshold and rate; loads it and finds its counters. */
#define detector_open(d, bpf_)                                                    \
	({                                                                        \
		(d)->bpf = (bpf_);                                                \
		(d)->skeleton = (bpf_)->skeleton;                                 \
		(bpf_)->rodata->threshold_ns = (uint64_t)(d)->settings.threshold; \
		(bpf_)->rodata->rate_per_s = (d)->settings.rate_per_s;            \
		(bpf_)->rodata->cgroup_rate_per_s = (d)->settings.cgroup_rate_per_s; \
		(bpf_)->rodata->wake_each_ns = (d)->def->class == DETECTOR_ARMED ? DETECT_WAKE_NS : 0; \
		detector_share_ring(d);                                           \
		detector_size_hists(d);                                           \
	})
#define detector_load(d, bpf_)                                                    \
	({                                                                        \
		int r_ = bpf_object__load_skeleton((bpf_)->skeleton);             \
		if (r_ == 0)                                                      \
			(d)->counters = (struct detector_counters){               \
				&(bpf_)->bss->emitted, &(bpf_)->bss->lost,        \
				&(bpf_)->bss->limited, &(bpf_)->bss->seen,        \
				&(bpf_)->bss->armed_ns};                          \
		r_;                                                               \
	})

/* The same for the many that have nothing else to say: open, load, name the hook. */
#define detector_load_plain(d, name, hook_)                                       \
	({                                                                        \
		struct name##_bpf *plain_ = name##_bpf__open();                   \
		int loaded_ = plain_ ? 0 : -errno;                                \
		if (plain_) {                                                     \
			detector_open(d, plain_);                                 \
			snprintf((d)->hook, sizeof((d)->hook), "%s", hook_);      \
			loaded_ = detector_load(d, plain_);                       \
		}                                                                 \
		loaded_;                                                          \
	})

/* Attaches the named kind of programs; what is attached is kept in `links`. -errno leaves those that worked. */
int detector_attach_all(struct detector *d);
/* Attaches and detaches all, twice: before 5.13 (f3a95075549e) a program attaches to a function once in its life, which is of
 * no use to what is armed again and again. */
int detector_try_twice(struct detector *d);
int detector_attach_program(struct detector *d, struct bpf_program *program);
void detector_detach_all(struct detector *d);
void detector_unload(struct detector *d);

/* Of a detector without BPF: its counters are the tally's. */
void detector_count_here(struct detector *d);
/* Whether this second has room for one more event; counted as limited else. */
bool detector_may_emit(struct detector *d, uint64_t now_ns);
/* A record made in user space, to the same callback as those of a ring: while events are taken. At other times it is lost,
 * and counted so. */
void detector_emit(struct detector *d, const struct event *record);

/* A jiffy: the coarse clocks advance once in each, so their resolution is its length. */
uint64_t detector_jiffy_ns(void);

/* A record's device as its entity: unless it is of another network namespace, whose eth0 is not ours. */
void detector_name_device(const struct detector *d, const char ifname[EVENT_NAME_LEN], uint32_t netns,
			  char entity[ENTITY_NAME_MAX]);

/* Sets `reason` and returns `error`. */
int detector_refuse(struct detector *d, int error, const char *fmt, ...) _printf_(3, 4);

/* Parameter `at` (0: the first one of the tracepoint) of a tracepoint's prototype is a pointer to that struct, or of that
 * typedef; -1 when the kernel has no such tracepoint. */
int detector_tracepoint_takes(const struct btf *btf, const char *tracepoint, unsigned at, const char *type);
