/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine on a test bench: inputs in a line each, the transitions as text: "1.5s fired r host\n", with "!" after a
 * suppressed firing, "*" after one by hand, "?" after a cold and "~" after an unarmed one; one under an exception ends in "! but NAME".
 */
#pragma once

#include "rules/run/machine.h"

struct rig {
	struct machine *m;
	const struct ruleset *set;
	struct buf said;
	char names[64][32];
};

#define RIG_PERIOD_NS (UINT64_C(1000000000))

/* Every signal at one reading a second. Aborts when the machine cannot be made. */
void rig_start(struct rig *rig, const struct ruleset *set);
/* `ms` is the time in milliseconds of the timeline. */
void rig_born(struct rig *rig, uint64_t ms, uint16_t slot, enum entity_kind kind, const char *name);
void rig_gone(struct rig *rig, uint64_t ms, uint16_t slot);
void rig_read(struct rig *rig, uint64_t ms, uint16_t slot, const char *signal, double value_in_units);
void rig_unknown(struct rig *rig, uint64_t ms, uint16_t slot, const char *signal);
void rig_attach(struct rig *rig, uint64_t ms, const char *detector, bool attached);
void rig_event(struct rig *rig, uint64_t ms, uint16_t slot, const char *detector, const void *record, uint32_t len);
void rig_clock(struct rig *rig, uint64_t ms, int64_t boottime_offset_ns);
void rig_input(struct rig *rig, const struct input *in);
/* What was said since the last call; lives until the next. */
const char *rig_said(struct rig *rig);
void rig_stop(struct rig *rig);
