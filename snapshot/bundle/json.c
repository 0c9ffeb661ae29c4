/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/json.h"

#include <limits.h>

static void tokener_free(struct json_tokener **t)
{
	if (*t)
		json_tokener_free(*t);
}

struct json_object *json_read(const char *text, size_t len)
{
	if (len > INT_MAX)
		return NULL;
	_cleanup_(tokener_free) struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (!t)
		return NULL;
	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	struct json_object *o = json_tokener_parse_ex(t, text, (int)len);
	size_t at = json_tokener_get_parse_end(t);
	bool done = json_tokener_get_error(t) == json_tokener_success;
	while (done && at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	if (done && at == len)
		return o;
	json_object_put(o);
	return NULL;
}

struct json_object *json_member(const struct json_object *o, const char *key)
{
	struct json_object *v = NULL;
	if (!json_object_is_type(o, json_type_object))
		return NULL;
	json_object_object_get_ex(o, key, &v);
	return v;
}

static const char *string_of(const struct json_object *o, const char *key, size_t *ret_len)
{
	struct json_object *v = json_member(o, key);
	if (!json_object_is_type(v, json_type_string))
		return NULL;
	const char *s = json_object_get_string(v);
	*ret_len = (size_t)json_object_get_string_len(v);
	return strlen(s) == *ret_len ? s : NULL;
}

bool json_text(const struct json_object *o, const char *key, char *ret, size_t size)
{
	size_t len;
	const char *s = string_of(o, key, &len);
	bool fits = s && len < size;
	copy_bytes(ret, s, fits ? len : 0);
	ret[fits ? len : 0] = '\0';
	return fits;
}

void json_text_cut(const struct json_object *o, const char *key, char *ret, size_t size)
{
	size_t len = 0;
	const char *s = string_of(o, key, &len);
	len = s ? MIN(len, size - 1) : 0;
	copy_bytes(ret, s, len);
	ret[len] = '\0';
}

uint64_t json_number(const struct json_object *o, const char *key)
{
	struct json_object *v = json_member(o, key);
	if (!json_object_is_type(v, json_type_int) && !json_object_is_type(v, json_type_double))
		return 0;
	return json_object_get_int64(v) < 0 ? 0 : json_object_get_uint64(v);
}

bool json_flag(const struct json_object *o, const char *key)
{
	struct json_object *v = json_member(o, key);
	return json_object_is_type(v, json_type_boolean) && json_object_get_boolean(v);
}

size_t json_length(const struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

int json_print(struct json_object *o, struct buf *out)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
								     JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		return -ENOMEM;
	buf_add_str(out, text);
	buf_add_char(out, '\n');
	return out->failed ? -ENOMEM : 0;
}

/* Length of the UTF-8 sequence at s, 0 when it is none; shortest form is not asked for, only that decoders go on. */
static size_t sequence(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] >> 4) == 14 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void json_add_text(struct json_object *o, const char *key, const char *text)
{
	_cleanup_buf_ struct buf clean = {0};
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t n = sequence(s);
		buf_add(&clean, n ? (const void *)s : "?", MAX(n, (size_t)1));
		s += MAX(n, (size_t)1);
	}
	json_object_object_add(o, key, json_object_new_string(buf_str(&clean)));
}

void json_add_number(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

void json_add_flag(struct json_object *o, const char *key, bool v)
{
	json_object_object_add(o, key, json_object_new_boolean(v));
}
