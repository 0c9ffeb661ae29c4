/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folded stacks: a tree of frames with weights, and its text form, a line per stack that ended somewhere:
 *
 *     comm;outermost;…;innermost 1234
 *
 * sorted, so that two folds of the same samples are the same bytes. The weight is CPU time in microseconds (a sample's
 * period), so that the 19 Hz and the 99 Hz profile are measured by one unit. Idle CPUs and our own tasks are not in it.
 *
 * Names are foreign (comm, ELF symbols): in the text form controls, what is no UTF-8 and ';' are written as \xNN, so no name makes up a frame.
 */
#pragma once

#include "engine/base/util.h"

#define FOLD_DEPTH_MAX 300 /* 127 frames of each side, comm, and room; deeper stacks lose their innermost frames */
#define FOLD_NODES_MAX (1U << 20)

enum frame_kind { FRAME_ROOT, FRAME_COMM, FRAME_USER, FRAME_KERNEL };

struct call_frame {
	const char *name;
	enum frame_kind kind; /* for colours; not in the text */
};

struct fold; /* opaque */

struct fold *fold_new(void); /* NULL when out of memory */

/* One stack, outermost first; weight in µs. -ENOMEM, -E2BIG when the tree is full. */
int fold_add(struct fold *f, const struct call_frame *frames, size_t n, uint64_t weight_us);

/* The text form: to a stream (-EIO), and from foreign bytes: lines that are no stack are left out and counted. Kinds are
 * not in the text: all but the first frame come back as FRAME_USER. */
int fold_write(struct fold *f, FILE *to);
int fold_read(struct fold *f, const char *text, size_t len, size_t *ret_bad_lines);

/* The tree, children in order of name. Node 0 is the root; there is no child or sibling where the index is 0. */
struct fold_node {
	const char *name;
	enum frame_kind kind;
	uint64_t self_us, total_us;
	uint32_t child, sibling;
};
void fold_get(struct fold *f, uint32_t node, struct fold_node *ret);
uint64_t fold_total(const struct fold *f); /* µs */
struct fold *fold_free(struct fold *f);
