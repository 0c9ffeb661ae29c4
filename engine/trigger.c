/* SPDX-License-Identifier: GPL-2.0-only */
/* A rule that somebody triggers by hand. */
#include "engine/engine_state.h"

#include "engine/base/clock.h"

static const char *outcome_name(enum incident_outcome outcome)
{
	static const char *const names[] = {[INCIDENT_OPENED] = "opened", [INCIDENT_JOINED] = "joined", [INCIDENT_BUSY] = "busy",
					    [INCIDENT_FAILED] = "failed", [INCIDENT_ENDED] = "ended"};
	return names[outcome];
}

int engine_trigger(struct engine *e, const char *rule, const char *entity, bool dry_run, struct buf *out)
{
	const struct rule *r = ruleset_find(e->rules, rule);
	uint16_t slot = r ? entities_find(e->entities, r->for_each, entity && *entity ? entity : "host") : ENTITY_NONE;
	if (slot == ENTITY_NONE)
		return -ENOENT;
	e->last_capture.outcome = INCIDENT_FAILED;
	e->last_capture.id[0] = '\0';
	struct input in = {.kind = INPUT_TRIGGER,
			   .t_ns = clock_now(CLOCK_MONOTONIC),
			   .trigger = {.rule = rule, .entity = slot, .drill = dry_run}};
	engine_take(e, &in);
	buf_printf(out, "{\"rule\":\"%s\",\"outcome\":\"%s\",\"incident\":", rule,
		   dry_run ? "drill" : outcome_name(e->last_capture.outcome));
	buf_printf(out, *e->last_capture.id ? "\"%s\"" : "null%s", e->last_capture.id);
	buf_printf(out, ",\"drill\":%s}", dry_run ? "true" : "false");
	return 0;
}
