/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON out of a bundle is foreign: parsed strictly, with a bound on its depth, and read through these few questions, each
 * of which has an answer for "not there" and "of another type". Building needs no help beyond json-c's own.
 */
#pragma once

#include "engine/base/buf.h"

#include <json-c/json.h>

#define JSON_DEPTH_MAX 32

static inline void json_put(struct json_object **o)
{
	json_object_put(*o);
}

#define _cleanup_json_ _cleanup_(json_put)

/* One whole JSON value in valid UTF-8, nothing after it; the caller puts it. NULL when it is not that. */
struct json_object *json_read(const char *text, size_t len);

/* The member of an object; NULL when `o` is no object or has none. Borrowed. */
struct json_object *json_member(const struct json_object *o, const char *key);

/* Copies a string that fits and holds no NUL; else leaves "" and returns false. */
bool json_text(const struct json_object *o, const char *key, char *ret, size_t size);
/* The same cut to what fits. */
void json_text_cut(const struct json_object *o, const char *key, char *ret, size_t size);
/* 0 when it is absent, negative or no number. */
uint64_t json_number(const struct json_object *o, const char *key);
bool json_flag(const struct json_object *o, const char *key);
/* Elements of an array; 0 for anything else. */
size_t json_length(const struct json_object *array);

/* Appends the object as text, for people to read; -ENOMEM. */
int json_print(struct json_object *o, struct buf *out);
/* Adds under `key`; strings from the kernel that are no UTF-8 have their bytes replaced by '?'. */
void json_add_text(struct json_object *o, const char *key, const char *text);
void json_add_number(struct json_object *o, const char *key, uint64_t v);
void json_add_flag(struct json_object *o, const char *key, bool v);
