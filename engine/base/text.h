/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small questions about words: the nearest name, whether a pattern matches, a number out of text. Escaping for each
 * sink stands here too, because names from the kernel (comm, cmdline, cgroup) are foreign input wherever they end up; and
 * the sentence that goes with an error.
 */
#pragma once

#include "engine/base/buf.h"

/* The name in names[0..n) nearest to word by edit distance, NULL when none is near enough to be what was meant. */
const char *text_nearest(const char *word, const char *const *names, size_t n);

/* Anchored glob: * (crosses /), ?, [a-z], \x. */
bool text_glob(const char *pattern, const char *text);

/* A whole decimal number, nothing before or after it. false leaves *ret alone. */
bool text_u64(const char *text, uint64_t *ret);

/* One foreign string made safe for a terminal (controls and invalid UTF-8 as \xNN), Markdown, XML/SVG/HTML. */
void text_escape_terminal(struct buf *out, const char *text);
void text_escape_markdown(struct buf *out, const char *text);
void text_escape_xml(struct buf *out, const char *text);
/* A frame of a folded stack: as for a terminal, and ';', which divides frames, as \x3b. */
void text_escape_folded(struct buf *out, const char *text);

/* The inside of a JSON string: always valid UTF-8; a byte that is none becomes \u00NN, so do controls. */
void text_escape_json(struct buf *out, const char *text);

/* Writes a sentence about `error` to ret_error (may be NULL) and returns `error`: one line to say it and give up. */
int error_explain(int error, char *ret_error, size_t size, const char *fmt, ...) _printf_(4, 5);
