/* SPDX-License-Identifier: GPL-2.0-only */
/* Gives `symbols` the names of the kallsyms file in a directory, as the collectors do it. */
#pragma once

#include "snapshot/symbol/symbol.h"

static inline void kernel_names_give(struct symbols *symbols, int proc_dirfd)
{
	struct kallsyms *names = NULL;
	int error = kallsyms_load(proc_dirfd, &names);
	symbols_take_kernel(symbols, names, error);
}
