/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of the kernel's functions for the collectors of one incident. The first that needs them reads them and keeps
 * the image with the worker; whoever comes later maps it.
 */
#pragma once

#include "snapshot/collect/collect.h"
#include "snapshot/symbol/kallsyms.h"

/* The caller frees the table before its collector ends. As kallsyms_load(). */
int collect_kernel_names(struct collect *c, struct kallsyms **ret);
