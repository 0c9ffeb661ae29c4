/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/unit.h"
#include "engine/cli/incident.h"
#include "engine/vocabulary.h"
#include "snapshot/bundle/json.h"
#include "snapshot/bundle/manifest.h"
#include "snapshot/bundle/missing.h"
#include "snapshot/view/event_words.h"

#include <inttypes.h>

#define JSON_BYTES_MAX (UINT64_C(16) << 20)

struct report {
	struct bundle *bundle;
	struct manifest manifest;
	bool has_manifest;
	struct ledger ledger;
	bool has_ledger;
	struct json_object *why, *culprits, *ledger_json; /* NULL when they are not there */
};

static struct json_object *read_json(struct bundle *b, const char *member)
{
	_cleanup_buf_ struct buf text = {0};
	return bundle_read(b, member, JSON_BYTES_MAX, &text) < 0 ? NULL : json_read(text.data, text.len);
}

static void report_read(struct report *r)
{
	_cleanup_buf_ struct buf manifest = {0}, ledger = {0};
	r->has_manifest = bundle_read(r->bundle, "manifest.json", MANIFEST_BYTES_MAX, &manifest) == 0 &&
			  manifest_parse(manifest.data, manifest.len, &r->manifest) == 0;
	r->has_ledger = bundle_read(r->bundle, "ledger.json", LEDGER_BYTES_MAX, &ledger) == 0 &&
			ledger_parse(ledger.data, ledger.len, &r->ledger) == 0;
	r->why = read_json(r->bundle, "why.json");
	r->culprits = read_json(r->bundle, "culprits.json");
	r->ledger_json = read_json(r->bundle, "ledger.json");
}

static void report_done(struct report *r)
{
	manifest_done(&r->manifest);
	ledger_done(&r->ledger);
	json_object_put(r->why);
	json_object_put(r->culprits);
	json_object_put(r->ledger_json);
	bundle_close(r->bundle);
}

static struct json_object *missing_array(const struct report *r)
{
	struct json_object *all = json_object_new_array();
	for (size_t i = 0; i < r->ledger.n; i++) {
		const struct ledger_entry *e = &r->ledger.entries[i];
		if (e->state == MEMBER_COMPLETE)
			continue;
		struct json_object *o = json_object_new_object();
		json_add_text(o, "member", e->member);
		json_add_text(o, "state", member_state_name(e->state));
		json_add_text(o, "reason", e->reason);
		json_object_array_add(all, o);
	}
	return all;
}

static void print_json(const struct report *r)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	_cleanup_buf_ struct buf text = {0};
	struct json_object *culprits = json_member(r->culprits, "culprits");
	json_object_object_add(o, "manifest", json_object_get(r->manifest.json));
	json_object_object_add(o, "why", json_object_get(r->why));
	json_object_object_add(o, "culprits", culprits ? json_object_get(culprits) : json_object_new_array());
	json_object_object_add(o, "ledger", json_object_get(r->ledger_json));
	json_object_object_add(o, "missing", missing_array(r));
	json_print(o, &text);
	fputs(buf_str(&text), stdout);
}

/* "disk sda", but only "host". */
static void add_entity(struct grid *g, const char *kind, const char *name)
{
	bool same = streq(kind, name);
	grid_add(g, "%s%s%s", kind, same ? "" : " ", same ? "" : name);
}

static void add_labels(struct grid *g, struct json_object *labels)
{
	if (!json_object_is_type(labels, json_type_object))
		return;
	json_object_object_foreach(labels, key, value) {
		grid_add(g, "label");
		grid_add(g, "%s: %s", key, value ? json_object_get_string(value) : "");
	}
}

static void add_fired(struct grid *g, const struct manifest *m, const struct json_object *span)
{
	char at[CLOCK_TEXT_MAX], since[CLOCK_TEXT_MAX], all[CLOCK_TEXT_MAX];
	uint64_t first = json_number(span, "first_ns"), last = json_number(span, "last_ns");
	clock_rfc3339_ms(m->fired_realtime_ns, at);
	clock_span(m->fired_ns - MIN(m->onset_ns, m->fired_ns), since);
	if (!m->onset_ns || m->onset_ns >= m->fired_ns)
		grid_add(g, "%s", at);
	else if (last > m->fired_ns && first < m->fired_ns)
		grid_add(g, "%s, true since %s before, for %s", at, since,
			 clock_span((last - first) / (100 * NS_PER_MS) * (100 * NS_PER_MS), all));
	else
		grid_add(g, "%s, true since %s before", at, since);
}

static void add_head(struct grid *g, const struct manifest *m, const struct json_object *culprits)
{
	char before[CLOCK_TEXT_MAX], after[CLOCK_TEXT_MAX];
	_cleanup_buf_ struct buf mem = {0};
	unit_format(&mem, UNIT_BYTES, (double)m->mem_bytes);
	grid_add(g, "rule");
	grid_add(g, "%s (%s)%s%s", m->rule, m->severity, m->by_hand ? ", fired by hand" : "", m->drill ? ", a drill" : "");
	grid_add(g, "summary");
	grid_add(g, "%s", m->summary);
	grid_add(g, "entity");
	add_entity(g, m->entity_kind, m->entity);
	grid_add(g, "fired");
	add_fired(g, m, json_member(culprits, "true_span"));
	add_labels(g, json_member(m->json, "labels"));
	grid_add(g, "window");
	grid_add(g, "%s before, %s after", clock_span(m->before_ns, before), clock_span(m->after_ns, after));
	grid_add(g, "host");
	grid_add(g, "%s, Linux %s %s, %u CPUs, %s", m->hostname, m->release, m->machine, m->cpus, buf_str(&mem));
	grid_add(g, "taken by");
	grid_add(g, "tracetrap %s, %s", m->version, m->source);
}

static void print_head(const struct report *r)
{
	_cleanup_(grid_done) struct grid g = {.columns = 2};
	print_escaped(bundle_id(r->bundle));
	putchar('\n');
	if (r->has_manifest)
		add_head(&g, &r->manifest, r->culprits);
	grid_print(&g, "  ");
	if (!r->has_manifest)
		puts("  its manifest is missing or damaged");
}

/* A value of any JSON type as people read it; nothing for null. */
static const char *plain(const struct json_object *o, const char *key)
{
	struct json_object *v = json_member(o, key);
	return v ? json_object_get_string(v) : "";
}

/* What combines comparisons, and the sides of one, say nothing that the comparison does not. */
static bool is_told(const struct json_object *term)
{
	const char *kind = plain(term, "kind");
	return *plain(term, "verdict") && !streq(kind, "and") && !streq(kind, "or") && !streq(kind, "not");
}

static void print_terms(const struct json_object *terms)
{
	_cleanup_(grid_done) struct grid g = {.columns = 3};
	for (size_t i = 0; i < json_length(terms); i++) {
		const struct json_object *t = json_object_array_get_idx(terms, i);
		if (!is_told(t))
			continue;
		grid_add(&g, "%s", plain(t, "source"));
		grid_add(&g, "%s", *plain(t, "text") ? plain(t, "text") : plain(t, "value"));
		grid_add(&g, "%s", plain(t, "verdict"));
	}
	grid_print(&g, "  ");
}

static void print_why(const struct report *r)
{
	struct json_object *terms = json_member(r->why, "terms"), *event = json_member(r->manifest.json, "event");
	_cleanup_buf_ struct buf words = {0};
	if (json_length(terms) || event)
		puts("\nwhy");
	if (event) {
		event_words(vocabulary(), event, &words);
		print_wrapped(buf_str(&words), 2);
	}
	print_terms(terms);
}

/* "fault-spin (8 tasks)", "mount pid 77" */
static void print_culprit(size_t rank, const struct json_object *c)
{
	uint64_t tasks = json_number(c, "tasks");
	_cleanup_buf_ struct buf name = {0};
	buf_printf(&name, "%zu. %s %s", rank, plain(c, "kind"), plain(c, "name"));
	if (tasks > 1)
		buf_printf(&name, " (%" PRIu64 " tasks)", tasks);
	else if (json_number(c, "pid"))
		buf_printf(&name, " pid %" PRIu64, json_number(c, "pid"));
	print_wrapped(buf_str(&name), 2);
	print_wrapped(plain(c, "evidence"), 5);
}

static void print_culprits(const struct report *r)
{
	struct json_object *all = json_member(r->culprits, "culprits");
	puts("\nculprits");
	for (size_t i = 0; i < json_length(all); i++)
		print_culprit(i + 1, json_object_array_get_idx(all, i));
	if (!json_length(all))
		print_wrapped(r->culprits ? plain(r->culprits, "note") : "not in this bundle", 2);
}

static void print_joined(const struct report *r)
{
	_cleanup_(grid_done) struct grid g = {.columns = 3};
	char after[CLOCK_TEXT_MAX];
	if (r->ledger.n_joined)
		puts("\njoined");
	for (size_t i = 0; i < r->ledger.n_joined; i++) {
		const struct ledger_firing *f = &r->ledger.joined[i];
		uint64_t first = r->manifest.fired_ns;
		grid_add(&g, "%s", f->rule);
		add_entity(&g, f->entity_kind, f->entity);
		grid_add(&g, "%s later", clock_span(f->fired_ns - MIN(first, f->fired_ns), after));
	}
	grid_print(&g, "  ");
}

static void list_members(const struct report *r)
{
	_cleanup_(grid_done) struct grid g = {.columns = 2, .right = 2};
	for (size_t i = 0; i < bundle_members(r->bundle); i++) {
		const struct bundle_member *m = bundle_member(r->bundle, i);
		_cleanup_buf_ struct buf size = {0};
		unit_format(&size, UNIT_BYTES, (double)m->bytes);
		grid_add(&g, "%s", m->name);
		grid_add(&g, "%s", m->whole ? buf_str(&size) : "damaged");
	}
	grid_print(&g, "  ");
}

static void print_members(const struct report *r, bool each)
{
	_cleanup_buf_ struct buf size = {0};
	uint64_t bytes = 0;
	size_t damaged = 0;
	for (size_t i = 0; i < bundle_members(r->bundle); i++) {
		bytes += bundle_member(r->bundle, i)->bytes;
		damaged += !bundle_member(r->bundle, i)->whole;
	}
	unit_format(&size, UNIT_BYTES, (double)bytes);
	printf("\nmembers\n  %zu, %s unpacked", bundle_members(r->bundle), buf_str(&size));
	if (damaged)
		printf(", %zu damaged", damaged);
	puts(each ? "" : " (--members lists them)");
	if (each)
		list_members(r);
}

static void print_missing(const struct report *r)
{
	_cleanup_(grid_done) struct grid g = {.columns = 3};
	_cleanup_buf_ struct buf young = {0};
	struct missing m = {&r->ledger, r->manifest.started_ns, r->manifest.fired_ns, r->manifest.before_ns};
	const struct ledger_entry *e;
	for (size_t at = 0; (e = missing_next(&m, &at));) {
		grid_add(&g, "%s", e->member);
		grid_add(&g, "%s", member_state_name(e->state));
		grid_add(&g, "%s", e->reason);
	}
	if (missing_young(&m, &young) || g.n)
		puts("\nmissing, or not all there");
	print_wrapped(buf_str(&young), 2);
	grid_print(&g, "  ");
	if (bundle_cut(r->bundle) || !r->has_ledger)
		puts("\nThis file was cut or damaged: what came after these members is lost (`tracetrap verify`, `tracetrap salvage`).");
}

int cmd_show(int argc, char **argv)
{
	struct incident_options o;
	_cleanup_(report_done) struct report r = {0};
	if (command_wants_help("show", argc, argv))
		return EXIT_OK;
	int status = incident_parse("show", "jm", argc, argv, &o);
	if (status)
		return status;
	if (o.n_words > 1)
		return command_usage("show", "expected one BUNDLE");
	if (!incident_open(&o, o.n_words ? o.words[0] : "@last", &r.bundle))
		return EXIT_FOUND;
	report_read(&r);
	if (o.json) {
		print_json(&r);
		return EXIT_OK;
	}
	print_head(&r);
	print_why(&r);
	print_culprits(&r);
	print_joined(&r);
	print_members(&r, o.members);
	print_missing(&r);
	return EXIT_OK;
}
