/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entities that an event named before any part of the source has met them: the helper's next answer will bring that cgroup,
 * or nobody ever will (one that is gone again, a loop device with an error).
 *
 *     event ─▶ stray ── env_born: a part meets it ──▶ the part's, like any other
 *                └───── STRAY_NS after its last event ──▶ gone
 *
 * Does not own the entities: they live in the engine's table from the event on.
 */
#pragma once

#include "engine/source/part.h"

/* As long as the windows that rules look at events through: what they remember of an entity goes with it. */
#define STRAY_NS (600 * SECOND_NS)

struct stray {
	uint16_t slot;
	uint64_t heard_ns; /* its last event */
};

/* An event names the entity; `is_new` when it was made for that. 0, or -ENOMEM: it stays for ever. */
int strays_hear(struct strays *s, uint16_t slot, bool is_new, uint64_t now_ns);
/* A part has met it. */
void strays_take(struct strays *s, uint16_t slot);
/* Takes out one that nobody has heard of or met for too long: it is gone. ENTITY_NONE: there is none. */
uint16_t strays_next_old(struct strays *s, uint64_t now_ns);
