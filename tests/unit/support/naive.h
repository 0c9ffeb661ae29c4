/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The meaning of rules written down as plainly as possible, to hold the machine against: it keeps every reading since
 * the last gap and works out each window, each expression and each hold from all of them, every time anew. Slow, short, and
 * with no line in common with rules/run. Limits are not in it.
 *
 * A reload leaves what the old rules asked for: a signal that nobody read, or of which nobody asked for so long a window, has
 * no past. That is why a series knows from where on which of its readings are good for what.
 */
#pragma once

#include "rules/run/machine.h"

#define NAIVE_SLOTS 8
#define NAIVE_RULES 8
#define NAIVE_SEEN_MAX 4096

struct naive_reading {
	uint64_t t_ns;
	bool unknown;
	int64_t value;
};

struct naive_series {
	struct naive_reading *of;
	size_t n;
	size_t windows_from;  /* before that one no window was asked for */
	uint64_t since_ns[2]; /* how far the windows were asked for; of slow ones the second */
	struct {
		uint64_t tau_ns;
		size_t from; /* the first reading since it is asked for */
	} ewmas[8];
	size_t n_ewmas;
};

/* The known readings a window may look at, oldest first: all, or the first of each second. */
struct naive_seen {
	uint64_t t_ns[NAIVE_SEEN_MAX];
	int64_t value[NAIVE_SEEN_MAX];
	size_t index[NAIVE_SEEN_MAX]; /* in the series */
	bool fresh[NAIVE_SEEN_MAX];   /* after a gap */
	size_t n;
};

struct naive_arrivals {
	uint64_t *t_ns;
	size_t n;
};

/* One evaluation's condition: `when`, or `clear` while firing. */
struct naive_record {
	uint64_t t_ns;
	enum truth counts_as;
};

struct naive_watch {
	bool watched, judged, armed;
	enum rule_state state;
	enum truth verdict;
	uint64_t evaluated_ns, arm_true_ns;
	struct naive_record *records; /* since the firing began or ended */
	size_t n;
};

struct naive {
	const struct vocabulary *vocabulary;
	const struct ruleset *set;
	uint64_t period_ns, now_ns;
	const struct input *event; /* while it is judged */
	int64_t realtime_offset_ns;
	int32_t utc_offset_s;
	struct {
		bool alive;
		enum entity_kind kind;
		char name[32];
		struct naive_series *series; /* per signal */
	} slots[NAIVE_SLOTS];
	struct {
		bool attached;
		struct naive_arrivals of[NAIVE_SLOTS]; /* since it was attached; the host's are all */
	} detectors[16];
	struct naive_watch watches[NAIVE_RULES][NAIVE_SLOTS];
	struct buf said; /* as a rig says it, with numbers for rules and entities */
};

void naive_start(struct naive *n, const struct ruleset *set, const struct vocabulary *v, uint64_t period_ns);
void naive_input(struct naive *n, const struct input *in);
/* From the INPUT_RELOAD on. */
void naive_reload(struct naive *n, const struct ruleset *next);
/* Whether the rule had to be evaluated for that entity because of `in`. */
bool naive_is_due(const struct naive *n, const struct rule *r, uint16_t entity, const struct input *in);
/* The longest distance of two readings that is none too many. */
uint64_t naive_gap(const struct naive *n, bool slow);
void naive_look(const struct naive *n, const struct naive_series *s, bool slow, struct naive_seen *ret);
enum truth naive_truth(const struct naive *n, const struct expr *e, uint16_t entity);
bool naive_number(const struct naive *n, const struct expr *e, uint16_t entity, double *ret);
/* Of an entity, by a rule's or a quantifier's pattern; NULL: all. Globs alone. */
bool naive_matches(const struct naive *n, const char *pattern, uint16_t slot);
/* The name of the exception that a firing falls under now; NULL. */
const char *naive_exception(const struct naive *n, const struct rule *r, uint16_t entity);
void naive_stop(struct naive *n);

/* Whether there is a term of the rule that `visit` says yes to. `inside`: whom it is about. */
typedef bool (*naive_visit_fn)(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx);
bool naive_any(const struct rule *r, naive_visit_fn visit, const void *ctx);
/* The signal a term reads, -1 for none. */
int naive_signal(const struct expr *e, bool *ret_of_host);
bool naive_is_signal(const struct expr *e, enum entity_kind inside, bool quantified, const void *ctx);
