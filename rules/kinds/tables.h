/* SPDX-License-Identifier: GPL-2.0-only */
/* The themes, each sorted by code. Private to rules/kinds. */
#pragma once

#include "rules/kinds/kind.h"

struct kinds {
	const struct kind *of;
	size_t n;
};

extern const struct kinds kinds_expressions, kinds_files, kinds_lints, kinds_settings, kinds_trials, kinds_values;
