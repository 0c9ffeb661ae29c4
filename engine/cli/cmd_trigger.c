/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <json-c/json.h>

#include "engine/cli/ask.h"
#include "engine/cli/options.h"

static const struct option options[] = {{"json", no_argument, NULL, 'j'},
					{"dry-run", no_argument, NULL, 'n'},
					{"entity", required_argument, NULL, 'e'},
					{"run-dir", required_argument, NULL, 'u'},
					{0}};

static char *make_request(const char *rule, const char *entity, bool dry_run)
{
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "command", json_object_new_string("trigger"));
	json_object_object_add(o, "rule", json_object_new_string(rule));
	json_object_object_add(o, "entity", json_object_new_string(entity));
	json_object_object_add(o, "dry_run", json_object_new_boolean(dry_run));
	char *text = strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return text;
}

/* An id on stdout wherever a bundle will hold the firing, for scripts. */
static void tell(const struct json_object *o, const char *rule, const char *outcome)
{
	if (streq(outcome, "drill"))
		printf("rule '%s' would fire now; nothing was captured\n", rule);
	else if (streq(outcome, "busy"))
		fprintf(stderr, "tracetrap trigger: nothing was captured: earlier incidents are still being written; try again once one is published\n");
	else if (streq(outcome, "failed"))
		fprintf(stderr, "tracetrap trigger: nothing was captured: the capture could not start; the daemon's log says why\n");
	else if (streq(outcome, "ended"))
		fprintf(stderr, "tracetrap trigger: nothing was captured: the daemon is ending\n");
	else
		printf("%s\n", ask_text(o, "incident"));
	if (streq(outcome, "joined"))
		fprintf(stderr, "rule '%s' joined an incident that was open\n", rule);
}

static int answered(const char *answer, const char *rule, bool json)
{
	struct json_object *o = json_tokener_parse(answer);
	const char *outcome = ask_text(o, "outcome");
	bool taken = streq(outcome, "opened") || streq(outcome, "joined") || streq(outcome, "drill");
	int status = taken ? EXIT_OK : EXIT_FOUND;
	if (json)
		puts(answer);
	else
		tell(o, rule, outcome);
	json_object_put(o);
	return status;
}

int cmd_trigger(int argc, char **argv)
{
	bool json = false, dry_run = false;
	const char *run_dir = NULL, *entity = "";
	if (command_wants_help("trigger", argc, argv))
		return EXIT_OK;
	for (int o; (o = options_next(argc, argv, "n", options)) != -1;) {
		switch (o) {
		case 'j': json = true; break;
		case 'n': dry_run = true; break;
		case 'e': entity = optarg; break;
		case 'u': run_dir = optarg; break;
		default: return options_wrong("trigger", options, argv);
		}
	}
	if (optind + 1 != argc)
		return command_usage("trigger", "name one rule");
	_cleanup_buf_ struct buf answer = {0};
	_cleanup_free_ char *request = make_request(argv[optind], entity, dry_run);
	int r = request ? ask_daemon("trigger", run_dir, request, &answer) : EXIT_FOUND;
	return r ? r : answered(buf_str(&answer), argv[optind], json);
}
