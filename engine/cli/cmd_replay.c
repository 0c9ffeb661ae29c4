/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/text.h"
#include "engine/cli/diagnose.h"
#include "engine/cli/incident.h"
#include "engine/cli/options.h"
#include "engine/cli/recording.h"
#include "engine/cli/replay_tell.h"
#include "engine/cli/sweep.h"
#include "engine/vocabulary.h"
#include "rules/load.h"
#include "snapshot/bundle/json.h"

struct arguments {
	char store[512];
	const char **paths, **overrides;
	size_t n_paths, n_overrides;
	char **words; /* what to replay */
	size_t n_words;
	uint64_t since_ns, until_ns;
	bool json;
	struct sweep sweep; /* n 0: none asked for */
};

struct recordings {
	struct recording *of;
	size_t n;
};

static void recordings_done(struct recordings *r)
{
	for (size_t i = 0; i < r->n; i++)
		recording_done(&r->of[i]);
	free(r->of);
}

static bool read_recordings(const struct arguments *a, struct recordings *ret)
{
	ret->of = calloc(a->n_words, sizeof(*ret->of));
	bool ok = ret->of;
	for (size_t i = 0; ok && i < a->n_words; i++, ret->n++)
		ok = recording_open(a->store, a->words[i], /* with_rule= */ a->n_paths == 0, &ret->of[i]);
	return ok;
}

/* The rules to decide by; NULL after the reasons were said. */
static struct ruleset *load_rules(const struct arguments *a, const struct recording *rec)
{
	const struct load_options options = {.paths = a->paths,
					     .n_paths = a->n_paths,
					     .overrides = a->overrides,
					     .n_overrides = a->n_overrides,
					     .vocabulary = vocabulary()};
	struct ruleset *set = NULL;
	struct diagnostics *d = diagnostics_new();
	int r = !d		? -ENOMEM
		: a->n_paths ? rules_load(&options, d, &set)
			     : rules_load_text("rule.yaml", buf_str(&rec->rule), rec->rule.len, &options, d, &set);
	if (d)
		diagnose_print(d, stderr);
	if (r == -ENOMEM)
		log_error("out of memory");
	diagnostics_free(d);
	return r < 0 ? NULL : set;
}

static void print_json(struct json_object *o)
{
	_cleanup_buf_ struct buf out = {0};
	if (json_print(o, &out) == 0)
		fputs(buf_str(&out), stdout);
	json_object_put(o);
}

/* Recorded rules that decide otherwise than recorded are our bug, unless the log itself has holes. */
static bool decided_alike(const struct replay_result *r)
{
	if (r->lost)
		log_warning("the log lost %llu records, so this replay is not exact", (unsigned long long)r->lost);
	if (!r->differences)
		return true;
	_cleanup_buf_ struct buf safe = {0};
	text_escape_terminal(&safe, r->difference);
	log_error("the recorded rules decided otherwise in %llu transitions (%s): please report this",
		  (unsigned long long)r->differences, buf_str(&safe));
	return r->lost > 0;
}

/* Loads the rules and replays; NULL after the reasons were said. The caller frees the set and the result. */
static struct ruleset *decide(const struct arguments *a, const struct recording *rec, struct replay_result *ret)
{
	struct ruleset *set = load_rules(a, rec);
	if (!set)
		return NULL;
	struct replay_options options = {.rules = set, .since_ns = a->since_ns, .until_ns = a->until_ns};
	return recording_replay(rec, &options, ret) ? set : ruleset_free(set);
}

/* Once, not for each setting of a sweep: what history says nothing about. */
static void warn_of_untold(const struct recording *rec, const struct ruleset *set)
{
	_cleanup_buf_ struct buf names = {0};
	for (size_t i = 0; rec->history && i < set->n; i++) {
		const struct rule *r = &set->rules[i];
		if (r->on >= 0 && vocabulary()->detectors[r->on].class == DETECTOR_ARMED)
			buf_printf(&names, "%s%s", names.len ? ", " : "", r->name);
	}
	if (names.len)
		log_warning("history has no events of armed detectors, so these rules cannot be judged: %s", buf_str(&names));
}

/* One recording under the rules as they stand. */
static int replay_one(const struct arguments *a, const struct recording *rec, struct json_object *all)
{
	_cleanup_(replay_done) struct replay_result result = {0};
	struct ruleset *set = decide(a, rec, &result);
	if (!set)
		return EXIT_FOUND;
	warn_of_untold(rec, set);
	if (a->n_words > 1 && !all)
		printf("%s:\n", rec->word);
	struct json_object *o = all ? replay_json(&result, set) : NULL;
	if (o)
		json_add_text(o, "path", rec->path);
	if (o)
		json_object_array_add(all, o);
	else
		replay_print(&result, set);
	bool alike = decided_alike(&result);
	ruleset_free(set);
	return alike && result.happening ? EXIT_OK : EXIT_FOUND;
}

/* One object for one recording, an array for more. */
static int replay_once(const struct arguments *a, const struct recordings *recs)
{
	struct json_object *all = a->json ? json_object_new_array() : NULL;
	int code = EXIT_OK;
	for (size_t i = 0; i < recs->n; i++)
		code = MAX(code, replay_one(a, &recs->of[i], all));
	size_t n = all ? json_object_array_length(all) : 0;
	if (n == 1 && recs->n == 1)
		print_json(json_object_get(json_object_array_get_idx(all, 0)));
	else if (n)
		print_json(json_object_get(all));
	json_object_put(all);
	return code;
}

struct sizes {
	struct store_row *rows;
	size_t n;
};

/* One setting over all recordings; false after the reason was said. `ret_results`: NULL when nobody wants them. */
static bool try_setting(const struct arguments *a, const struct recordings *recs, const struct sizes *sizes,
			struct replay_tally *tally, struct json_object *ret_results)
{
	for (size_t i = 0; i < recs->n; i++) {
		_cleanup_(replay_done) struct replay_result result = {0};
		struct ruleset *set = decide(a, &recs->of[i], &result);
		if (!set)
			return false;
		replay_tally_add(tally, &result, sizes->rows, sizes->n);
		struct json_object *o = ret_results ? replay_json(&result, set) : NULL;
		if (o)
			json_add_text(o, "path", recs->of[i].path);
		if (o)
			json_object_array_add(ret_results, o);
		ruleset_free(set);
	}
	return true;
}

/* {set, what it comes to, and the replay itself: its own fields for one recording, `recordings` for more}. */
static struct json_object *setting_json(const char *setting, const struct replay_tally *tally, struct json_object *results)
{
	bool one = json_object_array_length(results) == 1;
	struct json_object *o = one ? json_object_get(json_object_array_get_idx(results, 0)) : json_object_new_object();
	json_add_text(o, "set", setting);
	replay_tally_json(tally, o);
	if (!one)
		json_object_object_add(o, "recordings", json_object_get(results));
	return o;
}

/* Every value of the range in turn: a line each, or one array. */
static int replay_sweep(struct arguments *a, const struct recordings *recs, const struct sizes *sizes)
{
	char text[SWEEP_TEXT_MAX];
	struct json_object *all = a->json ? json_object_new_array() : NULL;
	bool any = false, ok = true;
	a->overrides[a->n_overrides++] = text;
	for (unsigned i = 0; ok && i < a->sweep.n; i++) {
		struct replay_tally tally = {0};
		struct json_object *results = all ? json_object_new_array() : NULL;
		sweep_value(&a->sweep, i, text);
		ok = try_setting(a, recs, sizes, &tally, results);
		any |= tally.firings > 0;
		if (ok && all)
			json_object_array_add(all, setting_json(text, &tally, results));
		else if (ok)
			replay_tally_print(&tally, text);
		json_object_put(results);
	}
	if (ok && all)
		print_json(json_object_get(all));
	json_object_put(all);
	return ok && any ? EXIT_OK : EXIT_FOUND;
}

static int replay(struct arguments *a)
{
	_cleanup_(recordings_done) struct recordings recs = {0};
	struct sizes sizes = {0};
	if (!read_recordings(a, &recs))
		return EXIT_FOUND;
	if (!a->sweep.n)
		return replay_once(a, &recs);
	store_list(a->store, &sizes.rows, &sizes.n); /* without a store captures are guessed */
	int code = replay_sweep(a, &recs, &sizes);
	store_rows_free(sizes.rows, sizes.n);
	return code;
}

/* A value is an override like any other, a range is for replay_sweep(). */
static int take_set(struct arguments *a, const char *text)
{
	if (!sweep_is(text))
		a->overrides[a->n_overrides++] = text;
	else if (a->sweep.n)
		return command_usage("replay", "only one --set may be a range");
	else if (!sweep_parse(text, &a->sweep))
		return command_usage("replay", "'%s' is no range: write RULE.PARAM=A..B/STEP, all of one unit, %u steps at most",
				     text, SWEEP_STEPS_MAX);
	return EXIT_OK;
}

static int take_time(const char *option, const char *text, uint64_t *ret_ns)
{
	if (when_parse(text, clock_now(CLOCK_REALTIME), ret_ns))
		return EXIT_OK;
	return command_usage("replay", "%s '%s' is no time: write 2h (ago), 2026-11-20 or 2026-11-20T17:23:01Z", option, text);
}

static const struct option options[] = {
	{"json", no_argument, NULL, 'j'},  {"rules", required_argument, NULL, 'r'}, {"set", required_argument, NULL, 's'},
	{"since", required_argument, NULL, 'f'}, {"store", required_argument, NULL, 'd'}, {"until", required_argument, NULL, 't'},
	{0},
};

/* EXIT_OK, or what to end with. */
static int take_option(struct arguments *a, int c, char **argv)
{
	switch (c) {
	case 'j':
		a->json = true;
		return EXIT_OK;
	case 'r':
		a->paths[a->n_paths++] = optarg;
		return EXIT_OK;
	case 's':
		return take_set(a, optarg);
	case 'd':
		snprintf(a->store, sizeof(a->store), "%s", optarg);
		return EXIT_OK;
	case 'f':
		return take_time("--since", optarg, &a->since_ns);
	case 't':
		return take_time("--until", optarg, &a->until_ns);
	default:
		return options_wrong("replay", options, argv);
	}
}

static int parse(int argc, char **argv, struct arguments *a)
{
	int r = EXIT_OK;
	for (int c; r == EXIT_OK && (c = options_next(argc, argv, "", options)) != -1;)
		r = take_option(a, c, argv);
	if (r != EXIT_OK)
		return r;
	if (optind == argc)
		return command_usage("replay", "expected a BUNDLE, a LOG or HISTORY (a directory, or " RECORDING_HISTORY ")");
	a->words = argv + optind;
	a->n_words = (size_t)(argc - optind);
	return EXIT_OK;
}

int cmd_replay(int argc, char **argv)
{
	if (command_wants_help("replay", argc, argv))
		return EXIT_OK;
	_cleanup_free_ const char **paths = calloc((size_t)argc + 1, sizeof(*paths));
	_cleanup_free_ const char **overrides = calloc((size_t)argc + 1, sizeof(*overrides));
	struct arguments a = {.paths = paths, .overrides = overrides};
	if (!paths || !overrides)
		return EXIT_FOUND;
	int r = parse(argc, argv, &a);
	if (r != EXIT_OK)
		return r;
	if (!*a.store)
		command_store_dir(a.store);
	return replay(&a);
}
