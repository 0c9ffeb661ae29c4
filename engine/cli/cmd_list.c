/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/text.h"
#include "engine/base/unit.h"
#include "engine/cli/incident.h"
#include "engine/cli/options.h"
#include "snapshot/bundle/json.h"

#define CULPRITS_BYTES_MAX (UINT64_C(4) << 20)

struct filter {
	char store[512];
	uint64_t since_ns, until_ns;
	const char *rule, *entity, *culprit; /* globs; NULL: any */
	bool json;
};

static bool rule_fits(const struct store_row *row, const char *pattern)
{
	for (size_t i = 0; i < row->n_rules; i++)
		if (text_glob(pattern, row->rules[i]))
			return true;
	return false;
}

static bool entity_fits(const struct store_row *row, const char *pattern)
{
	char full[sizeof(row->entity_kind) + sizeof(row->entity) + 1];
	snprintf(full, sizeof(full), "%s:%s", row->entity_kind, row->entity);
	return text_glob(pattern, row->entity) || text_glob(pattern, full);
}

static bool culprit_fits(const struct store_row *row, const char *pattern)
{
	_cleanup_bundle_ struct bundle *b = NULL;
	_cleanup_buf_ struct buf text = {0};
	if (bundle_open(row->path, &b, NULL, 0) < 0 || bundle_read(b, "culprits.json", CULPRITS_BYTES_MAX, &text) < 0)
		return false;
	_cleanup_json_ struct json_object *o = json_read(text.data, text.len);
	struct json_object *culprits = json_member(o, "culprits");
	for (size_t i = 0; i < json_length(culprits); i++) {
		char name[512];
		json_text_cut(json_object_array_get_idx(culprits, i), "name", name, sizeof(name));
		if (text_glob(pattern, name))
			return true;
	}
	return false;
}

static bool row_fits(const struct store_row *row, const struct filter *f)
{
	return row->fired_realtime_ns >= f->since_ns && row->fired_realtime_ns <= f->until_ns &&
	       (!f->rule || rule_fits(row, f->rule)) && (!f->entity || entity_fits(row, f->entity)) &&
	       (!f->culprit || culprit_fits(row, f->culprit));
}

static void add_json(struct json_object *all, const struct store_row *row)
{
	struct json_object *o = json_object_new_object();
	struct json_object *rules = json_object_new_array();
	for (size_t i = 0; i < row->n_rules; i++)
		json_object_array_add(rules, json_object_new_string(row->rules[i]));
	json_add_text(o, "id", row->id);
	json_add_text(o, "rule", row->rule);
	json_object_object_add(o, "rules", rules);
	json_add_text(o, "entity", row->entity);
	json_add_text(o, "entity_kind", row->entity_kind);
	json_add_text(o, "severity", row->severity);
	json_add_text(o, "fired_at", row->fired_at);
	json_add_text(o, "state", row->state);
	json_add_text(o, "path", row->path);
	json_add_number(o, "bytes", row->bytes);
	json_add_flag(o, "pinned", row->pinned);
	json_add_flag(o, "drill", row->drill);
	json_object_array_add(all, o);
}

static void add_line(struct grid *g, const struct store_row *row)
{
	_cleanup_buf_ struct buf size = {0};
	unit_format(&size, UNIT_BYTES, (double)row->bytes);
	grid_add(g, "%s", row->id);
	grid_add(g, "%.19s%s", row->fired_at, row->fired_at[0] ? "Z" : "-");
	if (row->n_rules > 1)
		grid_add(g, "%s (+%zu)", row->rule, row->n_rules - 1);
	else
		grid_add(g, "%s", row->rule[0] ? row->rule : "-");
	grid_add(g, "%s", row->severity[0] ? row->severity : "-");
	grid_add(g, "%s", row->entity[0] ? row->entity : "-");
	grid_add(g, "%s", buf_str(&size));
	grid_add(g, "%s%s%s", row->state, row->pinned ? ", pinned" : "", row->drill ? ", drill" : "");
}

static size_t print_json(const struct store_row *rows, size_t n, const struct filter *f)
{
	_cleanup_json_ struct json_object *all = json_object_new_array();
	_cleanup_buf_ struct buf text = {0};
	for (size_t i = 0; i < n; i++)
		if (row_fits(&rows[i], f))
			add_json(all, &rows[i]);
	json_print(all, &text);
	fputs(buf_str(&text), stdout);
	return json_length(all);
}

static size_t print_table(const struct store_row *rows, size_t n, const struct filter *f)
{
	static const char *const head[] = {"ID", "FIRED", "RULE", "SEVERITY", "ENTITY", "SIZE", "STATE"};
	_cleanup_(grid_done) struct grid g = {.columns = ARRAY_SIZE(head), .right = 1U << 5};
	size_t hits = 0;
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		grid_add(&g, "%s", head[i]);
	for (size_t i = 0; i < n; i++) {
		if (!row_fits(&rows[i], f))
			continue;
		add_line(&g, &rows[i]);
		hits++;
	}
	if (hits)
		grid_print(&g, "");
	return hits;
}

static int list(const struct filter *f)
{
	struct store_row *rows = NULL;
	size_t n = 0;
	int r = store_list(f->store, &rows, &n);
	if (r < 0) {
		log_error_errno(r, "cannot read the store '%s'", f->store);
		return EXIT_FOUND;
	}
	size_t hits = f->json ? print_json(rows, n, f) : print_table(rows, n, f);
	if (!hits && !f->json)
		fprintf(stderr, n ? "no incident fits\n" : "no incidents in '%s'\n", f->store);
	store_rows_free(rows, n);
	return hits ? EXIT_OK : EXIT_FOUND;
}

static bool take_time(const char *text, uint64_t *ret)
{
	return when_parse(text, clock_now(CLOCK_REALTIME), ret);
}

static bool take_option(struct filter *f, int letter)
{
	switch (letter) {
	case 's':
		return take_time(optarg, &f->since_ns);
	case 'u':
		return take_time(optarg, &f->until_ns);
	case 'd':
		return snprintf(f->store, sizeof(f->store), "%s", optarg) < (int)sizeof(f->store);
	case 'r':
		f->rule = optarg;
		return true;
	case 'e':
		f->entity = optarg;
		return true;
	case 'c':
		f->culprit = optarg;
		return true;
	case 'j':
		f->json = true;
		return true;
	default:
		return false;
	}
}

int cmd_list(int argc, char **argv)
{
	static const struct option options[] = {
		{"since", required_argument, NULL, 's'},  {"until", required_argument, NULL, 'u'},
		{"store", required_argument, NULL, 'd'},  {"rule", required_argument, NULL, 'r'},
		{"entity", required_argument, NULL, 'e'}, {"culprit", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},	  {0},
	};
	struct filter f = {.until_ns = UINT64_MAX};
	if (command_wants_help("list", argc, argv))
		return EXIT_OK;
	for (int c; (c = options_next(argc, argv, "", options)) != -1;) {
		if (c == '?')
			return options_wrong("list", options, argv);
		if (!take_option(&f, c))
			return command_usage("list", "'%s' is neither a time (2026-11-20T17:23:01Z, 2026-11-20) nor a span (2h)",
					     optarg);
	}
	if (optind < argc)
		return command_usage("list", "unexpected argument '%s'", argv[optind]);
	if (!*f.store)
		command_store_dir(f.store);
	return list(&f);
}
