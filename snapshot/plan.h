/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a capture is to do and what it is given. The engine fills this at the firing and hands it to a worker that was
 * spawned ahead; snapshot/ never asks back. It crosses the socket as JSON (plan_json, plan_parse) beside the descriptors.
 */
#pragma once

#include "engine/base/clock.h"
#include "engine/base/entity.h"
#include "engine/base/util.h"

#define INCIDENT_ID_MAX 128

/* The descriptors a worker gets, in this order (SCM_RIGHTS); an absent one is -1 here and a bit in plan.absent there. */
enum capture_fd {
	CAPTURE_FD_STAGE,     /* memory file that the bundle is written to, and the writer process copies from */
	CAPTURE_FD_INPUTLOG,  /* rings: see engine/record */
	CAPTURE_FD_HISTORY,
	CAPTURE_FD_EVENTS,
	CAPTURE_FD_CENSUS,
	CAPTURE_FD_STACKS,    /* perf records of the 19 Hz samples */
	CAPTURE_FD_MAPS,      /* perf records of comm, mmap, fork, exit */
	CAPTURE_FD_TASK_ROWS, /* iterators, one pass each */
	CAPTURE_FD_TASK_STACKS,
	CAPTURE_FD_D_STACKS,
	CAPTURE_FD_MAX_,
};

struct plan {
	char id[INCIDENT_ID_MAX]; /* 20261120T172301Z-cpu-sys-spike-1f3a9c2e */
	char rule[128], severity[16];
	const char *summary;
	const char *rule_yaml;	/* rule.yaml */
	const char *why;	/* why.json, as why_json() made it at the firing */
	const char *labels;	/* JSON object of strings */
	const char *event;	/* the event that fired, as JSON; NULL */
	enum entity_kind entity_kind;
	char entity[ENTITY_NAME_MAX];
	bool drill, by_hand;

	struct clocks clocks;		/* at the firing, read back to back */
	uint64_t fired_ns, onset_ns;	/* CLOCK_MONOTONIC; onset: first evaluation of the hold */
	uint64_t started_ns;		/* of the daemon: nothing was recorded before; 0: not known */
	uint64_t before_ns, after_ns;	/* spans */
	uint64_t max_bytes;		/* compressed; by plan_bound() */
	bool by_stage;			/* max_bytes is store.stage, not the rule's max_size */

	const char **collectors; /* names */
	size_t n_collectors;
	const char **signals; /* the rule's own signals, for samples.csv: "cpu.sys" */
	size_t n_signals;

	char proc_root[128], sys_root[128];
	uint32_t *self_pids; /* processes of ours, set apart in profile and census */
	size_t n_self_pids;
	const char *version; /* of tracetrap */
	const char *source;  /* source_describe() */

	void *owner; /* the parsed JSON all const char * above point into, when plan_parse() made it */
};

/* The bundle grows on the stage, in memory: its bound is the rule's and the stage's, whichever is less. */
void plan_bound(struct plan *p, uint64_t max_size, uint64_t stage_bytes);

/* The engine's side; the caller frees with free(). */
char *plan_json(const struct plan *p);
/* The worker's side; everything is owned by the plan. -EBADMSG. */
int plan_parse(const char *text, size_t len, struct plan *ret);
/* For parsed plans only: one that the engine filled owns nothing. */
void plan_done(struct plan *p);

/* A later firing that joins: {rule, entity, …} is recorded in the ledger, missing collectors are added if they fit. */
struct join {
	char rule[128], entity[ENTITY_NAME_MAX];
	enum entity_kind entity_kind;
	uint64_t fired_ns;
	const char *why;
	const char **collectors;
	size_t n_collectors;
	void *owner; /* as in struct plan */
};

char *join_json(const struct join *j); /* the caller frees */
int join_parse(const char *text, size_t len, struct join *ret); /* -EBADMSG */
void join_done(struct join *j);
