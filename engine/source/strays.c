/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/strays.h"

static struct stray *find(struct strays *s, uint16_t slot)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].slot == slot)
			return &s->all[i];
	return NULL;
}

int strays_hear(struct strays *s, uint16_t slot, bool is_new, uint64_t now_ns)
{
	struct stray *known = find(s, slot);
	if (known)
		known->heard_ns = now_ns;
	if (known || !is_new)
		return 0;
	if (!array_room(s->all, s->n, s->cap))
		return -ENOMEM;
	s->all[s->n++] = (struct stray){slot, now_ns};
	return 0;
}

void strays_take(struct strays *s, uint16_t slot)
{
	struct stray *known = find(s, slot);
	if (known)
		*known = s->all[--s->n];
}

uint16_t strays_next_old(struct strays *s, uint64_t now_ns)
{
	for (size_t i = 0; i < s->n; i++) {
		uint16_t slot = s->all[i].slot;
		if (now_ns < s->all[i].heard_ns + STRAY_NS)
			continue;
		strays_take(s, slot);
		return slot;
	}
	return ENTITY_NONE;
}
