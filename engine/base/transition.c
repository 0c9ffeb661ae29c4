/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/transition.h"

static const char *const names[] = {
	[TRANSITION_PENDING] = "pending", [TRANSITION_IDLE] = "idle", [TRANSITION_FIRED] = "fired",
	[TRANSITION_ENDED] = "ended",	  [TRANSITION_GONE] = "gone", [TRANSITION_ARM] = "arm",
	[TRANSITION_DISARM] = "disarm",
};

const char *transition_name(enum transition_kind kind)
{
	return names[kind];
}
