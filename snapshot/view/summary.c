/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "snapshot/bundle/json.h"
#include "snapshot/bundle/missing.h"
#include "snapshot/view/event_words.h"
#include "snapshot/view/suspects.h"
#include "snapshot/view/view.h"

#include <inttypes.h>

#define STACKS_SHOWN 5
#define FRAMES_SHOWN 6
#define MISSING_SHOWN 40

/* Every name and every text of others goes through here. */
static void add_escaped(struct buf *out, const char *text)
{
	text_escape_markdown(out, text);
}

static void add_member(struct buf *out, const struct json_object *o, const char *key)
{
	char text[512];
	json_text_cut(o, key, text, sizeof(text));
	add_escaped(out, text);
}

static struct json_object *read_json(struct collect *c, const char *member)
{
	const void *data;
	size_t len;
	return collect_read(c, member, &data, &len) == 0 ? json_read(data, len) : NULL;
}

/* In tenths of a second: more is of no use to a reader. */
static const char *roughly(uint64_t span_ns, char text[CLOCK_TEXT_MAX])
{
	return clock_span(span_ns >= NS_PER_S ? span_ns / (100 * NS_PER_MS) * (100 * NS_PER_MS) : span_ns, text);
}

static void add_truth(struct buf *out, struct collect *c)
{
	char since[CLOCK_TEXT_MAX], span[CLOCK_TEXT_MAX];
	const struct plan *p = collect_plan(c);
	uint64_t first, last;
	collect_truth(c, &first, &last);
	if (first < last)
		buf_printf(out, "; the rule was true from %s before, for %s", roughly(p->fired_ns - MIN(first, p->fired_ns), since),
			   roughly(last - first, span));
}

static void add_head(struct buf *out, struct collect *c)
{
	const struct plan *p = collect_plan(c);
	char at[CLOCK_TEXT_MAX];
	buf_add_str(out, "# ");
	add_escaped(out, p->rule);
	buf_add_str(out, " on ");
	if (p->entity_kind != ENTITY_KIND_HOST)
		buf_printf(out, "%s ", entity_kind_name(p->entity_kind));
	add_escaped(out, p->entity);
	buf_add_str(out, "\n\n");
	if (p->drill || p->by_hand)
		buf_printf(out, "**%s**\n\n", p->drill ? "A drill: fired to test, nothing was wrong." : "Fired by hand.");
	add_escaped(out, p->summary ? p->summary : "");
	buf_printf(out, "\n\n- incident `%s`, severity ", p->id);
	add_escaped(out, p->severity);
	buf_printf(out, "\n- fired %s", clock_rfc3339_ms(p->clocks.realtime, at));
	add_truth(out, c);
	buf_printf(out, "\n- evidence from %s before", clock_span(p->before_ns, at));
	buf_printf(out, " to %s after the firing\n", clock_span(p->after_ns, at));
	buf_printf(out, "- readings by %s, tracetrap %s\n", p->source ? p->source : "?", p->version ? p->version : "?");
}

static void add_term(struct buf *out, const struct json_object *term)
{
	char verdict[16], kind[16];
	if (!json_text(term, "verdict", verdict, sizeof(verdict)) || !json_flag(term, "blamed"))
		return;
	/* Comparisons carry the values; what stands above them says nothing new. */
	json_text(term, "kind", kind, sizeof(kind));
	if (streq(kind, "and") || streq(kind, "or") || streq(kind, "not"))
		return;
	buf_add_str(out, "- ");
	add_member(out, term, "source");
	buf_add_str(out, " was ");
	buf_add_str(out, verdict);
	if (json_member(term, "text")) {
		buf_add_str(out, ": **");
		add_member(out, term, "text");
		buf_add_str(out, "**");
	}
	struct json_object *entity = json_member(term, "entity");
	if (entity) {
		buf_add_str(out, " for ");
		add_member(out, entity, "name");
	}
	buf_add_char(out, '\n');
}

static void add_why(struct buf *out, const struct plan *p, const struct vocabulary *v)
{
	_cleanup_json_ struct json_object *why = p->why ? json_read(p->why, strlen(p->why)) : NULL;
	struct json_object *terms = json_member(why, "terms");
	buf_add_str(out, "\n## Why it fired\n\n");
	size_t before = out->len;
	for (size_t i = 0; i < json_length(terms); i++)
		add_term(out, json_object_array_get_idx(terms, i));
	_cleanup_json_ struct json_object *event = p->event ? json_read(p->event, strlen(p->event)) : NULL;
	_cleanup_buf_ struct buf words = {0};
	if (event) {
		event_words(v, event, &words);
		buf_add_str(out, "- event ");
		add_escaped(out, buf_str(&words));
		buf_add_char(out, '\n');
	}
	if (out->len == before)
		buf_add_str(out, "The terms are not recorded; the rule as loaded is in `rule.yaml`.\n");
}

static void add_culprit(struct buf *out, const struct json_object *culprit)
{
	uint64_t pid = json_number(culprit, "pid"), tasks = json_number(culprit, "tasks");
	buf_add_str(out, "- ");
	add_member(out, culprit, "kind");
	buf_add_str(out, " **");
	add_member(out, culprit, "name");
	buf_add_str(out, "**");
	if (tasks > 1)
		buf_printf(out, " (%" PRIu64 " tasks)", tasks);
	else if (pid)
		buf_printf(out, " (pid %" PRIu64 ")", pid);
	buf_add_str(out, ": ");
	add_member(out, culprit, "evidence");
	buf_add_char(out, '\n');
}

static void add_culprits(struct buf *out, struct collect *c)
{
	_cleanup_json_ struct json_object *o = read_json(c, "culprits.json");
	struct json_object *list = json_member(o, "culprits");
	buf_add_str(out, "\n## What stands out\n\n");
	for (size_t i = 0; i < json_length(list); i++)
		add_culprit(out, json_object_array_get_idx(list, i));
	if (!o)
		buf_add_str(out, "It could not be worked out: `culprits.json` is missing.\n");
	else if (!json_length(list))
		add_member(out, o, "note");
	buf_add_char(out, '\n');
}

/* "comm;outermost;…;innermost": the innermost frames first, as many as there are in the row. A line that begins
 * with a number ends no fence. */
static void add_stack(struct buf *out, const struct tally_row *row, const struct tally *t)
{
	char span[CLOCK_TEXT_MAX];
	_cleanup_buf_ struct buf line = {0};
	const char *first = strchr(row->name, ';');
	buf_printf(&line, "%3.0f %%  %-7s %.*s:", 100.0 * (double)row->weight / (double)MAX(t->total, UINT64_C(1)),
		   roughly(row->weight * NS_PER_US, span), (int)(first ? first - row->name : 0), row->name);
	const char *end = row->name + strlen(row->name);
	for (unsigned n = 0; first && n < FRAMES_SHOWN && end > first; n++) {
		const char *frame = memrchr(first, ';', (size_t)(end - first));
		buf_printf(&line, "%s%.*s", n ? " < " : " ", (int)(end - frame - 1), frame + 1);
		end = frame;
	}
	text_escape_terminal(out, buf_str(&line)); /* the row may end inside a character */
	buf_add_char(out, '\n');
}

/* A line without its middle, so that it fits a row: comm and the innermost frames. */
static void tally_stack(struct tally *t, const char *line, size_t len)
{
	char key[sizeof(t->rows->name)];
	const char *space = memrchr(line, ' ', len), *first = space ? memchr(line, ';', (size_t)(space - line)) : NULL;
	if (!first)
		return;
	size_t comm = (size_t)(first - line), room = sizeof(key) - 2 - MIN(comm, (size_t)32);
	const char *from = (size_t)(space - first) > room ? space - room : first;
	if (from != first)
		from = memchr(from, ';', (size_t)(space - from));
	if (!from)
		return;
	snprintf(key, sizeof(key), "%.*s%.*s", (int)MIN(comm, (size_t)32), line, (int)(space - from), from);
	tally_add(t, key, strlen(key), 0, strtoull(space + 1, NULL, 10));
}

static bool tally_member(struct tally *t, struct collect *c, const char *member)
{
	const void *data;
	size_t len;
	if (collect_read(c, member, &data, &len) < 0)
		return false;
	const char *text = data, *newline;
	for (; (newline = memchr(text, '\n', len)); len -= (size_t)(newline + 1 - text), text = newline + 1)
		tally_stack(t, text, (size_t)(newline - text));
	return t->n > 0;
}

static void add_stacks(struct buf *out, struct collect *c)
{
	struct tally t = {0};
	bool while_true = tally_member(&t, c, "profile/true.folded");
	if (!while_true) {
		tally_member(&t, c, "profile/before.folded");
		tally_member(&t, c, "profile/after.folded");
	}
	tally_settle(&t);
	if (t.n)
		buf_printf(out, "## Where CPU time went%s\n\n```\n", while_true ? " while the rule was true" : "");
	for (size_t i = 0; i < MIN(t.n, (size_t)STACKS_SHOWN); i++)
		add_stack(out, &t.rows[i], &t);
	if (t.n)
		buf_add_str(out, "```\n\nInnermost function first (`profile/true.folded`, `profile/flame.svg`). User stacks are by frame "
				 "pointer only: code built without them shows short or wrong callers.\n\n");
	tally_done(&t);
}

static void add_missing_line(struct buf *out, const struct ledger_entry *e)
{
	buf_add_str(out, "- ");
	add_escaped(out, e->member);
	buf_printf(out, ": %s", member_state_name(e->state));
	if (e->lost)
		buf_printf(out, ", %" PRIu64 " lost", e->lost);
	buf_add_str(out, *e->reason ? ", " : "");
	add_escaped(out, e->reason);
	buf_add_char(out, '\n');
}

static void add_joined(struct buf *out, const struct ledger *l)
{
	for (size_t i = 0; i < l->n_joined; i++) {
		buf_add_str(out, i ? "- " : "\n## Fired too\n\n- ");
		add_escaped(out, l->joined[i].rule);
		buf_add_str(out, " on ");
		add_escaped(out, l->joined[i].entity);
		buf_add_char(out, '\n');
	}
}

static void add_missing_lines(struct buf *out, const struct plan *p, const struct ledger *l)
{
	struct missing m = {l, p->started_ns, p->fired_ns, p->before_ns};
	const struct ledger_entry *e;
	size_t before = out->len, shown = 0;
	_cleanup_buf_ struct buf young = {0};
	if (missing_young(&m, &young))
		buf_printf(out, "- %s\n", buf_str(&young));
	for (size_t at = 0; (e = missing_next(&m, &at));)
		if (shown++ < MISSING_SHOWN)
			add_missing_line(out, e);
	if (out->len == before)
		buf_add_str(out, "Nothing.\n");
	else if (shown > MISSING_SHOWN)
		buf_printf(out, "- and %zu more, see `ledger.json`\n", shown - MISSING_SHOWN);
}

static void add_missing(struct buf *out, struct collect *c)
{
	const void *data;
	size_t len;
	_cleanup_(ledger_done) struct ledger l = {0};
	buf_add_str(out, "## What is missing or incomplete\n\n");
	if (collect_read(c, "ledger.json", &data, &len) < 0 || ledger_parse(data, len, &l) < 0) {
		buf_add_str(out, "The ledger could not be read.\n");
		return;
	}
	add_missing_lines(out, collect_plan(c), &l);
	add_joined(out, &l);
}

int view_summary(struct collect *c)
{
	_cleanup_buf_ struct buf text = {0};
	add_head(&text, c);
	add_why(&text, collect_plan(c), collect_vocabulary(c));
	add_culprits(&text, c);
	add_stacks(&text, c);
	add_missing(&text, c);
	FILE *to = text.failed ? NULL : collect_open(c, "summary.md");
	if (!to)
		return -ENOMEM;
	fwrite(text.data, 1, text.len, to);
	collect_close(c, MEMBER_COMPLETE, NULL, 0);
	return 0;
}
