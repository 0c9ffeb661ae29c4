/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a few functions of the kernel lie, out of PROC/kallsyms in one pass. Not for naming addresses: see snapshot/symbol. */
#pragma once

#include "engine/base/util.h"

struct ksym_range {
	const char *name;    /* filled by the caller */
	uint64_t begin, end; /* 0, 0: not there, or hidden from us */
};

/* The number that were found, or -errno. */
int ksym_find(const char *proc_root, struct ksym_range *ranges, size_t n);
