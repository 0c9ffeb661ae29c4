/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of kallsyms.h as it lies in memory and, after a head, in its image. Private to symbol/. */
#pragma once

#include "snapshot/symbol/kallsyms.h"

struct row {
	uint64_t addr;
	uint32_t size;
	uint32_t name, module; /* offsets into text; 0: "" */
	char type, pad[3];
};

struct kallsyms {
	struct row *rows; /* ascending */
	size_t n, cap;
	struct buf text;
	uint64_t stext, etext;
	bool borrowed; /* rows and text lie in somebody's image: read-only, and not freed here */
};
