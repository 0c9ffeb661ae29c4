/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words a rule may use: signals, detectors with the fields of their events, collectors. The tables live where their
 * things live (engine/source, engine/detect, snapshot/collect); rules/ and the record codecs get them as one parameter,
 * so they need neither BPF nor /proc and a test may bring a vocabulary of its own.
 *
 * All tables are sorted by name and never change while the program runs; an index into one is a stable handle within a
 * process. Files carry names, never indices alone.
 */
#pragma once

#include "engine/base/entity.h"
#include "engine/base/unit.h"

enum tier {
	TIER_TICK,   /* read at each tick */
	TIER_SECOND, /* read once a second */
};

struct signal_def {
	const char *name; /* "cpu.sys" */
	enum unit unit;
	uint32_t kinds; /* ENTITY_BIT()s of the entities it is about */
	enum tier tier; /* as the in-kernel tick reads it; a source may be slower (see signal_periods) */
	const char *summary;
};

enum field_type {
	FIELD_U32,
	FIELD_U64,
	FIELD_S64,
	FIELD_TEXT,  /* NUL-terminated within its size */
	FIELD_STACK, /* u64 return addresses, innermost first, a zero ends it */
	FIELD_IP,    /* 16 bytes in network order; IPv4 as ::ffff:a.b.c.d. A text to rules: "10.0.0.1" */
	FIELD_WORD,  /* u32 that stands for one of `words`; a text to rules */
	FIELD_TAIL,  /* the text after the fixed part of the record, to its end or to its context */
	FIELD_CONTEXT, /* a string of the record's context; `offset` is which: enum event_context of bpf/event.h */
};

/* Where a field lies in the record of bpf/event.h. Common fields (comm, pid, …) stand in event_common_fields. */
struct event_field {
	const char *name;
	enum field_type type;
	enum unit unit; /* of the numeric types */
	uint16_t offset, size;
	const char *const *words; /* of FIELD_WORD: by value, NULL at the end; "" for a value without a word */
};

/*
 * Whom an event names as a culprit of the incident that it fired, and the sentence that says why. `name`, `pid`, `only_if` and
 * the {words} of the sentence are the detector's fields or common ones, or
 *
 *     function    the innermost function of the stack that is not on the detector's own way in
 *     wchan       the innermost one that is not just how everybody waits
 *
 * A part of the sentence in [brackets] falls out when a field in it is 0 or empty. No blame without a name.
 */
struct event_blame {
	const char *kind; /* of the suspect: "task", "function", "wait", "device", "cgroup", "file", "bond" … */
	const char *name, *pid; /* pid: NULL, none */
	double standing; /* 1: the one who did it; the others of the same event below that, in their order */
	const char *sentence; /* "held the CPU that {comm} waited {wait} for" */
	const char *only_if; /* neither 0 nor empty; NULL: always */
};

enum detector_class { DETECTOR_ALWAYS, DETECTOR_ARMED };

struct detector_def {
	const char *name; /* "oom" */
	uint32_t kind;	  /* enum event_kind of bpf/event.h */
	enum detector_class class;
	enum entity_kind entity; /* what its events belong to, beside the host */
	enum unit threshold_unit;
	int64_t threshold; /* default, in quanta; 0 where it has none */
	const struct event_field *fields;
	size_t n_fields;
	const char *summary;
	const struct event_blame *blames; /* in the order of their sentences */
	size_t n_blames;
};

struct collector_def {
	const char *name; /* "profile" */
	const char *summary;
};

struct vocabulary {
	const struct signal_def *signals;
	size_t n_signals;
	const struct detector_def *detectors;
	size_t n_detectors;
	const struct event_field *common_fields; /* of every event */
	size_t n_common_fields;
	const struct collector_def *collectors;
	size_t n_collectors;
};

/* Index by exact name, -1 when there is none. */
int vocabulary_signal(const struct vocabulary *v, const char *name);
int vocabulary_detector(const struct vocabulary *v, const char *name);
int vocabulary_collector(const struct vocabulary *v, const char *name);
int vocabulary_detector_of_kind(const struct vocabulary *v, uint32_t kind);

/* The field of that name, the detector's own first, then the common ones; NULL when there is none. */
const struct event_field *vocabulary_field(const struct vocabulary *v, int detector, const char *name);

/* The value of a field in a record (struct event and what follows, `len` bytes of it): false when the record ends before
 * the field or the type does not fit. Text is cut to `size` and always ends in NUL. */
bool event_field_is_text(const struct event_field *f);
bool event_field_number(const void *record, uint32_t len, const struct event_field *f, int64_t *ret);
bool event_field_text(const void *record, uint32_t len, const struct event_field *f, char *ret, size_t size);

/* How many of `len` bytes are the record's own, its context left out: the bounds of all fields but FIELD_CONTEXT. */
uint32_t event_own_len(const void *record, uint32_t len);
/* The which-th string of the record's context, borrowed; NULL when it has none, or no such string. */
const char *event_context(const void *record, uint32_t len, unsigned which);
