/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel and these privileges allow, asked by trying: each facility is opened once and closed again.
 */
#pragma once

#include "engine/config.h"

enum facility_state { FACILITY_OK, FACILITY_FALLBACK, FACILITY_DENIED, FACILITY_UNSUPPORTED };

const char *facility_state_name(enum facility_state s);

struct facility {
	char name[32]; /* "tick", "detector:oom", "stack-ring", … */
	enum facility_state state;
	char using[128];  /* what does the job now; "" for nothing */
	char reason[192]; /* why not better; "" when all is well */
	char remedy[160]; /* what a person can do about it; "" for nothing */
};

/* The caller frees the array. -ENOMEM. */
int doctor_examine(const struct config *config, struct facility **ret, size_t *ret_n);
