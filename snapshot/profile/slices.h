/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of the symbol tables that a profile needs, so that its names are right on any machine:
 *
 *     symbols.tsv   address, size, name, dso, build_id: a function a line, header first. Addresses are hexadecimal; the
 *                   kernel's are this boot's, a DSO's are the virtual addresses inside its file.
 *     kallsyms      the kernel's functions that were hit, each with the symbol after it (perf takes a function to last
 *                   until the next one): for `perf script --kallsyms profile/kallsyms -i profile/perf.data`
 */
#pragma once

#include "snapshot/profile/profile.h"

/* -EIO, -ENOMEM. After profile_resolve(). */
int slices_write_tsv(FILE *to, const struct profile *p, const uint8_t *kernel_build_id, size_t len);
int slices_write_kallsyms(FILE *to, const struct profile *p);
