/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/cli/ask.h"
#include "engine/cli/options.h"
#include "engine/cli/status_near.h"
#include "snapshot/bundle/json.h"
#include "snapshot/store/hours.h"

static const struct option options[] = {{"json", no_argument, NULL, 'j'},
					{"near", required_argument, NULL, 'n'},
					{"config", required_argument, NULL, 'c'},
					{"rules", required_argument, NULL, 'r'},
					{"run-dir", required_argument, NULL, 'u'},
					{0}};

static double number(struct json_object *o, const char *key)
{
	return json_object_get_double(json_member(o, key));
}

/* How long the condition has come to what it says. */
static void add_since(struct buf *out, struct json_object *o)
{
	if (json_member(o, "verdict_since_s"))
		buf_printf(out, "%.0f s", number(o, "verdict_since_s"));
	else
		buf_add_char(out, '-');
}

static void add_held(struct buf *out, struct json_object *o)
{
	if (number(o, "hold_s") > 0)
		buf_printf(out, "%.1f/%.1f s", number(o, "hold_progress_s"), number(o, "hold_s"));
	else
		buf_add_char(out, '-');
}

static void print_rules(struct json_object *rows)
{
	printf("\n%-24s %-20s %-8s %-8s %8s %-11s %6s %6s %6s %7s  %s\n", "RULE", "ENTITY", "STATE", "WHEN", "SINCE", "HELD",
	       "FIRED", "SUPPR.", "EXCEPT", "TOKENS", "EXCEPTION");
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *o = json_object_array_get_idx(rows, i);
		_cleanup_buf_ struct buf entity = {0}, exception = {0}, since = {0}, held = {0};
		text_escape_terminal(&entity, ask_text(o, "entity"));
		text_escape_terminal(&exception, ask_text(o, "exception"));
		add_since(&since, o);
		add_held(&held, o);
		printf("%-24s %-20s %-8s %-8s %8s %-11s %6.0f %6.0f %6.0f %7.0f  %s\n", ask_text(o, "rule"), buf_str(&entity),
		       ask_text(o, "state"), ask_text(o, "verdict"), buf_str(&since), buf_str(&held), number(o, "fired"), number(o, "suppressed"),
		       number(o, "excepted"), number(o, "tokens_entity"), buf_str(&exception));
	}
}

static void print_detectors(struct json_object *rows)
{
	printf("\n%-12s %-7s %-12s %8s %6s %8s %9s  %s\n", "DETECTOR", "CLASS", "STATE", "EVENTS", "LOST", "LIMITED", "FILTERED",
	       "HOOK OR REASON");
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *o = json_object_array_get_idx(rows, i);
		printf("%-12s %-7s %-12s %8.0f %6.0f %8.0f %9.0f  %s\n", ask_text(o, "detector"), ask_text(o, "class"),
		       ask_text(o, "state"), number(o, "events"), number(o, "lost"), number(o, "limited"),
		       number(o, "filtered"), ask_text(o, json_member(o, "reason") ? "reason" : "hook"));
	}
}

static void print_history(struct json_object *o)
{
	char since[CLOCK_TEXT_MAX];
	_cleanup_buf_ struct buf size = {0};
	struct hours_extent extent = {0};
	const char *path = ask_text(o, "path");
	bool any = hours_extent(path, &extent) == 0 && extent.files;
	unit_format(&size, UNIT_BYTES, (double)extent.bytes);
	if (!json_object_get_boolean(json_member(o, "on")))
		printf("history    off (history.enabled)\n");
	else if (!any)
		printf("history    %s, nothing older than a minute yet\n", path);
	else
		printf("history    %s, %s since %.16sZ\n", path, buf_str(&size), clock_rfc3339(extent.first_realtime_ns, since));
}

/* What was not recorded or not captured, since the start. */
static void print_losses(struct json_object *o)
{
	const struct {
		const char *object, *key, *words;
	} losses[] = {
		{"captures", "busy", "firings while others were still being written"},
		{"self", "lost_inputs", "inputs or checkpoints of the input log"},
		{"self", "lost_readings", "ticks, entities or readings (self.lost)"},
		{"self", "refused_entities", "entities over source.entities"},
		{"self", "overrun_transitions", "transitions"},
		{"history", "lost", "records of the history on disk"},
	};
	const char *before = "lost       ";
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
		double n = number(json_member(o, losses[i].object), losses[i].key);
		if (n == 0)
			continue;
		printf("%s%.0f %s", before, n, losses[i].words);
		before = ", ";
	}
	puts(*before == ',' ? "" : "lost       nothing");
}

static void print_status(struct json_object *o)
{
	struct json_object *captures = json_member(o, "captures"), *self = json_member(o, "self");
	printf("tracetrap %s, pid %s, up %.0f s\n", ask_text(o, "version"), ask_text(o, "pid"), number(o, "uptime_s"));
	printf("source     %s\n", ask_text(o, "source"));
	if (json_member(o, "fallback_reason"))
		printf("           %s\n", ask_text(o, "fallback_reason"));
	printf("stack ring %s\n", ask_text(o, "stack_ring"));
	printf("captures   %s opened, %s joined, %s published, %s failed", ask_text(captures, "opened"),
	       ask_text(captures, "joined"), ask_text(captures, "published"), ask_text(captures, "failed"));
	printf(json_member(captures, "last") ? "; last %s\n" : "\n", ask_text(captures, "last"));
	print_history(json_member(o, "history"));
	print_losses(o);
	printf("own cost   %.2f ms CPU per second, %.1f MiB resident (the daemon alone; self.cpu and self.rss count its helpers too)\n",
	       number(self, "cpu_ms_per_s"),
	       number(self, "rss_bytes") / (1 << 20));
	print_rules(json_member(o, "rules"));
	print_detectors(json_member(o, "detectors"));
}

static int ask_status(const char *run_dir, bool json)
{
	_cleanup_buf_ struct buf answer = {0};
	int r = ask_daemon("status", run_dir, "{\"command\":\"status\"}", &answer);
	if (r)
		return r;
	struct json_object *o = json_tokener_parse(buf_str(&answer));
	if (json)
		puts(buf_str(&answer));
	else if (o)
		print_status(o);
	json_object_put(o);
	return EXIT_OK;
}

int cmd_status(int argc, char **argv)
{
	bool json = false;
	const char *run_dir = NULL, *near = NULL;
	struct settings_flags flags = {.usual_config = command_config()};
	if (command_wants_help("status", argc, argv))
		return EXIT_OK;
	for (int o; (o = options_next(argc, argv, "", options)) != -1;) {
		switch (o) {
		case 'c': flags.config = optarg; break;
		case 'j': json = true; break;
		case 'n': near = optarg; break;
		case 'u': run_dir = optarg; break;
		case 'r':
			if (flags.n_rules == SETTINGS_PATHS_MAX)
				return command_usage("status", "at most %d --rules", SETTINGS_PATHS_MAX);
			flags.rules[flags.n_rules++] = optarg;
			break;
		default: return options_wrong("status", options, argv);
		}
	}
	if (!near && (flags.n_rules || flags.config))
		return command_usage("status", "--rules and --config are for --near");
	return near ? status_near(near, &flags, json) : ask_status(run_dir, json);
}
