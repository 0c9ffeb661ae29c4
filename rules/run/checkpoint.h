/* SPDX-License-Identifier: GPL-2.0-only */
/* What checkpoint.c and restore.c agree upon; the layout is drawn at the top of checkpoint.c. */
#pragma once

#define CHECKPOINT_MAGIC "TTM5"
#define CHECKPOINT_MAGIC_LEN 4
#define INSTANCE_NUMBERS 14

#define CHECKPOINT_MAGIC_1 "TTM1" /* before there were exceptions */
#define INSTANCE_NUMBERS_1 10
#define CHECKPOINT_MAGIC_2 "TTM2" /* before it was told since when a verdict holds */
#define INSTANCE_NUMBERS_2 12
#define CHECKPOINT_MAGIC_3 "TTM3" /* before that was told of each term */
#define CHECKPOINT_MAGIC_4 "TTM4" /* before it was told who has no windows */
