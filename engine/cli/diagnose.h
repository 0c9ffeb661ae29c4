/* SPDX-License-Identifier: GPL-2.0-only */
/* Printing diagnostics of rules and config, one line each. */
#pragma once

#include "rules/load.h"

void diagnose_print(struct diagnostics *d, FILE *to);
