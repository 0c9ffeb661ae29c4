/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/text/json.h"

#include "engine/base/text.h"

void json_put_comma(struct buf *out)
{
	if (out->len && !strchr("{[", out->data[out->len - 1]))
		buf_add_str(out, ", ");
}

void json_put_text(struct buf *out, const char *text)
{
	buf_add_char(out, '"');
	text_escape_json(out, text);
	buf_add_char(out, '"');
}

void json_put_key(struct buf *out, const char *key)
{
	json_put_comma(out);
	json_put_text(out, key);
	buf_add_str(out, ": ");
}

void json_put_key_text(struct buf *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_text(out, text);
}
