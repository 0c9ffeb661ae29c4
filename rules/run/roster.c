/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

/* Index of the first element of an array sorted by slot that is not below `slot`. */
static size_t place_of_slot(const uint16_t *slots, size_t n, uint16_t slot)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (slots[mid] < slot)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint16_t roster_find(const struct machine *m, enum entity_kind kind, const char *name)
{
	for (unsigned i = 0; i < m->max_entities; i++) {
		const struct resident *r = &m->residents[i];
		if (r->name && r->kind == kind && streq(r->name, name))
			return (uint16_t)i;
	}
	return ENTITY_NONE;
}

static void reserve_windows(struct machine *m, struct resident *who)
{
	uint64_t cost = m->window_cost[who->kind];
	who->windowless = m->window_bytes + cost > WINDOW_BYTES_MAX;
	who->reserved = who->windowless ? 0 : cost;
	m->window_bytes += who->reserved;
	m->refused += who->windowless;
}

static void start_series(struct machine *m, uint16_t slot)
{
	for (size_t i = 0; i < m->n_signals; i++) {
		struct series *s = series_of(&m->signals[i], slot);
		if (s)
			s->windowless = m->residents[slot].windowless;
	}
}

void roster_refuse_windows(struct machine *m, uint16_t slot)
{
	struct resident *who = &m->residents[slot];
	m->window_bytes -= who->reserved;
	m->refused += !who->windowless;
	who->reserved = 0;
	who->windowless = true;
	start_series(m, slot);
}

static int join_selections(struct machine *m, uint16_t slot)
{
	const struct resident *who = &m->residents[slot];
	for (size_t i = 0; i < m->n_selections; i++) {
		struct selection *s = &m->selections[i];
		if (!matcher_matches(&s->matcher, who->kind, who->name))
			continue;
		size_t at = place_of_slot(s->slots, s->n, slot);
		memmove(&s->slots[at + 1], &s->slots[at], (s->n++ - at) * sizeof(*s->slots));
		s->slots[at] = slot;
	}
	for (size_t i = 0; i < m->n_rules; i++) {
		struct rule_run *r = &m->rules[i];
		if (r->selection == NONE)
			continue;
		const struct selection *s = &m->selections[r->selection];
		size_t at = place_of_slot(s->slots, s->n, slot);
		if (at < s->n && s->slots[at] == slot && instance_add(m, r, slot) < 0)
			return -ENOMEM;
	}
	return 0;
}

int roster_birth(struct machine *m, uint16_t slot, enum entity_kind kind, const char *name)
{
	if (slot >= m->max_entities || kind >= ENTITY_KIND_MAX_ || strlen(name) >= ENTITY_NAME_MAX)
		return -EINVAL;
	struct resident *who = &m->residents[slot];
	if (who->name && who->kind == kind && streq(who->name, name))
		return 0;
	if ((slot == ENTITY_HOST) != (kind == ENTITY_KIND_HOST) || (slot == ENTITY_HOST && who->name))
		return -EINVAL;
	roster_death(m, slot);
	who->name = strdup(name);
	if (!who->name)
		return -ENOMEM;
	who->kind = kind;
	reserve_windows(m, who);
	start_series(m, slot);
	return join_selections(m, slot);
}

static void leave_selections(struct machine *m, uint16_t slot)
{
	for (size_t i = 0; i < m->n_rules; i++) {
		struct instance *it = instance_find(&m->rules[i], slot);
		if (!it)
			continue;
		state_vanish(m, &m->rules[i], it);
		instance_remove(m, &m->rules[i], it);
	}
	for (size_t i = 0; i < m->n_selections; i++) {
		struct selection *s = &m->selections[i];
		size_t at = place_of_slot(s->slots, s->n, slot);
		if (at < s->n && s->slots[at] == slot)
			memmove(&s->slots[at], &s->slots[at + 1], (--s->n - at) * sizeof(*s->slots));
	}
}

void roster_death(struct machine *m, uint16_t slot)
{
	if (slot >= m->max_entities || slot == ENTITY_HOST || !m->residents[slot].name)
		return;
	leave_selections(m, slot);
	for (size_t i = 0; i < m->n_signals; i++) {
		struct signal_use *u = &m->signals[i];
		if (slot >= u->slots || !u->latest[slot].ever)
			continue;
		if (u->series)
			series_done(series_of(u, slot), &u->spec);
		u->latest[slot] = (struct latest){0};
	}
	for (size_t i = 0; i < m->vocabulary->n_detectors; i++)
		if (m->detectors[i].of)
			arrivals_done(&m->detectors[i].of[slot]);
	m->window_bytes -= m->residents[slot].reserved;
	free(m->residents[slot].name);
	m->residents[slot] = (struct resident){0};
}
