/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pod_files_find() in a thread of its own: the disk may be just what hangs, and the daemon's loop must not hang with it. One
 * question at a time. The thread starts with the first question.
 */
#pragma once

#include "engine/detect/pod_files.h"

struct pod_lookup; /* opaque */

enum pod_answer {
	POD_ANSWER_LATE,  /* not within the wait; nothing is filled in, ask again later */
	POD_ANSWER_SOME,  /* a pod that is just being made has no files yet */
	POD_ANSWER_FINAL, /* all that this host can ever tell */
};

/* Waits `wait_ns` for an answer at most, and not at all while the thread is stuck with an earlier question. NULL when out of
 * memory. */
struct pod_lookup *pod_lookup_new(const char *root, uint64_t wait_ns);
enum pod_answer pod_lookup_ask(struct pod_lookup *l, struct container *who, struct pod_names *ret);
/* Does not wait for a thread that is stuck: that one frees what is its own when it comes back. */
struct pod_lookup *pod_lookup_free(struct pod_lookup *l);
