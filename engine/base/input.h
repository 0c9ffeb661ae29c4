/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything the deciding code is ever told, as one kind of value. Live, replay, rule test and what-if hand the same
 * inputs to the same lines; the input log (engine/record/inputlog.h) is these, encoded in the order consumed.
 *
 * Times are CLOCK_MONOTONIC ns and never go back from one input to the next. Pointers inside an input are borrowed: they
 * live until the call that received it returns.
 */
#pragma once

#include "engine/base/entity.h"

struct reading {
	uint16_t signal; /* index in the vocabulary */
	uint16_t entity; /* slot */
	bool unknown;	 /* there was something to read and it could not be read; `value` is 0 */
	int64_t value;	 /* in the signal's quanta */
};

enum input_kind {
	INPUT_BORN,    /* an entity appeared */
	INPUT_GONE,    /* an entity went away; ends its firings, frees its windows */
	INPUT_TICK,    /* the readings that were due at one time; rules that read them are evaluated after all are in */
	INPUT_EVENT,   /* a detector's record, at its arrival */
	INPUT_ATTACH,  /* a detector was attached or detached, or could not be */
	INPUT_CLOCK,   /* how the other clocks stand to this timeline; first in every log, and again when they moved */
	INPUT_TRIGGER, /* a rule fired by hand */
	INPUT_RELOAD,  /* the rules changed here */
};

struct input {
	enum input_kind kind;
	uint64_t t_ns;
	union {
		struct {
			uint16_t entity;
			enum entity_kind kind;
			const char *name;
		} born;
		struct {
			uint16_t entity;
		} gone;
		struct {
			const struct reading *readings;
			size_t n;
		} tick;
		struct {
			uint16_t detector; /* index in the vocabulary */
			uint16_t entity;   /* its own entity's slot; ENTITY_HOST when it has none */
			const void *record; /* struct event and what follows */
			uint32_t len;
		} event;
		struct {
			uint16_t detector;
			bool attached;
		} attach;
		struct {
			int64_t boottime_offset_ns; /* CLOCK_BOOTTIME − CLOCK_MONOTONIC */
			int64_t realtime_offset_ns; /* CLOCK_REALTIME − CLOCK_MONOTONIC */
			int32_t utc_offset_s;	    /* local time − UTC */
		} clock;
		struct {
			const char *rule;
			uint16_t entity;
			bool drill; /* --dry-run and drills are marked */
		} trigger;
		struct {
			const char *digest; /* of the new set of rules */
			/* Rules of the old one that the new one does not have, or has otherwise: what they were at ends here. */
			const char *const *gone;
			size_t n_gone;
		} reload;
	};
};
