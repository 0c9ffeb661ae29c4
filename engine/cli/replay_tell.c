/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/replay_tell.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/base/unit.h"
#include "snapshot/bundle/json.h"

#define BUNDLE_BYTES_TYPICAL (UINT64_C(2) << 20) /* where there is none to go by */

static double seconds(const struct replay_result *r)
{
	return (double)(r->end_ns - r->begin_ns) / (double)NS_PER_S;
}

static void add_subject(struct buf *out, const struct replay_firing *f)
{
	buf_printf(out, "%s on ", f->rule);
	if (f->entity_kind != ENTITY_KIND_HOST)
		buf_printf(out, "%s ", entity_kind_name(f->entity_kind));
	text_escape_terminal(out, f->entity);
}

static void print_firing(const struct replay_firing *f)
{
	char at[CLOCK_TEXT_MAX], recorded[CLOCK_TEXT_MAX];
	_cleanup_buf_ struct buf line = {0};
	add_subject(&line, f);
	clock_rfc3339_ms(f->at_ns, at);
	clock_rfc3339_ms(f->recorded_at_ns, recorded);
	if (!f->happens)
		buf_printf(&line, " would not have fired; recorded at %s", recorded);
	else if (!f->recorded)
		buf_printf(&line, " fires at %s, not recorded", at);
	else if (f->t_ns == f->recorded_t_ns)
		buf_printf(&line, " fires at %s, as recorded", at);
	else
		buf_printf(&line, " fires at %s, recorded at %s", at, recorded);
	if (*f->mark)
		buf_printf(&line, " (%s)", f->mark);
	if (!f->token)
		buf_add_str(&line, f->excepted ? ", under an exception" : ", suppressed by its limits");
	puts(buf_str(&line));
}

void replay_print(const struct replay_result *r, const struct ruleset *set)
{
	char span[CLOCK_TEXT_MAX];
	for (size_t i = 0; i < r->n; i++)
		print_firing(&r->firings[i]);
	if (r->happening == 0 && r->missed)
		puts("with these rules it would not have fired");
	else if (r->n == 0)
		puts("nothing fires, and nothing was recorded to fire");
	printf("%llu readings over %s, %zu rule%s\n", (unsigned long long)r->samples,
	       clock_span(r->end_ns - r->begin_ns, span), set->n, set->n == 1 ? "" : "s");
}

static struct json_object *firing_json(const struct replay_firing *f)
{
	char at[CLOCK_TEXT_MAX];
	struct json_object *o = json_object_new_object();
	json_add_text(o, "rule", f->rule);
	json_add_text(o, "entity", f->entity);
	json_add_text(o, "entity_kind", entity_kind_name(f->entity_kind));
	if (f->happens)
		json_add_text(o, "at", clock_rfc3339(f->at_ns, at));
	json_add_flag(o, "recorded", f->recorded);
	if (f->recorded)
		json_add_text(o, "recorded_at", clock_rfc3339(f->recorded_at_ns, at));
	json_add_flag(o, "suppressed", !f->token && !f->excepted);
	json_add_flag(o, "excepted", f->excepted);
	json_add_text(o, "mark", f->mark);
	return o;
}

/* `firings` happen with these rules; `missed` were recorded and do not. */
struct json_object *replay_json(const struct replay_result *r, const struct ruleset *set)
{
	struct json_object *o = json_object_new_object();
	struct json_object *rules = json_object_new_array(), *firings = json_object_new_array(),
			   *missed = json_object_new_array();
	for (size_t i = 0; i < set->n; i++)
		json_object_array_add(rules, json_object_new_string(set->rules[i].name));
	for (size_t i = 0; i < r->n; i++)
		json_object_array_add(r->firings[i].happens ? firings : missed, firing_json(&r->firings[i]));
	json_object_object_add(o, "rules", rules);
	json_add_number(o, "samples", r->samples);
	json_object_object_add(o, "span_s", json_object_new_double(seconds(r)));
	json_object_object_add(o, "firings", firings);
	json_object_object_add(o, "missed", missed);
	json_add_number(o, "differences", r->differences);
	json_add_number(o, "lost", r->lost);
	return o;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The median of the rule's own bundles; of all, where it has none. */
static uint64_t typical_bytes(const char *rule, const struct store_row *rows, size_t n)
{
	_cleanup_free_ uint64_t *sizes = calloc(n + 1, sizeof(*sizes));
	size_t own = 0;
	for (size_t i = 0; sizes && i < n; i++)
		if (streq(rows[i].rule, rule))
			sizes[own++] = rows[i].bytes;
	for (size_t i = 0; sizes && own == 0 && i < n; i++)
		sizes[i] = rows[i].bytes;
	size_t of = own ? own : n;
	if (!sizes || of == 0)
		return BUNDLE_BYTES_TYPICAL;
	qsort(sizes, of, sizeof(*sizes), by_size);
	return sizes[of / 2];
}

void replay_tally_add(struct replay_tally *t, const struct replay_result *r, const struct store_row *rows, size_t n_rows)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct replay_firing *f = &r->firings[i];
		t->gone += !f->happens;
		if (!f->happens)
			continue;
		t->firings++;
		t->suppressed += !f->token && !f->excepted;
		t->excepted += f->excepted;
		t->captured += f->token;
		t->recorded += f->recorded;
		t->fresh += !f->recorded;
		if (!t->first_at_ns || f->at_ns < t->first_at_ns)
			t->first_at_ns = f->at_ns;
		if (f->token)
			t->capture_bytes += typical_bytes(f->rule, rows, n_rows);
	}
}

void replay_tally_print(const struct replay_tally *t, const char *setting)
{
	char at[CLOCK_TEXT_MAX];
	_cleanup_buf_ struct buf line = {0};
	buf_printf(&line, "%s: ", setting);
	if (t->firings)
		buf_printf(&line, "fires %zu time%s, first at %s; ", t->firings, t->firings == 1 ? "" : "s",
			   clock_rfc3339_ms(t->first_at_ns, at));
	else
		buf_add_str(&line, "does not fire; ");
	if (t->firings) {
		buf_printf(&line, "%zu captured (", t->captured);
		unit_format(&line, UNIT_BYTES, (double)t->capture_bytes);
		buf_printf(&line, "), %zu suppressed", t->suppressed);
		if (t->excepted)
			buf_printf(&line, ", %zu excepted", t->excepted);
		buf_add_str(&line, "; ");
	}
	buf_printf(&line, "%zu as recorded, %zu new, %zu gone", t->recorded, t->fresh, t->gone);
	puts(buf_str(&line));
}

void replay_tally_json(const struct replay_tally *t, struct json_object *o)
{
	char at[CLOCK_TEXT_MAX];
	json_add_number(o, "fired", t->firings);
	if (t->first_at_ns)
		json_add_text(o, "first", clock_rfc3339(t->first_at_ns, at));
	json_add_number(o, "suppressed", t->suppressed);
	json_add_number(o, "excepted", t->excepted);
	json_add_number(o, "captured", t->captured);
	json_add_number(o, "capture_bytes", t->capture_bytes);
	json_add_number(o, "as_recorded", t->recorded);
	json_add_number(o, "new", t->fresh);
	json_add_number(o, "gone", t->gone);
}
