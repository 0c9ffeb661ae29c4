/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "rules/trial/reader.h"

#define INTERVAL_MIN (10 * NS_PER_MS)
#define STARTS_S INT64_C(1767614400) /* 2026-01-05T12:00:00 */

const char *moment_name(enum moment_kind kind)
{
	static const char *const names[] = {"fires", "suppressed", "excepted", "clears", "gone", "arms", "disarms"};
	return names[kind];
}

const char *reader_path(struct reader *r, const char *path)
{
	const char *slash = strrchr(r->suite->path, '/');
	if (path[0] == '/' || !slash)
		return path;
	_cleanup_buf_ struct buf out = {0};
	buf_printf(&out, "%.*s/%s", (int)(slash - r->suite->path), r->suite->path, path);
	return arena_strdup(r->files.arena, buf_str(&out));
}

int reader_detector(struct reader *r, const struct node *n)
{
	const struct vocabulary *v = r->vocabulary;
	const char *name, *names[v->n_detectors + 1];
	if (!node_string(n, r->files.diagnostics, &name))
		return -1;
	int index = vocabulary_detector(v, name);
	if (index >= 0)
		return index;
	for (size_t i = 0; i < v->n_detectors; i++)
		names[i] = v->detectors[i].name;
	const char *near = text_nearest(name, names, v->n_detectors);
	if (near)
		trial_error(r, n->at, "unknown-detector", "unknown detector '%.64s', did you mean '%s'?", name, near);
	else
		trial_error(r, n->at, "unknown-detector", "unknown detector '%.64s'; `tracetrap detectors` lists them", name);
	return -1;
}

static void read_interval(struct reader *r, const struct node *n)
{
	uint64_t ns = NS_PER_S;
	if (n && node_duration(n, r->files.diagnostics, &ns) && (ns < INTERVAL_MIN || ns > 3600 * NS_PER_S))
		trial_error(r, n->at, "out-of-range", "an interval of '%s'; it is between 10ms and 1h", n->text);
	else
		r->test->interval_ns = ns;
}

static void read_starts(struct reader *r, const struct node *n)
{
	struct tm local = {0};
	const char *text, *end;
	if (!n || !node_string(n, r->files.diagnostics, &text))
		return;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &local);
	int64_t s = timegm(&local);
	if (end && !*end && s > 0 && local.tm_year < 300)
		r->test->starts_s = s;
	else
		trial_error(r, n->at, "bad-time", "expected a local time like 2026-01-05T12:00:00, not '%.64s'", text);
}

/* {RULE.PARAM: VALUE} as "RULE.PARAM=VALUE" */
static void read_set(struct reader *r, const struct node *map)
{
	if (!map || !node_is_mapping(map, "overrides, as in {cpu-sys-spike.level: 60%}", r->files.diagnostics))
		return;
	r->test->set_at = map->at;
	r->test->overrides = arena_array(r->files.arena, const char *, map->n);
	for (size_t i = 0; r->test->overrides && i < map->n; i++) {
		_cleanup_buf_ struct buf text = {0};
		const char *value;
		if (!node_string(map->pairs[i].value, r->files.diagnostics, &value))
			continue;
		buf_printf(&text, "%s=%s", map->pairs[i].key->text, value);
		r->test->overrides[r->test->n_overrides++] = arena_strdup(r->files.arena, buf_str(&text));
	}
}

static void read_input(struct reader *r, const struct node *map)
{
	static const char *const instead[] = {"series", "gone", "events", "attached", "interval", "starts"};
	const struct node *n = node_get(map, "input");
	const char *path;
	if (!n || !node_string(n, r->files.diagnostics, &path))
		return;
	r->test->input = reader_path(r, path);
	for (size_t i = 0; i < ARRAY_SIZE(instead); i++)
		if (node_get(map, instead[i]))
			trial_error(r, node_get(map, instead[i])->at, "input-and-series",
				    "'%s' beside 'input': what happens is in the recording", instead[i]);
}

/* "2026-11-20T14:10:00Z", with a fraction or without. */
static bool parse_utc(const char *text, uint64_t *ret_ns)
{
	struct tm utc = {0};
	uint64_t unit = NS_PER_S, fraction = 0;
	const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
	if (!at || utc.tm_year < 70 || utc.tm_year >= 300)
		return false;
	for (at += *at == '.'; *at >= '0' && *at <= '9' && unit > 1; at++) {
		unit /= 10;
		fraction += unit * (uint64_t)(*at - '0');
	}
	*ret_ns = (uint64_t)timegm(&utc) * NS_PER_S + fraction;
	return streq(at, "Z");
}

static void read_bound(struct reader *r, const struct node *map, const char *key, uint64_t *ret_ns)
{
	const struct node *n = node_get(map, key);
	const char *text;
	uint64_t ns = 0;
	if (!n)
		return;
	if (!r->test->input)
		trial_error(r, n->at, "slice-of-nothing", "'%s' without 'input': it says which part of a history is meant", key);
	else if (!node_string(n, r->files.diagnostics, &text))
		return;
	else if (parse_utc(text, &ns))
		*ret_ns = ns;
	else
		trial_error(r, n->at, "bad-time", "expected a time like 2026-11-20T14:10:00Z, not '%.64s'", text);
}

static void read_slice(struct reader *r, const struct node *map)
{
	struct trial_test *t = r->test;
	read_bound(r, map, "since", &t->since_ns);
	read_bound(r, map, "until", &t->until_ns);
	if (t->since_ns && t->until_ns && t->since_ns >= t->until_ns)
		trial_error(r, node_get(map, "until")->at, "bad-time", "'until' is not after 'since'");
}

static void check_name(struct reader *r, const struct node *map)
{
	const struct node *n = node_get(map, "name");
	if (!n)
		trial_error(r, map->at, "missing-key", "this test has no name, as in name: fires at the threshold");
	else
		node_string(n, r->files.diagnostics, &r->test->name);
	for (const struct trial_test *t = r->suite->tests; t < r->test; t++)
		if (n && *t->name && streq(t->name, r->test->name))
			trial_error(r, n->at, "duplicate-test", "a second test '%.80s'; the first stands in line %u: rename one", t->name,
				    t->at.line);
}

static void read_test(struct reader *r, const struct node *map, struct trial_test *ret)
{
	static const char *const keys[] = {"name",	"interval", "starts", "set",   "attached",
					   "series", "gone",     "events", "input", "since", "until", "expect"};
	r->test = ret;
	*ret = (struct trial_test){.name = "", .at = map->at, .interval_ns = NS_PER_S, .starts_s = STARTS_S};
	if (!node_is_mapping(map, "a test: a mapping with name, series and expect", r->files.diagnostics))
		return;
	node_check_keys(map, "a test", keys, ARRAY_SIZE(keys), r->files.diagnostics);
	check_name(r, map);
	read_interval(r, node_get(map, "interval"));
	read_starts(r, node_get(map, "starts"));
	read_set(r, node_get(map, "set"));
	read_input(r, map);
	read_slice(r, map);
	given_read(r, map);
	expected_read(r, node_get(map, "expect"));
}

static void read_rules(struct reader *r, const struct node *root)
{
	const struct node *n = node_get(root, "rules");
	const char *const *names;
	size_t n_names;
	if (!n || !node_strings(n, r->files.arena, r->files.diagnostics, &names, &n_names)) {
		if (!n)
			trial_error(r, root->at, "missing-key", "this file names no rules, as in rules: [../rules.d/my-rule.yaml]");
		return;
	}
	const char **paths = arena_array(r->files.arena, const char *, n_names);
	for (size_t i = 0; paths && i < n_names; i++)
		paths[i] = reader_path(r, names[i]);
	r->suite->rules = paths;
	r->suite->n_rules = paths ? n_names : 0;
}

static void take_document(struct files *f, const struct node *root)
{
	static const char *const keys[] = {"version", "rules", "tests"};
	struct reader *r = (struct reader *)f;
	if (r->taken) {
		trial_error(r, root->at, "unreadable", "a test file is one file; this is another of a folder");
		return;
	}
	r->taken = true;
	if (!node_is_mapping(root, "version: 1, rules: and tests:", f->diagnostics))
		return;
	node_check_keys(root, "a test file", keys, ARRAY_SIZE(keys), f->diagnostics);
	read_rules(r, root);
	const struct node *list = files_list(f, root, "tests", "tests");
	r->suite->tests = arena_array(f->arena, struct trial_test, list ? list->n : 0);
	for (size_t i = 0; r->suite->tests && list && i < list->n; i++)
		read_test(r, list->items[i], &r->suite->tests[r->suite->n++]);
}

/* `text` NULL: the file `name`. */
static int load(const char *name, const char *text, size_t len, const struct vocabulary *vocabulary, struct diagnostics *d,
		struct suite **ret)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct suite *s = arena ? arena_alloc(arena, sizeof(*s)) : NULL;
	if (!s)
		return -ENOMEM;
	size_t errors = diagnostics_count(d, DIAGNOSTIC_ERROR);
	*s = (struct suite){.path = arena_strdup(arena, name), .arena = arena};
	struct reader r = {
		.files = {.caps = &load_caps_default, .arena = arena, .diagnostics = d, .take = take_document},
		.vocabulary = vocabulary,
		.suite = s,
	};
	int e = !s->path ? -ENOMEM : text ? files_load_text(&r.files, name, text, len) : files_load(&r.files, name);
	if (e == 0 && arena_failed(arena))
		e = -ENOMEM;
	if (e == 0 && diagnostics_count(d, DIAGNOSTIC_ERROR) > errors)
		e = -EINVAL;
	if (e < 0)
		return e;
	arena = NULL;
	*ret = s;
	return 0;
}

int suite_load(const char *path, const struct vocabulary *vocabulary, struct diagnostics *d, struct suite **ret)
{
	return load(path, NULL, 0, vocabulary, d, ret);
}

int suite_load_text(const char *name, const char *text, size_t len, const struct vocabulary *vocabulary,
		    struct diagnostics *d, struct suite **ret)
{
	return load(name, text, len, vocabulary, d, ret);
}

/* The errors, with those of an override at the test's `set`. Warnings are `tracetrap check`'s. */
static void pass_on(struct diagnostics *from, const struct trial_test *t, struct diagnostics *to)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(from, &n);
	for (size_t i = 0; i < n; i++)
		if (all[i].level == DIAGNOSTIC_ERROR)
			diagnostics_add(to, DIAGNOSTIC_ERROR, streq(all[i].at.file, "--set") ? t->set_at : all[i].at,
					all[i].code, "%s", all[i].message);
}

int suite_rules(const struct suite *s, const struct trial_test *t, const struct vocabulary *vocabulary,
		struct diagnostics *d, struct ruleset **ret)
{
	const struct load_options options = {.paths = s->rules,
					     .n_paths = s->n_rules,
					     .overrides = (const char *const *)t->overrides,
					     .n_overrides = t->n_overrides,
					     .vocabulary = vocabulary};
	struct diagnostics *own = diagnostics_new();
	struct ruleset *set = NULL;
	int r = own ? rules_load(&options, own, &set) : -ENOMEM;
	if (r == 0)
		suite_check(t, set, own);
	if (r == 0 && diagnostics_count(own, DIAGNOSTIC_ERROR)) {
		ruleset_free(set);
		r = -EINVAL;
	}
	if (own)
		pass_on(own, t, d);
	diagnostics_free(own);
	if (r == 0)
		*ret = set;
	return r;
}

struct suite *suite_free(struct suite *s)
{
	if (s)
		arena_free(s->arena);
	return NULL;
}
