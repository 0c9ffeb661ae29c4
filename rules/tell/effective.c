/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/tell/effective.h"

#include "engine/base/text.h"

#define COMMENT_COLUMN 56
#define KEY_MAX 80

/* The key of a line of rule->yaml: at 4 columns (behind "- " too) the rule's own, deeper ones within `section`. */
static bool read_key(const char *line, size_t len, char section[KEY_MAX], char key[KEY_MAX + 64])
{
	size_t indent = strspn(line, " -"), word = strcspn(line + indent, ":\n");
	if (indent + word >= len || (indent != 4 && indent != 6))
		return false;
	bool own = indent == 4, opens = line[indent + word + 1] == '\n';
	if (own)
		snprintf(section, KEY_MAX, "%.*s", opens ? (int)MIN(word, (size_t)KEY_MAX - 2) : 0, line + indent);
	snprintf(key, KEY_MAX + 64, "%s%s%.*s", own ? "" : section, own ? "" : ".", (int)MIN(word, (size_t)63), line + indent);
	return !opens || streq(section, "except");
}

static void add_comment(struct buf *out, const struct rule *r, const char *key, size_t width)
{
	const struct origin *o = rule_origin(r, key);
	buf_printf(out, "%*s # ", width < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - width) : 0, "");
	if (!o) {
		buf_add_str(out, "default");
		return;
	}
	text_escape_terminal(out, o->at.file);
	buf_printf(out, ":%u", o->at.line);
}

static void add_rule(const struct rule *r, struct buf *out)
{
	char section[KEY_MAX] = "", key[KEY_MAX + 64];
	const char *line = strstr(r->yaml, "  - name:");
	while (line && *line) {
		size_t len = strcspn(line, "\n");
		buf_add(out, line, len);
		bool told = read_key(line, len + 1, section, key);
		if (told && (!streq(section, "except") || streq(key, "except")))
			add_comment(out, r, key, len);
		buf_add_char(out, '\n');
		line += len + (line[len] == '\n');
	}
}

void rules_effective(const struct ruleset *set, struct buf *out)
{
	buf_printf(out, "version: 1\nrules:%s\n", set->n ? "" : " []");
	for (size_t i = 0; i < set->n; i++)
		add_rule(&set->rules[i], out);
}
