/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of one file and where they stand. libyaml counts characters; people's editors and compilers' messages count
 * lines by \n and columns in bytes, and so do we.
 */
#pragma once

#include "engine/base/arena.h"
#include "rules/rule.h"

struct source {
	const char *file, *text;
	size_t len;
};

/* Walks forward through a source; a mark behind it starts again from the top. */
struct source_cursor {
	const struct source *source;
	size_t character, byte, line_start;
	uint32_t line; /* from 0 */
};

/* Moves to the n-th character (from 0), as yaml_mark_t.index counts; to the byte. Both stop at the end. */
struct position source_at_character(struct source_cursor *c, size_t n);
struct position source_at_byte(struct source_cursor *c, size_t n);
