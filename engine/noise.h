/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether an event is known noise (rules/noise.h): the conditions by a machine of their own, the stacks by this kernel's symbols. */
#pragma once

#include "bpf/event.h"
#include "rules/noise.h"

struct noise_judge; /* opaque */

/* `noise` must outlive it. Functions that this kernel does not have (inlined, another name) never match. 0 or -errno. */
int noise_judge_new(const struct noise *noise, const struct vocabulary *vocabulary, const char *proc_root,
		    struct noise_judge **ret);

/* The filter that drops it; NULL: none does. */
const struct noise_filter *noise_judge_event(struct noise_judge *j, uint16_t detector, const struct event *record, uint32_t len);

struct noise_judge *noise_judge_free(struct noise_judge *j);
