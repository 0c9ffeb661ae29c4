/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/base/log.h"
#include "engine/base/text.h"
#include "engine/cli/incident.h"
#include "engine/cli/sweep.h"
#include "engine/replay.h"
#include "engine/vocabulary.h"
#include "rules/load.h"
#include "snapshot/bundle/json.h"

#include <fcntl.h>
#include <getopt.h>

#define SAMPLES_MAX ((size_t)256 << 20)
#define RULE_MAX ((size_t)1 << 20)

struct arguments {
	char store[512];
	const char **paths, **overrides;
	size_t n_paths, n_overrides;
	const char *bundle;
	bool json;
	struct sweep sweep; /* n 0: none asked for */
};

/* What there is to replay: the log, and the rule that was recorded with it (empty for a log alone). */
struct recording {
	struct buf samples, rule;
};

static void recording_done(struct recording *r)
{
	buf_done(&r->samples);
	buf_done(&r->rule);
}

static bool is_log(const char *path)
{
	char magic[4] = {0};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "TTS1", sizeof(magic)) == 0;
}

static bool read_member(struct bundle *b, const char *member, size_t max, struct buf *ret)
{
	int r = bundle_read(b, member, max, ret);
	if (r == -ENOENT)
		log_error("'%s' has no member '%s': nothing to replay; `tracetrap show` tells why", bundle_id(b), member);
	else if (r < 0)
		log_error_errno(r, "cannot read the member '%s' of '%s'", member, bundle_id(b));
	return r >= 0;
}

static bool read_bundle(const char *path, bool with_rule, struct recording *ret)
{
	char error[256] = "";
	_cleanup_bundle_ struct bundle *b = NULL;
	if (bundle_open(path, &b, error, sizeof(error)) < 0) {
		log_error("cannot open the bundle '%s': %s", path, error);
		return false;
	}
	return read_member(b, "samples.tts", SAMPLES_MAX, &ret->samples) &&
	       (!with_rule || read_member(b, "rule.yaml", RULE_MAX, &ret->rule));
}

static bool read_log(const char *path, bool with_rule, struct recording *ret)
{
	if (with_rule) {
		log_error("'%s' is a log without its rules: say which, with --rules PATH", path);
		return false;
	}
	int r = io_read_file(AT_FDCWD, path, SAMPLES_MAX, &ret->samples);
	if (r < 0)
		log_error_errno(r, "cannot read '%s'", path);
	return r >= 0;
}

static bool read_recording(const struct arguments *a, struct recording *ret)
{
	char path[512], error[256] = "";
	if (store_resolve(a->store, a->bundle, path, sizeof(path), error, sizeof(error)) < 0) {
		log_error("%s", error);
		return false;
	}
	bool with_rule = a->n_paths == 0;
	return is_log(path) ? read_log(path, with_rule, ret) : read_bundle(path, with_rule, ret);
}

static void show_diagnostics(struct diagnostics *d)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(d, &n);
	for (size_t i = 0; i < n; i++) {
		_cleanup_buf_ struct buf line = {0}, safe = {0};
		diagnostic_format(&line, &all[i]);
		text_escape_terminal(&safe, buf_str(&line));
		fprintf(stderr, "%s\n", buf_str(&safe));
	}
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
		show_diagnostics(d);
	if (r == -ENOMEM)
		log_error("out of memory");
	diagnostics_free(d);
	return r < 0 ? NULL : set;
}

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
	clock_rfc3339(f->at_ns, at);
	clock_rfc3339(f->recorded_at_ns, recorded);
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

static void print_text(const struct replay_result *r, const struct ruleset *set)
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
static struct json_object *result_json(const struct replay_result *r, const struct ruleset *set)
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

static void say_why(const char *what, int error)
{
	if (error == -EBADMSG)
		log_error("the log of '%s' is malformed", what);
	else if (error == -EPROTONOSUPPORT)
		log_error("the log of '%s' is of a newer format than this tracetrap knows", what);
	else if (error == -E2BIG)
		log_error("these rules need more memory for their windows than is allowed");
	else
		log_error_errno(error, "cannot replay '%s'", what);
}

/* Loads the rules and replays; NULL after the reasons were said. The caller frees the set and the result. */
static struct ruleset *decide(const struct arguments *a, const struct recording *rec, struct replay_result *ret)
{
	struct ruleset *set = load_rules(a, rec);
	if (!set)
		return NULL;
	struct replay_options options = {
		.samples = rec->samples.data, .len = rec->samples.len, .rules = set, .vocabulary = vocabulary()};
	int r = replay_run(&options, ret);
	if (r == 0)
		return set;
	say_why(a->bundle, r);
	return ruleset_free(set);
}

static int replay_once(const struct arguments *a, const struct recording *rec)
{
	_cleanup_(replay_done) struct replay_result result = {0};
	struct ruleset *set = decide(a, rec, &result);
	if (!set)
		return EXIT_FOUND;
	if (a->json)
		print_json(result_json(&result, set));
	else
		print_text(&result, set);
	bool alike = decided_alike(&result);
	ruleset_free(set);
	return alike && result.happening ? EXIT_OK : EXIT_FOUND;
}

static void print_step(const char *override, const struct replay_result *r)
{
	char at[CLOCK_TEXT_MAX];
	const struct replay_firing *first = NULL;
	size_t recorded = 0;
	for (size_t i = 0; i < r->n; i++) {
		first = first || !r->firings[i].happens ? first : &r->firings[i];
		recorded += r->firings[i].happens && r->firings[i].recorded;
	}
	if (first)
		printf("%s: fires %zu time%s, %zu of them recorded, first at %s\n", override, r->happening,
		       r->happening == 1 ? "" : "s", recorded, clock_rfc3339(first->at_ns, at));
	else
		printf("%s: does not fire\n", override);
}

/* Every value of the range in turn: a line each, or one array. */
static int replay_sweep(struct arguments *a, const struct recording *rec)
{
	char text[SWEEP_TEXT_MAX];
	struct json_object *all = json_object_new_array();
	bool any = false;
	a->overrides[a->n_overrides++] = text;
	for (unsigned i = 0; i < a->sweep.n; i++) {
		_cleanup_(replay_done) struct replay_result result = {0};
		sweep_value(&a->sweep, i, text);
		struct ruleset *set = decide(a, rec, &result);
		if (!set) {
			json_object_put(all);
			return EXIT_FOUND;
		}
		any |= result.happening > 0;
		struct json_object *o = result_json(&result, set);
		json_add_text(o, "set", text);
		json_object_array_add(all, o);
		ruleset_free(set);
		if (!a->json)
			print_step(text, &result);
	}
	if (a->json)
		print_json(all);
	else
		json_object_put(all);
	return any ? EXIT_OK : EXIT_FOUND;
}

static int replay(struct arguments *a)
{
	_cleanup_(recording_done) struct recording rec = {0};
	if (!read_recording(a, &rec))
		return EXIT_FOUND;
	return a->sweep.n ? replay_sweep(a, &rec) : replay_once(a, &rec);
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

/* EXIT_OK, or what to end with. */
static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option long_options[] = {
		{"json", no_argument, NULL, 'j'},
		{"rules", required_argument, NULL, 'r'},
		{"set", required_argument, NULL, 's'},
		{"store", required_argument, NULL, 'd'},
		{0},
	};
	int r = EXIT_OK;
	opterr = 0;
	for (int c; r == EXIT_OK && (c = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
		if (c == 'j')
			a->json = true;
		else if (c == 'r')
			a->paths[a->n_paths++] = optarg;
		else if (c == 's')
			r = take_set(a, optarg);
		else if (c == 'd')
			snprintf(a->store, sizeof(a->store), "%s", optarg);
		else
			r = command_usage("replay", "unknown or incomplete option '%s'", argv[optind - 1]);
	}
	if (r != EXIT_OK)
		return r;
	if (argc - optind != 1)
		return command_usage("replay", "expected one BUNDLE");
	a->bundle = argv[optind];
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
	command_store_dir(a.store, command_state_dir());
	int r = parse(argc, argv, &a);
	return r == EXIT_OK ? replay(&a) : r;
}
