/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/readings.h"

static struct reading *next(struct readings *r)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 256;
		struct reading *at = realloc(r->at, cap * sizeof(*at));
		if (!at)
			return r->lost++, NULL;
		r->at = at;
		r->cap = cap;
	}
	return &r->at[r->n++];
}

void readings_add(struct readings *r, uint16_t signal, uint16_t entity, int64_t value)
{
	struct reading *to = next(r);
	if (to)
		*to = (struct reading){.signal = signal, .entity = entity, .value = value};
}

void readings_add_unknown(struct readings *r, uint16_t signal, uint16_t entity)
{
	struct reading *to = next(r);
	if (to)
		*to = (struct reading){.signal = signal, .entity = entity, .unknown = true};
}

void readings_set(struct readings *r, uint16_t signal, uint16_t entity, bool known, uint64_t value)
{
	if (known)
		readings_add(r, signal, entity, (int64_t)MIN(value, (uint64_t)INT64_MAX));
	else
		readings_add_unknown(r, signal, entity);
}

void readings_done(struct readings *r)
{
	free(r->at);
	*r = (struct readings){0};
}
