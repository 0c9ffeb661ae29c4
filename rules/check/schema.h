/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A JSON Schema (draft 2020-12) of rule files, for editors: completion, help and the first mistakes while one types. Made
 * out of the tables that the checker itself goes by (keys.h, units, functions, the vocabulary). It is the coarser of the
 * two: what it refuses the checker refuses, and the checker knows more.
 */
#pragma once

#include "engine/base/buf.h"
#include "engine/base/vocabulary.h"

void rules_schema(const struct vocabulary *v, struct buf *out);
