/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that reads what can block (statfs of a dead server, cgroup files under a held lock), so that the daemon never
 * does: asked once a second, listened to without waiting. One process, a thread and a socket per kind of work, so that
 * a stuck statfs costs the mounts only.
 *
 *     daemon ── question {seq, flags} ──▶ helper
 *            ◀─ answer {bytes, seq} rows ─
 *
 * A row is: varint length of the name, the name, varint mask of the columns that follow, a varint per set bit.
 * The helper is `tracetrap helper …`, and dies with its parent; a program that is not tracetrap (a test) forks instead.
 */
#pragma once

#include "engine/source/part.h"

enum { HELPER_COLUMNS_MAX = 16 };
#define HELPER_ANSWER_MAX (4U << 20)
#define HELPER_RESPAWN_NS (10 * SECOND_NS)
#define HELPER_NAME_OF_ALL "" /* the row about the whole machine */

enum helper_flags { HELPER_SCAN_TASKS = 1 };

struct helper_question {
	uint32_t seq, flags;
};

struct helper_answer {
	uint32_t bytes, seq; /* bytes: of the rows behind */
};

/* What a helper does for one question: adds rows. `state` is its own, NULL at first, kept between questions. */
typedef void (*helper_fn)(void **state, const char *proc_root, const char *sys_root, uint32_t flags, struct buf *rows);

enum helper_kind { HELPER_CGROUPS, HELPER_MOUNTS, HELPER_KINDS };

/* The helper's whole life: answers each kind's questions from its socket until that is closed. Returns an exit status. */
int helper_serve(const int fd[HELPER_KINDS], const char *proc_root, const char *sys_root);
void helper_mounts(void **state, const char *proc_root, const char *sys_root, uint32_t flags, struct buf *rows);
void helper_cgroups(void **state, const char *proc_root, const char *sys_root, uint32_t flags, struct buf *rows);

void helper_add_row(struct buf *rows, const char *name, uint32_t mask, const uint64_t *values);

/* The daemon's side: one channel per kind. */
struct helper_channel {
	int fd;
	uint32_t seq;
	bool waiting; /* for the answer to seq */
	struct buf in;
};

struct helper {
	pid_t pid; /* 0: none */
	uint64_t spawned_ns;
	struct helper_channel channel[HELPER_KINDS];
};

/* The environment's helper, started if it is not there. NULL and errno when it cannot be. */
struct helper *helper_get(struct env *env);

/* Asks, unless the last answer is still due; spawns anew when it died. */
void helper_ask(struct helper *h, const struct env *env, enum helper_kind kind, uint32_t flags);

/* The last question has no answer yet, or there is nobody to answer. */
bool helper_is_late(const struct helper *h, enum helper_kind kind);

/* 1: the answer is there, `ret` covers its rows until the next call. 0: not yet. Never blocks. */
int helper_take(struct helper *h, enum helper_kind kind, struct cursor *ret);

/* The next row; the name is a view, NUL-terminated in `name`. False at the end or at nonsense. */
struct helper_row {
	char name[ENTITY_NAME_MAX];
	uint32_t mask;
	uint64_t values[HELPER_COLUMNS_MAX];
};
bool helper_next_row(struct cursor *c, struct helper_row *ret);
struct helper *helper_free(struct helper *h);
