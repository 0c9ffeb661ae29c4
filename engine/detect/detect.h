/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The detectors: a table of them, one interface over BPF programs, netlink and kernel-log hooks. A detector is one file
 * (engine/detect/NAME.c, most with bpf/NAME.bpf.c) and one row in table.c.
 *
 *     UNSUPPORTED ◀─ probe ─ OFF ─ attach ─▶ ATTACHED        `always` ones are attached by detect_start(),
 *                             ▲                  │           armed ones by detect_arm() and back by detect_disarm()
 *                             └──── detach ──────┘
 *
 * Each asks for its hooks in an order of preference (tracepoint through BTF, fentry, kprobe) and says `unsupported: why`
 * when none attaches; that stops nothing else. Everything attached dies with this process.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/entity.h"
#include "engine/base/vocabulary.h"
#include "engine/detect/histogram.h"

/* Names, classes and fields of all detectors, sorted by name; links no BPF, so that offline tools can use it too. */
extern const struct detector_def detector_defs[];
extern const size_t detector_defs_n;
extern const struct event_field event_common_fields[];
extern const size_t event_common_fields_n;

enum detector_state { DETECTOR_UNSUPPORTED, DETECTOR_OFF, DETECTOR_ATTACHED };

/* What a detector is told before it is loaded; `const volatile` settings on the BPF side. */
struct detector_settings {
	int64_t threshold;	/* in the def's unit; 0: the default */
	uint32_t rate_per_s;	/* events per second at most, the rest counted as limited; 0: the default, 100 */
	uint32_t cgroup_rate_per_s; /* of any one cgroup but the root; 0: a quarter of the rate */
};

struct detect_options {
	const struct detector_settings *settings; /* by detector; NULL: all defaults */
	struct entities *entities; /* to name cgroups and bonds; shared with the engine */
	const char *proc_root, *sys_root;
	const char *klog_path; /* the patterns of klog, a file or a folder; NULL: the usual one */
	const char *host_root; /* where the host's own files are, for the names of pods; NULL: "/" */
};

#define DETECT_WAKE_NS UINT64_C(10000000)

struct detect; /* the set; opaque */
struct klog_patterns;

int detect_new(const struct detect_options *options, struct detect **ret);

/* Loads what can be loaded and attaches the `always` detectors. Never fails for one detector's sake. */
int detect_start(struct detect *d);

/* Attach, detach an armed one (idempotent). 0 or -errno (-EOPNOTSUPP: unsupported). Under 100 ms. */
int detect_arm(struct detect *d, uint16_t detector);
int detect_disarm(struct detect *d, uint16_t detector);

/* Readable when there are events; one epoll descriptor over all of them. An armed detector's event less than DETECT_WAKE_NS
 * after one that woke us does not: it is there when another one wakes, or to be swept up at the next tick. */
int detect_fd(const struct detect *d);

/* Takes what is there. `entity_name` is the name of the event's own entity in the def's kind ("/a.slice", "bond0"), "" when unknown.
 * The record is struct event and what follows, at most 64 KiB; borrowed. Returns the number of events, some hundreds at most:
 * the descriptor stays readable while there are more. */
typedef void (*event_fn)(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity_name);
int detect_take(struct detect *d, event_fn fn, void *ctx);

/* The same of what may be there without having woken us; costs next to nothing when there is none. */
int detect_sweep(struct detect *d, event_fn fn, void *ctx);

struct detector_status {
	enum detector_state state;
	const char *hook;   /* "tp_btf/mark_victim"; NULL while it has none */
	const char *reason; /* why unsupported; NULL else */
	/* lost: no room in the ring; limited: over a rate. Once nothing is under way, seen is their sum. */
	uint64_t events, lost, limited, seen;
	uint64_t run_ns, run_count;     /* of its programs, when bpf_stats_enabled */
	struct detector_settings settings; /* the defaults filled in */
};
void detect_status(const struct detect *d, uint16_t detector, struct detector_status *ret);

/* The sums so far of a histogram that a detector keeps (zeros where there is none); takes its max_ns. False while that
 * detector is not attached. */
bool detect_histogram(struct detect *d, enum histogram_id id, struct histogram *ret);

/* New patterns of the kernel's log (NULL: none); the detect's from now on. */
void detect_set_klog(struct detect *d, struct klog_patterns *patterns);

/* How the tests wait for nothing: emits one event of the detector's kind through the same path (test_run or a canned
 * record). -EOPNOTSUPP where it has none. */
int detect_self_test(struct detect *d, uint16_t detector);

struct detect *detect_free(struct detect *d);
