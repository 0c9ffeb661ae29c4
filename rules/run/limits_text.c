/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has been spent of the limits, as text that outlives a restart. A line is a bucket that is not full:
 *
 *     host TOKENS STAMP
 *     rule RULE TOKENS STAMP
 *     entity RULE KIND NAME TOKENS STAMP
 *
 * STAMP is CLOCK_BOOTTIME in ns. A line that cannot be read, or that is about a rule that is no more, is passed over.
 */
#include "rules/run/internal.h"

#include "engine/base/text.h"

static struct rule_run *rule_named(const struct machine *m, const char *name)
{
	for (size_t i = 0; i < m->n_rules; i++)
		if (streq(m->rules[i].rule->name, name))
			return &m->rules[i];
	return NULL;
}

/* Names of entities are foreign: one word on one line, \xNN for what would break that. */
static void add_word(struct buf *out, const char *word)
{
	for (const unsigned char *s = (const unsigned char *)word; *s; s++)
		buf_printf(out, *s <= ' ' || *s == '\\' || *s == 0x7f ? "\\x%02x" : "%c", *s);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. false: not what add_word() writes. */
static bool unescape(char *word)
{
	char *to = word;
	for (const char *s = word; *s; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		int hi = s[1] == 'x' ? hex_digit(s[2]) : -1, lo = hi < 0 ? -1 : hex_digit(s[3]);
		if (lo < 0 || hi + lo == 0)
			return false;
		*to++ = (char)(hi * 16 + lo);
		s += 3;
	}
	*to = '\0';
	return true;
}

static void add_bucket(struct buf *out, const struct bucket *b)
{
	buf_printf(out, " %u %llu\n", b->tokens, (unsigned long long)b->stamp_ns);
}

static bool is_spent(struct bucket *b, const struct limit *l, uint64_t boot_ns)
{
	bucket_refill(b, l, boot_ns);
	return b->tokens < l->burst;
}

static void add_entity(struct buf *out, const char *rule, enum entity_kind kind, const char *name,
		       const struct bucket *b)
{
	buf_printf(out, "entity %s %s ", rule, entity_kind_name(kind));
	add_word(out, name);
	add_bucket(out, b);
}

static void save_rule(const struct machine *m, const struct rule_run *r, struct buf *out)
{
	uint64_t boot_ns = machine_boot_ns(m);
	struct bucket b = r->bucket;
	if (is_spent(&b, &r->rule->limits.rule, boot_ns)) {
		buf_printf(out, "rule %s", r->rule->name);
		add_bucket(out, &b);
	}
	for (size_t k = 0; k < r->n_instances; k++) {
		const struct resident *who = &m->residents[r->instances[k].entity];
		b = r->instances[k].bucket;
		if (is_spent(&b, &r->rule->limits.entity, boot_ns))
			add_entity(out, r->rule->name, who->kind, who->name, &b);
	}
}

int machine_limits_save(const struct machine *m, struct buf *out)
{
	struct bucket host = m->host_bucket;
	if (is_spent(&host, &m->host_limit, machine_boot_ns(m))) {
		buf_add_str(out, "host");
		add_bucket(out, &host);
	}
	for (size_t i = 0; i < m->n_rules; i++)
		save_rule(m, &m->rules[i], out);
	for (size_t i = 0; i < m->remembered.n; i++) {
		const struct remembered *b = &m->remembered.of[i];
		add_entity(out, b->rule, b->kind, b->name, &b->bucket);
	}
	return out->failed ? -ENOMEM : 0;
}

static bool parse_bucket(char *const *words, struct bucket *ret)
{
	uint64_t tokens, stamp_ns;
	if (!text_u64(words[0], &tokens) || !text_u64(words[1], &stamp_ns) || tokens > UINT32_MAX)
		return false;
	*ret = (struct bucket){stamp_ns, (uint32_t)tokens};
	return true;
}

static void load_entity(struct machine *m, char *const *words)
{
	struct bucket b;
	int kind = entity_kind_of(words[1]);
	if (kind < 0 || !unescape(words[2]) || strlen(words[2]) >= ENTITY_NAME_MAX || !parse_bucket(words + 3, &b))
		return;
	struct rule_run *r = rule_named(m, words[0]);
	uint16_t slot = roster_find(m, (enum entity_kind)kind, words[2]);
	struct instance *i = r && slot != ENTITY_NONE ? instance_find(r, slot) : NULL;
	if (i)
		i->bucket = b;
	else if (r)
		buckets_remember(&m->remembered, words[0], (enum entity_kind)kind, words[2], &b);
}

static void load_line(struct machine *m, char *line)
{
	char *words[6], *save = NULL;
	size_t n = 0;
	for (char *w = strtok_r(line, " ", &save); w && n < ARRAY_SIZE(words); w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (n == 3 && streq(words[0], "host")) {
		parse_bucket(words + 1, &m->host_bucket);
	} else if (n == 4 && streq(words[0], "rule")) {
		struct rule_run *r = rule_named(m, words[1]);
		if (r)
			parse_bucket(words + 2, &r->bucket);
	} else if (n == 6 && streq(words[0], "entity")) {
		load_entity(m, words + 1);
	}
}

void machine_limits_load(struct machine *m, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *save = NULL;
	for (char *line = copy ? strtok_r(copy, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		load_line(m, line);
}
