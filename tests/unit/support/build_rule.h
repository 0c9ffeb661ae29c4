/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules made by hand, for tests of rules/run that should not depend on the parser. Nodes and rules live in a static pool
 * until the next build_reset(); words are those of test_vocabulary().
 */
#pragma once

#include "engine/base/clock.h"
#include "rules/rule.h"

void build_reset(void);

struct expr *number(double quanta, enum unit unit);
struct expr *constant(bool truth);
struct expr *signal_now(const char *name); /* of the rule's own entity */
struct expr *host_signal(const char *name);
struct expr *window_of(enum window_fn fn, const char *signal, uint64_t span_ns);
struct expr *events_of(const char *detector, uint64_t span_ns);
struct expr *field_of(const char *detector, const char *field, const char *text); /* text: EXPR_TEXT_EQUAL */
struct expr *pair(enum expr_kind kind, struct expr *a, struct expr *b);
struct expr *over(enum expr_kind kind, enum entity_kind entities, const char *match, struct expr *a);

/* signal > percent, the commonest of all. */
struct expr *above(const char *signal, double percent);

/* An enabled host rule without hold, limits or arming; change what you like. Its name is `name`, its digest too. */
struct rule *build_rule(const char *name, struct expr *when);
/* All rules that were built since the reset, renumbered. */
const struct ruleset *build_ruleset(void);
