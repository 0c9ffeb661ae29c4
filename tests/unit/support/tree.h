/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory of files made by a test and removed with it: a fake /proc or /sys. Fails the test when it cannot. */
#pragma once

#include "engine/base/util.h"

struct tree {
	char path[64];
};

void tree_init(struct tree *t);
/* Directories in between are made. */
void tree_write(const struct tree *t, const char *file, const char *text);
void tree_done(struct tree *t);
