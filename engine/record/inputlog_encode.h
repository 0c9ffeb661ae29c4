/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in the records of inputlog_codec.h, apart from ticks: shared by those who write them (inputlog_write.c into a
 * ring, hourlog_write.c for the history on disk). Knows nothing of where they go.
 */
#pragma once

#include "engine/record/inputlog.h"
#include "engine/record/inputlog_codec.h"

/* What a reader has been told so far, and so what a segment's dictionary repeats. */
struct told {
	struct input clock; /* kind INPUT_CLOCK once there was one */
	bool *living;	    /* by slot: announced and not gone */
	bool *attached;	    /* by detector */
};

int told_init(struct told *t, const struct inputlog_options *o); /* -ENOMEM; told_done() in any case */
/* Takes note of an input; false when it is none to write: the birth of what lives, the death of what does not. */
bool told_take(struct told *t, const struct input *in);
void told_done(struct told *t);

void encode_header(struct buf *b, const struct inputlog_options *o, const char *digest, const struct inputlog_rule *rules,
		   size_t n_rules);
void encode_segment(struct buf *b, const struct inputlog_options *o, const struct told *t, uint64_t t_ns);
/* An input that is no tick, dt_ns after the record before. */
enum inputlog_record encode_input(struct buf *b, const struct input *in, uint64_t dt_ns);
/* before_ns is the time of the record before. */
void encode_transition(struct buf *b, const struct transition *t, uint64_t before_ns);
