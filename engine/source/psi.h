/* SPDX-License-Identifier: GPL-2.0-only */
/* Pressure files ("some avg10=… total=µs", "full …"): of the machine and of cgroups alike. */
#pragma once

#include "engine/source/scan.h"

enum { PSI_SOME, PSI_FULL };

/* The total of the line that begins with `line`; false when there is none. */
static inline bool psi_scan_total(const char *text, int line, uint64_t *ret_us)
{
	for (const char *at = text; *at; at = scan_next_line(at)) {
		if (strncmp(at, line == PSI_SOME ? "some " : "full ", 5) != 0)
			continue;
		const char *total = strstr(at, "total=");
		if (!total || total > scan_next_line(at))
			return false;
		total += 6;
		return scan_u64(&total, ret_us);
	}
	return false;
}
