/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libbpf says while it loads, kept instead of printed: a detector that cannot be loaded is an ordinary thing here,
 * and libbpf's words are the reason that `doctor` shows. libbpf has one print function per process, so there is one log;
 * it belongs to the engine's thread.
 */
#pragma once

#include "engine/base/util.h"

/* From here on libbpf is quiet and its warnings are kept; forgets those of before. */
void bpflog_begin(void);

/* What was said first since then, and the verifier's last word if it had one, on one line; the errno's text when nothing
 * was said, and the remedy where it was not permitted. Returns `text`. */
const char *bpflog_reason(int error, char *text, size_t size);
