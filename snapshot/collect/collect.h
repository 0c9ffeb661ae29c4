/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A collector takes one kind of evidence. It is one file (collect/NAME.c) and one row in table.c, sorted by name.
 * It runs in a child process of the worker: it may block, crash or be killed at its deadline, and what it wrote into its
 * members until then stays.
 *
 *     phase        when                                              in which order
 *     NOW          at the firing                                     by `volatility`, least first, one after another
 *     SPAN         from the firing to the end of `after`             all at once
 *     END          when the window is over                           one after another
 */
#pragma once

#include "engine/base/vocabulary.h"
#include "snapshot/bundle/ledger.h"
#include "snapshot/plan.h"

enum collect_phase { COLLECT_NOW, COLLECT_SPAN, COLLECT_END };

struct collect; /* what a running collector is given; opaque */

struct collector {
	const char *name;
	const char *summary;
	enum collect_phase phase;
	unsigned volatility;  /* 0: gone first */
	unsigned deadline_ms; /* beyond the window for SPAN */
	bool always;	      /* taken for every incident, whatever the rule asks (samples, events, census, history) */
	/* 0, or -errno where it could not go on: a line by the collector's name, as denied, unsupported or failed. */
	int (*run)(struct collect *c);
};

extern const struct collector collector_table[];
extern const size_t collector_table_n;
const struct collector *collector_find(const char *name); /* NULL */

/* The plan and the descriptors, borrowed. */
const struct plan *collect_plan(const struct collect *c);
const struct vocabulary *collect_vocabulary(const struct collect *c);
int collect_fd(const struct collect *c, enum capture_fd which); /* -1 when absent */
int collect_proc_dirfd(const struct collect *c);
int collect_sys_dirfd(const struct collect *c);
uint64_t collect_from_ns(const struct collect *c); /* fired − before */
uint64_t collect_until_ns(const struct collect *c); /* fired + after, or earlier: it may move while the window is open */
/* The first and the last reading where the rule's `when` was true, as far as it is known by now; of a rule without one,
 * and where the engine said nothing: from the onset to the firing. The plan's window bounds it. */
void collect_truth(struct collect *c, uint64_t *ret_first_ns, uint64_t *ret_last_ns);

/* Opens a member for writing, one at a time. NULL when out of memory or descriptors: its ledger line says so already, except
 * of scratch. */
FILE *collect_open(struct collect *c, const char *member);
/* Closes it with its ledger state (MEMBER_COMPLETE and NULL for the ordinary case); `lost` records are counted. */
void collect_close(struct collect *c, enum member_state state, const char *reason, uint64_t lost);
/* The true begin of what the member holds, when later than it was meant to be: makes it `partial`. */
void collect_begin_ns(struct collect *c, uint64_t begin_ns);
/* A ledger line for a member that does not exist. */
void collect_missing(struct collect *c, const char *member, enum member_state state, const char *fmt, ...) _printf_(4, 5);
/* A file below the proc or sys root, copied as a member: open error becomes its ledger line. */
void collect_copy(struct collect *c, int dirfd, const char *path, const char *member);
/* Keeps a memory file (stays the caller's) for the collectors that come later, beside the open member; its name begins with
 * '.', so that it is no member. */
int collect_keep(struct collect *c, const char *name, int fd);
/* For END collectors: a member that an earlier collector made, mapped read-only until the collector ends; -ENOENT, or
 * -ENODATA for scratch that is not whole. The name "ledger.json" reads the ledger as it stands, ".pids" the worker's children so far as an array of uint32_t. */
int collect_read(struct collect *c, const char *member, const void **ret_data, size_t *ret_len);
