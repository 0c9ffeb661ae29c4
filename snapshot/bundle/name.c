/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/bundle.h"

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._-+=,:@%~", c));
}

static bool component_ok(const char *s, size_t len)
{
	if (len == 0 || (s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.'))))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_plain(s[i]))
			return false;
	return true;
}

bool bundle_name_ok(const char *member)
{
	if (strlen(member) > BUNDLE_NAME_MAX)
		return false;
	for (const char *at = member;; at++) {
		size_t len = strcspn(at, "/");
		if (!component_ok(at, len))
			return false;
		at += len;
		if (!*at)
			return true;
	}
}

bool bundle_id_ok(const char *id)
{
	return !strchr(id, '/') && id[0] != '.' && strlen(id) <= BUNDLE_ID_MAX && bundle_name_ok(id);
}

void bundle_name_clean(char *name)
{
	for (char *c = name; *c; c++)
		if (!is_plain(*c) && *c != '/')
			*c = '_';
}
