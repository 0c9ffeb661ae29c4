/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Incidents from firing to publication. One is open at a time: until its `after` is over, every further firing joins it.
 * A second may open while the first is still being finished; a third firing then has nowhere to go and is counted.
 *
 *     incidents_fire ─▶ OPEN ── after is over ──▶ FINISHING ── worker done ──▶ PUBLISHING ── writer done ─▶ (slot free)
 *                        ▲ join                        └─ worker failed ─▶ abandoned: a cut bundle, to be salvaged
 *
 * A worker is kept spawned ahead, so that a firing finds one waiting.
 */
#pragma once

#include "engine/loop.h"
#include "snapshot/plan.h"
#include "snapshot/store/writer.h"

#define INCIDENTS_MAX 2

struct incidents; /* opaque */

struct incidents_options {
	struct loop *loop;
	struct writer *writer;
};

int incidents_new(const struct incidents_options *options, struct incidents **ret);

/* ENDED: after incidents_end(). */
enum incident_outcome { INCIDENT_OPENED, INCIDENT_JOINED, INCIDENT_BUSY, INCIDENT_FAILED, INCIDENT_ENDED };

#define INCIDENT_NO_RULE UINT16_MAX /* nothing to follow: fired by hand */

/* Opens an incident with this plan (id, and fds but for the stage, are the caller's) or joins the open one. Rule and
 * entity are the machine's numbers, for incidents_truth_due(). */
enum incident_outcome incidents_fire(struct incidents *i, const struct plan *plan, uint16_t rule, uint16_t entity,
				     int fds[CAPTURE_FD_MAX_]);

/* Of the incident that a firing at now_ns would join; NULL when it would open one. */
const char *incidents_open_id(struct incidents *i, uint64_t now_ns);

/* The open incident's rule and entity, when its worker should hear how long the rule's `when` was true: once a second, and
 * at every call shortly before its window ends. */
bool incidents_truth_due(struct incidents *i, uint64_t now_ns, uint16_t *ret_rule, uint16_t *ret_entity);
/* The rules changed: to[rule] is the new index, INCIDENT_NO_RULE of one that is no more. */
void incidents_renumber(struct incidents *i, const uint16_t *to);
void incidents_truth(struct incidents *i, uint64_t now_ns, uint64_t first_ns, uint64_t last_ns);

/* From the engine's loop, when writer_fd() is readable. 0, or -EPIPE when the writer has died. */
int incidents_writer_ready(struct incidents *i);
/* Another writer took its place: it is told of every incident that is not published yet, from the beginning. */
void incidents_set_writer(struct incidents *i, struct writer *writer);

/* Our own processes, for telling them apart from culprits. Returns how many were written. */
size_t incidents_pids(const struct incidents *i, pid_t *pids, size_t max);

/* Whether that process captures for us, or did until a moment ago: a worker, its collectors, what they run. Takes
 * what its workers have reported meanwhile. */
bool incidents_own(struct incidents *i, pid_t pid, uint64_t now_ns);

struct incidents_status {
	unsigned open;
	uint64_t opened, joined, busy, failed, published;
	uint64_t first_member_ns; /* firing → first member on the stage, of the latest */
	uint64_t first_disk_ns;	  /* firing → first bytes on disk */
	char last_id[INCIDENT_ID_MAX];
};
void incidents_status(const struct incidents *i, struct incidents_status *ret);
/* The daemon stops: all windows are over now, and no more firings are taken. */
void incidents_end(struct incidents *i, uint64_t now_ns);
/* Nothing is open, finishing or being published. */
bool incidents_idle(const struct incidents *i);
/* What is not published by now is given up, and said so. */
struct incidents *incidents_free(struct incidents *i);
