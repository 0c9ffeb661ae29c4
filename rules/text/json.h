/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON written by hand into a buffer, so that rules/ needs no library for it. */
#pragma once

#include "engine/base/buf.h"

/* A comma, unless something was just opened. */
void json_put_comma(struct buf *out);
/* A string, escaped, with its quotes. */
void json_put_text(struct buf *out, const char *text);
/* `"key": `, a comma before it where one is needed. */
void json_put_key(struct buf *out, const char *key);
void json_put_key_text(struct buf *out, const char *key, const char *text);
