/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A rule as it was loaded and checked: what rules/text and rules/check make out of YAML, and what rules/run decides by.
 * Nothing here changes after loading. A ruleset owns every string and node below it, in one arena.
 *
 *     text/ (yaml → nodes, lexer, parser, diagnostics) ─▶ check/ (types, units, lint) ─▶ struct ruleset ─▶ run/
 *
 * Expressions are trees. Every node is typed: a truth value, or a number with a unit; the checker has refused all else, so
 * the evaluator never meets a unit error. All numbers are doubles in quanta of `unit` (engine/base/unit.h): where two
 * units may meet (a bare number beside a MILLI signal) the checker has scaled the constant.
 */
#pragma once

#include "engine/base/entity.h"
#include "engine/base/unit.h"
#include "engine/base/vocabulary.h"

/* Where a word stands: `file` is owned by the ruleset, line and column count from 1, columns in bytes. */
struct position {
	const char *file;
	uint32_t line, column;
};

enum expr_kind {
	/* numbers */
	EXPR_NUMBER, /* number */
	EXPR_SIGNAL, /* signal, of_host */
	EXPR_FIELD,  /* field of the event that is being judged; numeric */
	EXPR_NEGATE, /* a */
	EXPR_ADD,
	EXPR_SUBTRACT,
	EXPR_MULTIPLY,
	EXPR_DIVIDE, /* by zero: unknown */
	EXPR_WINDOW, /* window: function over a signal and a span */
	EXPR_EVENTS, /* detector, span_ns: how many arrived for the rule's or the quantifier's entity (all of them for the host) */
	EXPR_TALLY,  /* over, a: for how many entities `a` is true (unknown ones do not count) */
	/* truths */
	EXPR_NOT, /* a */
	EXPR_AND, /* a, b */
	EXPR_OR,
	EXPR_LESS, /* a, b: numbers of one unit */
	EXPR_LESS_EQUAL,
	EXPR_GREATER,
	EXPR_GREATER_EQUAL,
	EXPR_EQUAL,
	EXPR_NOT_EQUAL,
	EXPR_TEXT_EQUAL, /* field, text */
	EXPR_TEXT_NOT_EQUAL,
	EXPR_ANY, /* over, a */
	EXPR_ALL,
	EXPR_CONSTANT, /* number is 0 or 1: the truth */
};

enum window_fn {
	WINDOW_AVG,
	WINDOW_MIN,
	WINDOW_MAX,
	WINDOW_SUM,
	WINDOW_LAST,
	WINDOW_RISE,  /* last − min */
	WINDOW_DROP,  /* max − last */
	WINDOW_RATIO, /* last ÷ min */
	WINDOW_RATE,  /* (last − first) ÷ D */
	WINDOW_SLOPE, /* least squares, per second */
	WINDOW_EWMA,  /* advances by dt ÷ (τ + dt) */
	WINDOW_STDDEV,
	WINDOW_ZSCORE, /* (last − mean) ÷ stddev */
	WINDOW_P50,
	WINDOW_P90,
	WINDOW_P99,
	WINDOW_COUNT, /* known readings in the window */
	WINDOW_FN_MAX_,
};

const char *window_fn_name(enum window_fn fn);

struct expr {
	enum expr_kind kind;
	enum unit unit; /* of a number */
	uint16_t id;	/* dense within its rule, when + clear + arm.when counted through */
	struct position at;
	struct position operator_at; /* of the sign or word that makes it what it is; `at` where it begins with that */
	const char *source; /* the text of this term as written, parameters as `$name`; for why */
	const struct expr *a, *b;
	union {
		struct {
			double value;
			const char *param; /* the parameter it came from, NULL for a literal */
		} number;
		struct {
			uint16_t signal;
			bool of_host; /* `host.cpu.sys`, or any signal in a host rule */
		} signal;
		struct {
			enum window_fn fn;
			uint16_t signal;
			bool of_host;
			uint64_t span_ns; /* D, or τ of ewma */
		} window;
		struct {
			uint16_t detector;
			uint64_t span_ns;
		} events;
		struct {
			const struct event_field *field;
			const char *text; /* what a text field is compared with; NULL for a numeric field */
		} field;
		struct {
			enum entity_kind kind;
			const char *match; /* as rule.match; NULL: all of that kind */
		} over;
	};
};

enum severity { SEVERITY_INFO, SEVERITY_MINOR, SEVERITY_MAJOR, SEVERITY_CRITICAL };
const char *severity_name(enum severity s);

/* What `unknown:` says an unknown condition counts as. */
enum unknown_policy { UNKNOWN_KEEP, UNKNOWN_TRUE, UNKNOWN_FALSE };

/* A token bucket: holds `burst`, refills one every `refill_ns`. burst 0: no limit. */
struct limit {
	uint32_t burst;
	uint64_t refill_ns;
};
/* "4/1h", at most 10000 and at most one each millisecond; or "none". False for anything else. */
bool limit_parse(const char *text, struct limit *ret);

/* Whom or when a rule leaves alone: a firing while it holds changes the state and captures nothing. */
struct exception_match {
	enum entity_kind kind;
	const char *pattern; /* as rule.match */
};

struct exception {
	const char *name;
	const char *reason; /* NULL: none given */
	struct position at;
	/*
	 * All of them have to hold. Of the kind the rule is about: its own entity. In a rule on events: the event's own entity,
	 * for a cgroup also the one the event happened in. Of any other kind: while one that matches lives.
	 */
	const struct exception_match *matches;
	size_t n_matches;
	uint32_t from_s, to_s; /* of the local day, to_s at most 86400; from_s > to_s: over midnight */
	uint8_t days;	       /* on which that time begins; bit 0 is Monday */
};

#define DAY_S 86400U
#define EVERY_DAY 0x7fU
#define EXCEPTIONS_MAX 32

struct param {
	const char *name;
	double value; /* in quanta of unit */
	enum unit unit;
	const char *text; /* as written */
	struct position at;
};

/* Where a setting was written, the last word on it: "hold", "arm.for", "params.level". */
struct origin {
	const char *key;
	struct position at;
};

struct text_pair {
	const char *key, *value;
};

struct rule {
	const char *name, *summary;
	struct position at;
	enum severity severity;
	bool enabled;

	enum entity_kind for_each;
	const char *match; /* glob, or /ERE/ with its slashes; NULL: every entity (the usual noise is left out, see match.h) */
	int on;		   /* detector index; -1: a rule over signals */

	const struct expr *when;  /* NULL only with `on` */
	const struct expr *clear; /* NULL: not when */
	uint64_t hold_ns;
	uint64_t hold_of_ns; /* "3s of 5s": true for hold_ns in sum within hold_of_ns; 0: for hold_ns without a break */
	uint64_t clear_hold_ns;
	enum unknown_policy unknown;

	struct {
		const struct expr *when; /* NULL: at the firing */
		const uint16_t *detectors;
		size_t n_detectors;
		uint64_t for_ns;
	} arm;

	struct {
		uint64_t before_ns, after_ns;
		const uint16_t *collectors; /* indices in the vocabulary */
		size_t n_collectors;
		uint64_t max_bytes; /* compressed */
	} capture;

	struct {
		struct limit entity, rule;
	} limits;

	const struct exception *exceptions; /* the first that holds is told */
	size_t n_exceptions;

	const struct param *params;
	size_t n_params;
	const struct text_pair *labels;
	size_t n_labels;

	const struct origin *origins; /* what has none is a default */
	size_t n_origins;

	const char *yaml;	/* this rule as loaded (overrides applied), a document of its own: the bundle's rule.yaml */
	const char *digest;	/* hex of a 64-bit hash of yaml: two rules with equal digests decide alike */
	uint64_t longest_span_ns; /* over all its windows, holds included */
	uint16_t n_exprs;
};

struct ruleset {
	const struct rule *rules; /* in the order loaded */
	size_t n;
	char digest[17];
	void *arena;
};

const struct rule *ruleset_find(const struct ruleset *set, const char *name);
/* Where a setting has its last word from; NULL: it is a default. */
const struct origin *rule_origin(const struct rule *r, const char *key);
struct ruleset *ruleset_free(struct ruleset *set);
