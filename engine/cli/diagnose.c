/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/diagnose.h"

void diagnose_print(struct diagnostics *d, FILE *to)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(d, &n);
	for (size_t i = 0; i < n; i++) {
		_cleanup_buf_ struct buf line = {0};
		diagnostic_format(&line, &all[i]);
		fprintf(to, "%s\n", buf_str(&line));
	}
}
