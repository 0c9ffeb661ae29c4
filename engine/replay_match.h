/* SPDX-License-Identifier: GPL-2.0-only */
/* Spans of firing, as replayed and as recorded, and which of them are the same incident. Private to engine/replay*.c. */
#pragma once

#include "engine/base/transition.h"
#include "engine/replay.h"

/* A transition in names, from either side. */
struct said {
	uint64_t t_ns, at_ns;
	enum transition_kind kind;
	const char *rule; /* owned by the ruleset */
	enum entity_kind entity_kind;
	char entity[ENTITY_NAME_MAX];
	bool token, excepted, by_hand, drill;
	bool comparable; /* its rule is as it was recorded then */
	const char *mark;
};

struct firing_span {
	struct said fired;
	uint64_t end_ns; /* UINT64_MAX while it lasts */
	bool matched;
};

struct firing_spans {
	struct firing_span *span;
	size_t n, cap;
};

/* Opens a span at FIRED, ends the latest of that rule and entity at ENDED and GONE. -ENOMEM. */
int firing_spans_take(struct firing_spans *s, const struct said *t);
void firing_spans_done(struct firing_spans *s);

/* Ends all that still last: nothing goes over the end of a run. */
void firing_spans_end(struct firing_spans *s, uint64_t t_ns);

/* Spans that are at most slack_ns apart are the same incident. Fills firings, n, happening and missed, in order of time.
 * -ENOMEM. */
int firing_spans_match(struct firing_spans *replayed, struct firing_spans *recorded, uint64_t slack_ns,
		       struct replay_result *ret);
