/* SPDX-License-Identifier: GPL-2.0-only */
/* What holds of every parser of what people write, whatever it is given. */
#pragma once

#include "rules/kinds/kind.h"
#include "rules/load.h"

/* A refusal says why, and whatever is said is of a kind that is explained. Frees `d`. */
static inline void mistakes_done(struct diagnostics *d, bool refused)
{
	size_t n;
	if (!d)
		return;
	const struct diagnostic *all = diagnostics_all(d, &n);
	if (refused && diagnostics_count(d, DIAGNOSTIC_ERROR) == 0)
		abort();
	for (size_t i = 0; i < n; i++)
		if (!kind_find(all[i].code) || !*all[i].message || !all[i].at.line || !all[i].at.column)
			abort();
	diagnostics_free(d);
}
