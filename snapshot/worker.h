/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One process per incident, spawned ahead by re-exec so that nothing is allocated, loaded or forked between a firing and
 * the first evidence. The worker runs each collector in a child of its own with a deadline and SIGKILL behind it, writes
 * their members into the bundle on the stage (a memory file), and reports how far the stage is filled.
 *
 *     engine: worker_spawn ─ idle ─ worker_start(plan, fds) ─▶ reports … ─▶ WORKER_DONE ─ worker_free
 *                                        worker_join(join), worker_truth(span), worker_end() ──▶
 *
 * A worker dies with the daemon (PR_SET_PDEATHSIG), and not of the signals that tell the daemon to end: a service manager
 * sends those to all. One that is stuck in D state is left behind and recorded.
 */
#pragma once

#include "engine/base/vocabulary.h"
#include "snapshot/plan.h"

struct worker; /* the engine's handle; opaque */

/* Re-execs /proc/self/exe as `tracetrap worker` with one socket. 0 or -errno. */
int worker_spawn(struct worker **ret);
/* A handle for a process that runs worker_main() on the other end of `socket` already (tests). Takes the socket. */
int worker_adopt(pid_t pid, int socket, struct worker **ret);
pid_t worker_pid(const struct worker *w);
int worker_fd(const struct worker *w); /* readable when a report is there, or the worker died */

/* Hands over plan and descriptors (fds stay the caller's). Does not wait. */
int worker_start(struct worker *w, const struct plan *plan, const int fds[CAPTURE_FD_MAX_]);
int worker_join(struct worker *w, const struct join *join);
/* The first and the last reading so far where the rule's `when` was true; the latest word counts. 0 or -errno. */
int worker_truth(struct worker *w, uint64_t first_ns, uint64_t last_ns);
/* The window is over now: the bundle is finished with what is there. 0 or -errno. */
int worker_end(struct worker *w);

enum worker_report_kind {
	WORKER_CHILD,  /* `pid` runs collectors for it from now on; worker_read() keeps these for worker_family() */
	WORKER_EXTENT, /* the stage is filled up to `bytes`, whole frames; `member` is the last one in */
	WORKER_DONE,   /* the bundle is whole */
	WORKER_FAILED, /* it could not be made whole; what is on the stage can be salvaged. Also when the worker died */
};

struct worker_report {
	uint32_t kind;
	int32_t error; /* of WORKER_FAILED, -errno */
	int32_t pid;   /* of WORKER_CHILD */
	uint32_t reserved;
	uint64_t bytes;
	uint64_t t_ns; /* when that member was on the stage */
	char member[96];
};

#define WORKER_CHILDREN_MAX 64 /* as many collectors and views as one capture runs */

/* Who captures: a copy tells them also when the worker is gone. */
struct worker_family {
	pid_t worker; /* 0: nobody */
	pid_t children[WORKER_CHILDREN_MAX]; /* the last ones it told of */
	size_t n_children;
};
const struct worker_family *worker_family(const struct worker *w);
/* Whether that process is the worker, a child that it told of, or lives in its process group (what a collector runs). Asks
 * the kernel for the last: a process that is gone and was never told of is nobody's. */
bool worker_family_has(const struct worker_family *f, pid_t pid);

/* One report; 0, -EAGAIN when there is none, -ECHILD after the last. */
int worker_read(struct worker *w, struct worker_report *ret);
/* SIGKILL if it still runs; reaps within 20 ms or not at all (a D-state worker is left to init). */
struct worker *worker_free(struct worker *w);

/* The other side: what `tracetrap worker` runs. The vocabulary names events and signals. Returns the process's exit
 * status. */
int worker_main(int socket, const struct vocabulary *vocabulary);
