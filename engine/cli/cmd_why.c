/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <json-c/json.h>

#include "engine/base/text.h"
#include "engine/cli/ask.h"
#include "engine/cli/options.h"

static const struct option options[] = {{"json", no_argument, NULL, 'j'},
					{"entity", required_argument, NULL, 'e'},
					{"run-dir", required_argument, NULL, 'u'},
					{0}};

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;
	json_object_object_get_ex(o, key, &v);
	const char *s = json_object_get_string(v);
	return s ? s : "";
}

static double number(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;
	json_object_object_get_ex(o, key, &v);
	return json_object_get_double(v);
}

static void print_term(struct json_object *term)
{
	struct json_object *depth = NULL, *blamed = NULL;
	json_object_object_get_ex(term, "depth", &depth);
	json_object_object_get_ex(term, "blamed", &blamed);
	_cleanup_buf_ struct buf line = {0}, since = {0};
	buf_printf(&line, "%*s%s", 2 * json_object_get_int(depth), "", text(term, "source"));
	if (*text(term, "since_s"))
		buf_printf(&since, "for %.1f s", number(term, "since_s"));
	printf("%s %-56s %-8s %-14s %s\n", json_object_get_boolean(blamed) ? "*" : " ", buf_str(&line), text(term, "verdict"),
	       buf_str(&since), text(term, "text"));
}

static void print_exception(struct json_object *o)
{
	struct json_object *e = NULL;
	_cleanup_buf_ struct buf line = {0};
	json_object_object_get_ex(o, "exception", &e);
	if (!e)
		return;
	buf_add_str(&line, "excepted by '");
	text_escape_terminal(&line, text(e, "name"));
	buf_add_str(&line, *text(e, "reason") ? "': " : "'");
	text_escape_terminal(&line, text(e, "reason"));
	printf("%s; a firing now captures nothing\n", buf_str(&line));
}

static void add_limit(struct buf *line, struct json_object *o, const char *key, const char *whose)
{
	struct json_object *limit = NULL;
	json_object_object_get_ex(o, key, &limit);
	if (limit)
		buf_printf(line, "%s%s of %s for the %s", line->len ? ", " : "", text(limit, "left"), text(limit, "of"), whose);
}

/* Since when, how far the hold is, and what the limits leave. */
static void print_standing(struct json_object *o)
{
	_cleanup_buf_ struct buf limits = {0};
	add_limit(&limits, o, "entity_limit", "entity");
	add_limit(&limits, o, "rule_limit", "rule");
	if (*text(o, "verdict_since_s"))
		printf("so for %.1f s", number(o, "verdict_since_s"));
	if (number(o, "hold_s") > 0)
		printf("; held %.1f s of %.1f s", number(o, "held_s"), number(o, "hold_s"));
	printf("; captures left: %s\n", limits.len ? buf_str(&limits) : "no limit");
	if (*text(o, "suppressed_ago_s"))
		printf("the last firing without a capture left was %.0f s ago\n", number(o, "suppressed_ago_s"));
}

static void print_why(struct json_object *o)
{
	struct json_object *terms = NULL;
	_cleanup_buf_ struct buf entity = {0};
	struct json_object *who = NULL;
	json_object_object_get_ex(o, "entity", &who);
	text_escape_terminal(&entity, text(who, "name"));
	printf("%s on %s is %s; its condition is %s\n", text(o, "rule"), buf_str(&entity), text(o, "state"), text(o, "verdict"));
	print_standing(o);
	print_exception(o);
	json_object_object_get_ex(o, "terms", &terms);
	for (size_t i = 0; terms && i < json_object_array_length(terms); i++)
		print_term(json_object_array_get_idx(terms, i));
	puts("(* flipping this term would change the verdict)");
}

static char *make_request(const char *rule, const char *entity)
{
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "command", json_object_new_string("why"));
	json_object_object_add(o, "rule", json_object_new_string(rule));
	json_object_object_add(o, "entity", json_object_new_string(entity));
	char *request = strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return request;
}

int cmd_why(int argc, char **argv)
{
	bool json = false;
	const char *run_dir = NULL, *entity = "";
	if (command_wants_help("why", argc, argv))
		return EXIT_OK;
	for (int o; (o = options_next(argc, argv, "", options)) != -1;) {
		switch (o) {
		case 'j': json = true; break;
		case 'e': entity = optarg; break;
		case 'u': run_dir = optarg; break;
		default: return options_wrong("why", options, argv);
		}
	}
	if (optind + 1 != argc)
		return command_usage("why", "name one rule");
	_cleanup_buf_ struct buf answer = {0};
	_cleanup_free_ char *request = make_request(argv[optind], entity);
	int r = request ? ask_daemon("why", run_dir, request, &answer) : EXIT_FOUND;
	if (r)
		return r;
	struct json_object *o = json_tokener_parse(buf_str(&answer));
	if (json || !o)
		puts(buf_str(&answer));
	else
		print_why(o);
	json_object_put(o);
	return EXIT_OK;
}
