/* SPDX-License-Identifier: GPL-2.0-only */
/* What checkpoint.c and restore.c agree upon; the layout is drawn at the top of checkpoint.c. */
#pragma once

#define CHECKPOINT_MAGIC "TTM1"
#define CHECKPOINT_MAGIC_LEN 4
#define INSTANCE_NUMBERS 10
