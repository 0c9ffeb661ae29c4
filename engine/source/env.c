/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/part.h"
#include "engine/source/strays.h"

bool env_offer(struct env *env, unsigned signal, uint64_t period_ns, const char *from, ...)
{
	struct source_signal *o = &env->offers.signal[signal];
	if (o->available)
		return false;
	va_list ap;
	va_start(ap, from);
	vsnprintf(o->from, sizeof(o->from), from, ap);
	va_end(ap);
	o->available = true;
	o->reason[0] = '\0';
	env->offers.period_ns[signal] = period_ns;
	return true;
}

void env_refuse(struct env *env, unsigned signal, const char *reason, ...)
{
	struct source_signal *o = &env->offers.signal[signal];
	if (o->available)
		return;
	va_list ap;
	va_start(ap, reason);
	vsnprintf(o->reason, sizeof(o->reason), reason, ap);
	va_end(ap);
}

bool env_has(const struct env *env, unsigned signal)
{
	return env->offers.signal[signal].available;
}

bool env_is_due(const struct env *env, uint64_t *due_ns)
{
	uint64_t slack_ns = MIN(env->fast_ns, SECOND_NS / 10) / 2;
	if (env->now_ns + slack_ns < *due_ns)
		return false;
	*due_ns = env->now_ns > *due_ns + SECOND_NS ? env->now_ns + SECOND_NS : *due_ns + SECOND_NS;
	return true;
}

static void append(uint16_t **list, size_t *n, size_t *cap, uint16_t slot)
{
	if (*n == *cap) {
		size_t more = *cap ? 2 * *cap : 64;
		uint16_t *at = realloc(*list, more * sizeof(*at));
		if (!at)
			abort(); /* an entity nobody hears of would poison every log after it */
		*list = at;
		*cap = more;
	}
	(*list)[(*n)++] = slot;
}

uint16_t env_born(struct env *env, enum entity_kind kind, const char *name)
{
	uint16_t slot = entities_find(env->entities, kind, name);
	if (slot != ENTITY_NONE) {
		strays_take(&env->strays, slot);
		return slot;
	}
	slot = entities_add(env->entities, kind, name);
	if (slot != ENTITY_NONE)
		append(&env->churn.born, &env->churn.n_born, &env->churn.cap_born, slot);
	env->is_full = slot == ENTITY_NONE;
	return slot;
}

void env_remove(struct env *env, uint16_t slot)
{
	entities_remove(env->entities, slot);
	env->is_full = false;
}

void env_gone(struct env *env, uint16_t slot)
{
	append(&env->churn.gone, &env->churn.n_gone, &env->churn.cap_gone, slot);
}
