/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/hourlog_codec.h"

static struct series_slot *slot_of(const struct series_map *m, uint32_t series)
{
	uint32_t i = series * 2654435761U & (m->n_slots - 1);
	while (m->slot[i].index && m->slot[i].series != series)
		i = (i + 1) & (m->n_slots - 1);
	return &m->slot[i];
}

static int grow(struct series_map *m)
{
	struct series_map more = {.n = m->n, .n_slots = MAX(m->n_slots * 2, 256U)};
	more.slot = calloc(more.n_slots, sizeof(*more.slot));
	if (!more.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->n_slots; i++)
		if (m->slot[i].index)
			*slot_of(&more, m->slot[i].series) = m->slot[i];
	free(m->slot);
	*m = more;
	return 0;
}

int64_t series_map_index(struct series_map *m, uint32_t series)
{
	if (m->n * 2 >= m->n_slots && grow(m) < 0)
		return -ENOMEM;
	struct series_slot *s = slot_of(m, series);
	if (!s->index)
		*s = (struct series_slot){series, ++m->n};
	return s->index - 1;
}

void series_map_done(struct series_map *m)
{
	free(m->slot);
	*m = (struct series_map){0};
}
