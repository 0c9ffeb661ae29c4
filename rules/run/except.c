/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

#include "engine/base/clock.h"

#define MONDAY 3 /* of the day that began the epoch, a Thursday */

static bool selects(const struct machine *m, const struct selection *s, uint16_t slot)
{
	const struct resident *who = &m->residents[slot];
	return who->name && matcher_matches(&s->matcher, who->kind, who->name);
}

/* A detector knows the cgroup that its event happened in, whatever the event belongs to. */
static bool event_cgroup_matches(const struct machine *m, const struct rule_run *r, const struct selection *s)
{
	char name[ENTITY_NAME_MAX];
	const struct event_field *f = vocabulary_field(m->vocabulary, r->rule->on, "cgroup");
	return s->matcher.kind == ENTITY_KIND_CGROUP && f &&
	       event_field_text(m->event->event.record, m->event->event.len, f, name, sizeof(name)) &&
	       matcher_matches(&s->matcher, ENTITY_KIND_CGROUP, name);
}

static bool match_holds(const struct machine *m, const struct rule_run *r, const struct selection *s, uint16_t entity)
{
	if (s->matcher.kind == r->rule->for_each)
		return selects(m, s, entity);
	if (r->rule->on < 0)
		return s->n > 0;
	return m->event && (selects(m, s, m->event->event.entity) || event_cgroup_matches(m, r, s));
}

static int64_t local_s(const struct machine *m)
{
	int64_t ns = (int64_t)m->now_ns + m->realtime_offset_ns, s = ns / (int64_t)NS_PER_S;
	return s - (ns % (int64_t)NS_PER_S < 0) + m->utc_offset_s;
}

static bool is_day(const struct exception *e, int64_t day)
{
	return e->days >> (((day + MONDAY) % 7 + 7) % 7) & 1;
}

/* Past midnight it is still the time that began the day before. */
static bool time_holds(const struct exception *e, int64_t now_s)
{
	int64_t s = (now_s % DAY_S + DAY_S) % DAY_S, day = (now_s - s) / DAY_S;
	if (e->from_s < e->to_s)
		return s >= e->from_s && s < e->to_s && is_day(e, day);
	return (s >= e->from_s && is_day(e, day)) || (s < e->to_s && is_day(e, day - 1));
}

uint16_t exception_now(const struct machine *m, const struct rule_run *r, uint16_t entity)
{
	const uint16_t *selection = r->excepted;
	for (size_t i = 0; i < r->rule->n_exceptions; i++) {
		const struct exception *e = &r->rule->exceptions[i];
		bool holds = time_holds(e, local_s(m));
		for (size_t k = 0; k < e->n_matches; k++)
			holds = holds && match_holds(m, r, &m->selections[selection[k]], entity);
		if (holds)
			return (uint16_t)i;
		selection += e->n_matches;
	}
	return NONE;
}
