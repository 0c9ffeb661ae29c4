/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a source is made of: a part reads one thing (a file, a directory, the helper's answers) and makes the readings of
 * its signals. The table of parts is in parts.c; a new one is a row there and a file.
 *
 *     open ─▶ read, read, … ─▶ close         open returns NULL where the machine has none of it, and says why in offers
 *
 * A signal belongs to the first part that offers it: the in-kernel tick opens first, so the /proc parts leave out what it
 * already brings.
 */
#pragma once

#include "engine/base/buf.h"
#include "engine/source/readings.h"
#include "engine/source/signals.h"
#include "engine/source/source.h"

#define ENV_PIDS_MAX 16
#define SECOND_NS UINT64_C(1000000000) /* the distance of slow readings */

/* What this machine offers; one per signal. */
struct offers {
	struct source_signal signal[SIGNAL_MAX_];
	uint64_t period_ns[SIGNAL_MAX_];
};

/* Entities that came and went during one turn, in order; announced around its tick. */
struct churn {
	uint16_t *born, *gone;
	size_t n_born, n_gone, cap_born, cap_gone;
};

struct helper;

/* Entities that events named first (strays.h). */
struct strays {
	struct stray *all;
	size_t n, cap;
};

/* What all parts of one source share. */
struct env {
	const struct source_options *options;
	struct helper *helper; /* NULL until a part asks for it */
	int proc_fd, sys_fd; /* -1: that root cannot be opened */
	const char *proc_root, *sys_root;
	uint64_t fast_ns; /* the distance of ticks */
	struct entities *entities;
	bool is_full; /* the table refused one, and nothing has left it since */
	struct offers offers;
	struct churn churn;
	struct strays strays;
	struct buf text; /* what was read last; any part may use it within its read */
	uint64_t now_ns; /* of the tick that is being collected */
	uint64_t lost;
	pid_t pids[ENV_PIDS_MAX]; /* processes that count as ours beside this one, 0: none; the helper is the first */
	size_t n_pids;
	uint64_t kernel_ns; /* CPU time of our in-kernel tick since it started */
	bool is_loaded;	    /* the last sample of the load average saw a task that ran or was blocked */
	uint64_t d_tasks;   /* tasks in D state by the tick; UINT64_MAX: not known to it */
};

struct part; /* opaque to all but its own file */

struct part_ops {
	const char *name;
	enum tier tier; /* when `read` is due */
	struct part *(*open)(struct env *env);
	void (*read)(struct part *p, struct env *env, struct readings *out);
	void (*close)(struct part *p);
};

extern const struct part_ops *const part_table[]; /* in the order they are opened and read */
extern const size_t part_table_n;

/* True when the caller now is the one who reads that signal, `from` telling where; false when another part was first. */
bool env_offer(struct env *env, unsigned signal, uint64_t period_ns, const char *from, ...) _printf_(4, 5);
/* Says why a signal is not there, unless another part offers it. */
void env_refuse(struct env *env, unsigned signal, const char *reason, ...) _printf_(3, 4);
bool env_has(const struct env *env, unsigned signal);

/* Once a second: true when *due_ns is reached, which then moves on. For parts that look at each tick. */
bool env_is_due(const struct env *env, uint64_t *due_ns);

/* A new entity, announced before this turn's tick; ENTITY_NONE when it is refused (and counted by the table). One that an
 * event named first was announced with that: it is taken over as it is. */
uint16_t env_born(struct env *env, enum entity_kind kind, const char *name);
/* It stays in the table until this turn's tick has been given, */
void env_gone(struct env *env, uint16_t slot);
/* and is taken out of it then. */
void env_remove(struct env *env, uint16_t slot);
