/* SPDX-License-Identifier: GPL-2.0-only */
/* The canonical text of a rule: every setting written out in one order, so that equal texts mean equal decisions, today
 * and under later defaults. */
#include "rules/check/check.h"

#include "engine/base/clock.h"

#include <inttypes.h>

void digest_text(const char *text, uint64_t *state)
{
	for (; *text; text++)
		*state = (*state ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
}

void digest_format(uint64_t state, char ret[17])
{
	snprintf(ret, 17, "%016" PRIx64, state);
}

/* Characters that mean the same to YAML wherever they stand in a plain text of one line. */
#define PLAIN_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _./$%<>=()+*,;-"

static bool is_plain(const char *text, size_t len)
{
	return len && strspn(text, PLAIN_CHARS) == len && strchr("%><=,*-+ ", text[0]) == NULL && text[len - 1] != ' ' &&
	       !starts_with(text, "...");
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

/* What YAML would not carry raw inside double quotes, as its code point: control characters, line breaks of Unicode, the
 * byte order mark and non-characters. Returns the bytes it takes, 0 when it may stand. */
static size_t needs_escape(const unsigned char *s, unsigned *ret_code)
{
	unsigned code = 0;
	size_t n = 1;
	if ((s[0] & 0xc0) == 0x80)
		return 0; /* the rest of one that may stand */
	if (s[0] < 0x80)
		code = s[0];
	else if (s[0] < 0xe0 && s[1])
		code = (s[0] & 0x1fU) << 6 | (s[1] & 0x3fU), n = 2;
	else if (s[0] < 0xf0 && s[1] && s[2])
		code = (s[0] & 0xfU) << 12 | (s[1] & 0x3fU) << 6 | (s[2] & 0x3fU), n = 3;
	else
		return 0;
	*ret_code = code;
	bool raw = code >= 0x20 && code != 0x7f && code != '"' && code != '\\' && !(code >= 0x80 && code < 0xa0) &&
		   code != 0x2028 && code != 0x2029 && code != 0xfeff && code < 0xfffe;
	return raw ? 0 : n;
}

static void add_double_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '"');
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		unsigned code;
		size_t n = needs_escape(s, &code);
		if (n == 0)
			buf_add_char(out, (char)*s);
		else if (code == '"' || code == '\\')
			buf_printf(out, "\\%c", code);
		else
			buf_printf(out, "\\u%04X", code);
		s += MAX(n, (size_t)1);
	}
	buf_add_char(out, '"');
}

static void add_single_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '\'');
	for (; *text; text++)
		buf_add_str(out, *text == '\'' ? "''" : (char[]){*text, '\0'});
	buf_add_char(out, '\'');
}

static void add_text(struct buf *out, const char *text)
{
	if (is_plain(text, strlen(text)))
		buf_add_str(out, text);
	else if (is_ascii(text))
		add_single_quoted(out, text);
	else
		add_double_quoted(out, text);
}

static void add_key_text(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, "    %s: ", key);
	add_text(out, text);
	buf_add_char(out, '\n');
}

static void add_duration(struct buf *out, uint64_t ns)
{
	static const struct {
		const char *word;
		uint64_t ns;
	} words[] = {{"h", 3600 * NS_PER_S}, {"m", 60 * NS_PER_S}, {"s", NS_PER_S}, {"ms", NS_PER_MS}, {"us", NS_PER_US}, {"ns", 1}};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (ns && ns % words[i].ns == 0) {
			buf_printf(out, "%" PRIu64 "%s", ns / words[i].ns, words[i].word);
			return;
		}
	buf_add_str(out, "0s");
}

static void add_key_duration(struct buf *out, const char *key, uint64_t ns)
{
	buf_printf(out, "%s: ", key);
	add_duration(out, ns);
	buf_add_char(out, '\n');
}

static void add_size(struct buf *out, uint64_t bytes)
{
	static const char *const words[] = {"B", "KiB", "MiB", "GiB"};
	size_t i = 0;
	for (; bytes && bytes % 1024 == 0 && i + 1 < ARRAY_SIZE(words); i++)
		bytes /= 1024;
	buf_printf(out, "%" PRIu64 "%s", bytes, words[i]);
}

/* The refill was rounded down to ns; the time it came from is the round one that gives the same refill. */
static void add_limit(struct buf *out, const char *key, struct limit limit)
{
	buf_printf(out, "      %s: ", key);
	if (limit.burst == 0) {
		buf_add_str(out, "none\n");
		return;
	}
	uint64_t ns = limit.refill_ns * limit.burst, round = (ns + NS_PER_MS - 1) / NS_PER_MS * NS_PER_MS;
	buf_printf(out, "%u/", limit.burst);
	add_duration(out, round / limit.burst == limit.refill_ns ? round : ns);
	buf_add_char(out, '\n');
}

static void add_head(struct buf *out, const struct vocabulary *v, const struct rule *r)
{
	buf_printf(out, "version: 1\nrules:\n  - name: %s\n", r->name);
	if (*r->summary)
		add_key_text(out, "summary", r->summary);
	add_key_text(out, "severity", severity_name(r->severity));
	if (!r->enabled)
		add_key_text(out, "enabled", "false");
	if (r->on >= 0)
		add_key_text(out, "on", v->detectors[r->on].name);
	add_key_text(out, "for_each", entity_kind_name(r->for_each));
	if (r->match)
		add_key_text(out, "match", r->match);
}

static void add_params(struct buf *out, const struct rule *r)
{
	if (r->n_params)
		buf_add_str(out, "    params:\n");
	for (size_t i = 0; i < r->n_params; i++)
		buf_printf(out, "      %s: %s\n", r->params[i].name, r->params[i].text);
}

static void add_condition(struct buf *out, const struct rule *r)
{
	if (r->when)
		add_key_text(out, "when", r->when->source);
	if (r->on >= 0)
		return;
	buf_add_str(out, "    hold: ");
	add_duration(out, r->hold_ns);
	if (r->hold_of_ns) {
		buf_add_str(out, " of ");
		add_duration(out, r->hold_of_ns);
	}
	buf_add_char(out, '\n');
	if (r->clear)
		add_key_text(out, "clear", r->clear->source);
	add_key_duration(out, "    clear_hold", r->clear_hold_ns);
	add_key_text(out, "unknown", unknown_words[r->unknown]);
}

static void add_arm(struct buf *out, const struct vocabulary *v, const struct rule *r)
{
	if (!r->arm.n_detectors)
		return;
	buf_add_str(out, "    arm:\n");
	if (r->arm.when) {
		buf_add_str(out, "  ");
		add_key_text(out, "when", r->arm.when->source);
	}
	buf_add_str(out, "      detectors: [");
	for (size_t i = 0; i < r->arm.n_detectors; i++)
		buf_printf(out, "%s%s", i ? ", " : "", v->detectors[r->arm.detectors[i]].name);
	buf_add_str(out, "]\n");
	add_key_duration(out, "      for", r->arm.for_ns);
}

static void add_capture(struct buf *out, const struct vocabulary *v, const struct rule *r)
{
	buf_add_str(out, "    capture:\n");
	add_key_duration(out, "      before", r->capture.before_ns);
	add_key_duration(out, "      after", r->capture.after_ns);
	buf_add_str(out, "      collect: [");
	for (size_t i = 0; i < r->capture.n_collectors; i++)
		buf_printf(out, "%s%s", i ? ", " : "", v->collectors[r->capture.collectors[i]].name);
	buf_add_str(out, "]\n      max_size: ");
	add_size(out, r->capture.max_bytes);
	buf_add_str(out, "\n    limits:\n");
	add_limit(out, "entity", r->limits.entity);
	add_limit(out, "rule", r->limits.rule);
}

static void add_labels(struct buf *out, const struct rule *r)
{
	if (r->n_labels)
		buf_add_str(out, "    labels:\n");
	for (size_t i = 0; i < r->n_labels; i++) {
		buf_add_str(out, "  ");
		add_key_text(out, r->labels[i].key, r->labels[i].value);
	}
}

static void add_days(struct buf *out, uint8_t days)
{
	const char *before = "        days: [";
	for (unsigned day = 0; day < 7 && days != EVERY_DAY; day++)
		if (days >> day & 1) {
			buf_printf(out, "%s%s", before, day_words[day]);
			before = ", ";
		}
	buf_add_str(out, days == EVERY_DAY ? "" : "]\n");
}

static void add_exception(struct buf *out, const struct exception *e)
{
	buf_add_str(out, "      - name: ");
	add_text(out, e->name);
	buf_add_str(out, e->n_matches ? "\n        match:\n" : "\n");
	for (size_t i = 0; i < e->n_matches; i++) {
		buf_add_str(out, "      ");
		add_key_text(out, entity_kind_name(e->matches[i].kind), e->matches[i].pattern);
	}
	buf_printf(out, "        between: '%02u:%02u-%02u:%02u'\n", e->from_s / 3600, e->from_s / 60 % 60, e->to_s / 3600,
		   e->to_s / 60 % 60);
	add_days(out, e->days);
	if (e->reason) {
		buf_add_str(out, "    ");
		add_key_text(out, "reason", e->reason);
	}
}

static void add_exceptions(struct buf *out, const struct rule *r)
{
	if (r->n_exceptions)
		buf_add_str(out, "    except:\n");
	for (size_t i = 0; i < r->n_exceptions; i++)
		add_exception(out, &r->exceptions[i]);
}

bool rule_emit(struct arena *arena, const struct vocabulary *vocabulary, struct rule *rule)
{
	_cleanup_buf_ struct buf out = {0};
	add_head(&out, vocabulary, rule);
	add_params(&out, rule);
	add_condition(&out, rule);
	add_arm(&out, vocabulary, rule);
	add_capture(&out, vocabulary, rule);
	add_exceptions(&out, rule);
	add_labels(&out, rule);
	char *digest = arena_alloc(arena, 17);
	rule->yaml = out.failed ? NULL : arena_strndup(arena, buf_str(&out), out.len);
	if (!digest || !rule->yaml)
		return false;
	uint64_t state = DIGEST_START;
	digest_text(rule->yaml, &state);
	digest_format(state, digest);
	rule->digest = digest;
	return true;
}
