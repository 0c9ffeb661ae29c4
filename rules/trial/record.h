/* SPDX-License-Identifier: GPL-2.0-only */
/* A detector's record out of the fields that a rule test names; the others are zero and empty. */
#pragma once

#include "engine/base/vocabulary.h"
#include "rules/text/node.h"

/* `fields` is a mapping, or NULL for none. Reports fields that the detector has not, and values that do not fit. The
 * record lives in the arena; its time is 0. */
bool record_build(const struct vocabulary *v, uint16_t detector, const struct node *fields, struct arena *arena,
		  struct diagnostics *d, void **ret_record, uint32_t *ret_len);
