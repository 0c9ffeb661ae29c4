/* SPDX-License-Identifier: GPL-2.0-only */
/* What checkpoint.c and restore.c agree upon; the layout is drawn at the top of checkpoint.c. */
#pragma once

#define CHECKPOINT_MAGIC "TTM2"
#define CHECKPOINT_MAGIC_LEN 4
#define INSTANCE_NUMBERS 12

#define CHECKPOINT_MAGIC_1 "TTM1" /* before there were exceptions */
#define INSTANCE_NUMBERS_1 10
