/* SPDX-License-Identifier: GPL-2.0-only */
/* What every live test includes: they need root and BPF, and say by name what was missing when they skip. */
#pragma once

#include "tests/unit/support/test.h"

#include <stdio.h>
#include <unistd.h>

/* Ends the program with 77 and a line that names the reason, or with 1 where $TRACETRAP_REQUIRE wants it. */
static inline void live_require(int condition, const char *what)
{
	const char *required = getenv("TRACETRAP_REQUIRE");
	if (condition)
		return;
	printf("skip: %s\n", what);
	exit(required && strstr(required, "bpf") ? 1 : 77);
}

/* The same for what no right and no package brings here: a driver or a kernel symbol. The VM tests have it. */
static inline void live_offered(int condition, const char *what)
{
	if (condition)
		return;
	printf("unsupported: %s; proven in the VM\n", what);
	exit(77);
}
