/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions by the C library's calendar and its globs. */
#include "tests/unit/support/naive.h"

#include "engine/base/clock.h"

#include <fnmatch.h>
#include <time.h>

static bool is_time(const struct exception *e, const struct tm *local)
{
	static const unsigned bit_of_wday[] = {6, 0, 1, 2, 3, 4, 5};
	unsigned now = (unsigned)(local->tm_hour * 3600 + local->tm_min * 60 + local->tm_sec);
	bool today = e->days & 1U << bit_of_wday[local->tm_wday], yesterday = e->days & 1U << bit_of_wday[(local->tm_wday + 6) % 7];
	if (e->from_s > e->to_s)
		return (today && now >= e->from_s) || (yesterday && now < e->to_s);
	return today && now >= e->from_s && now < e->to_s;
}

bool naive_matches(const struct naive *n, const char *pattern, uint16_t slot)
{
	return !pattern || fnmatch(pattern, n->slots[slot].name, 0) == 0;
}

/* The rule's own entity, the one that the event in hand is about, or anybody. */
static bool is_meant(const struct naive *n, const struct rule *r, enum entity_kind kind, uint16_t entity, uint16_t slot)
{
	return kind == r->for_each ? slot == entity : r->on < 0 || (n->event && slot == n->event->event.entity);
}

static bool is_there(const struct naive *n, const struct rule *r, const struct exception_match *m, uint16_t entity)
{
	for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
		if (n->slots[slot].alive && n->slots[slot].kind == m->kind && is_meant(n, r, m->kind, entity, slot) &&
		    naive_matches(n, m->pattern, slot))
			return true;
	return false;
}

const char *naive_exception(const struct naive *n, const struct rule *r, uint16_t entity)
{
	struct tm local;
	int64_t ns = n->realtime_offset_ns + (int64_t)n->now_ns;
	time_t now = (ns - (ns < 0 ? (int64_t)NS_PER_S - 1 : 0)) / (int64_t)NS_PER_S + n->utc_offset_s;
	gmtime_r(&now, &local);
	for (size_t i = 0; i < r->n_exceptions; i++) {
		const struct exception *e = &r->exceptions[i];
		bool holds = is_time(e, &local);
		for (size_t k = 0; k < e->n_matches; k++)
			holds &= is_there(n, r, &e->matches[k], entity);
		if (holds)
			return e->name;
	}
	return NULL;
}
