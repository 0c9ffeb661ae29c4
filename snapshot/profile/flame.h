/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flame graph as one SVG file that needs nothing else: the windows' graphs lie over one another and tabs choose between
 * them; a click zooms, a word in the search box marks. Without script the chosen window is still there to be read.
 *
 * Names are foreign: every one goes through text_escape_xml().
 */
#pragma once

#include "snapshot/profile/fold.h"

struct flame_window {
	const char *label; /* "after" */
	const char *note;  /* a line about it: span, samples, what is not in it */
	struct fold *fold;
};

/* Draws windows[0..n), showing `shown` first. Frames narrower than a third of a pixel are left out. -EIO, -ENOMEM. */
int flame_write(FILE *to, const char *title, const struct flame_window *windows, size_t n, size_t shown);
