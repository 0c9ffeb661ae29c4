/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader's inside, shared by inputlog_read.c (the walk), inputlog_dictionary.c (header and segment) and
 * inputlog_tick.c (shapes, columns and ticks). All texts borrow from the log's bytes.
 */
#pragma once

#include "engine/record/inputlog.h"
#include "engine/record/inputlog_codec.h"

#define NOT_KNOWN UINT16_MAX /* a signal or detector that our vocabulary has not, or with another unit */

struct name_map {
	uint16_t *to; /* from the log's index to the vocabulary's, NOT_KNOWN */
	size_t n;
};

/* The readings of a segment's ticks, tick by tick: those of tick i are [first[i], first[i + 1]). */
struct columns {
	struct column_reading {
		uint32_t series; /* signal << 16 | entity, by the log's numbers */
		bool unknown;
		int64_t value;
	} *readings;
	uint32_t *first;
	uint32_t n_ticks, next; /* n_ticks 0: there are none */
};

struct inputlog_reader {
	const struct vocabulary *vocabulary;
	struct cursor records;
	struct entities *entities;

	/* of the header */
	struct name_map signals, detectors;
	uint64_t *period_ns; /* per signal of the vocabulary */
	const char *digest;
	struct inputlog_rule *rules;
	size_t n_rules;
	uint32_t host_burst;
	uint64_t host_refill_ns; /* 0: not told */

	/* of the segment */
	bool in_segment;
	uint64_t t_ns;
	int64_t shift_ns; /* added to the log's times */
	struct columns columns;
	struct shape shapes[INPUTLOG_SHAPES];

	/* what the reader of the log was told so far */
	struct input clock; /* kind INPUT_CLOCK once there was one */
	bool *attached;	    /* per detector of the vocabulary */
	uint64_t lost, passed_over;

	/* inputs that a dictionary led to, not returned yet */
	struct input *queue;
	size_t queue_n, queue_at;

	/* memory of the item returned last */
	struct reading *readings;
	size_t readings_cap;
	const char **names;
	size_t names_cap;
	void *event;
};

int header_read(struct inputlog_reader *r, struct cursor *c);
/* Queues what must be told so that the entities, the clock and the attached detectors are as the dictionary says. */
int dictionary_read(struct inputlog_reader *r, struct cursor *c);
void read_offsets(const struct inputlog_reader *r, struct cursor *c, struct input *ret);

int columns_read(struct inputlog_reader *r, struct cursor *c);
void columns_done(struct columns *c);
int shape_read(struct inputlog_reader *r, struct cursor *c);
/* Readings of signals or entities that we do not know are passed over; the rest in r->readings. */
int tick_read(struct inputlog_reader *r, struct cursor *c, struct input *ret);
