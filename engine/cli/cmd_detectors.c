/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <fcntl.h>

#include "engine/base/io.h"
#include "engine/base/text.h"
#include "engine/cli/ask.h"
#include "engine/cli/options.h"
#include "engine/control.h"
#include "engine/detector_json.h"
#include "engine/settings.h"
#include "snapshot/bundle/json.h"

static const struct option options[] = {{"config", required_argument, NULL, 'c'},
					{"json", no_argument, NULL, 'j'},
					{"run-dir", required_argument, NULL, 'u'},
					{0}};

static bool is_cost_counted(void)
{
	char line[16];
	return io_read_line(AT_FDCWD, "/proc/sys/kernel/bpf_stats_enabled", line, sizeof(line)) >= 0 && line[0] == '1';
}

static const char *cost_words(struct json_object *o, char *ret, size_t size)
{
	uint64_t runs = json_number(o, "run_count");
	if (!runs)
		return "-";
	snprintf(ret, size, "%.1f ms, %.0f ns a run", (double)json_number(o, "run_ns") / 1e6,
		 (double)json_number(o, "run_ns") / (double)runs);
	return ret;
}

static void print_row(struct json_object *o)
{
	char cost[64];
	_cleanup_buf_ struct buf how = {0};
	text_escape_terminal(&how, ask_text(o, json_member(o, "reason") ? "reason" : "hook"));
	printf("%-12s %-7s %-12s %9s %8s %6s %8s %9s  %s\n", ask_text(o, "detector"), ask_text(o, "class"),
	       ask_text(o, "state"), ask_text(o, "threshold"), ask_text(o, "events"), ask_text(o, "lost"),
	       ask_text(o, "limited"), ask_text(o, "filtered"), cost_words(o, cost, sizeof(cost)));
	printf("%-12s %s\n%-12s %s%s\n", "", ask_text(o, "summary"), "", json_member(o, "reason") ? "why not: " : "",
	       buf_str(&how));
}

static void print_table(struct json_object *rows)
{
	printf("%-12s %-7s %-12s %9s %8s %6s %8s %9s  %s\n", "DETECTOR", "CLASS", "STATE", "THRESHOLD", "EVENTS", "LOST",
	       "LIMITED", "FILTERED", "COST");
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		print_row(json_object_array_get_idx(rows, i));
	if (!is_cost_counted())
		printf("\nThe cost of BPF programs is not counted here; `sysctl kernel.bpf_stats_enabled=1` has the kernel do it.\n");
}

/* The running daemon's; NULL when there is none that answers. */
static struct json_object *ask(const char *run_dir)
{
	_cleanup_buf_ struct buf answer = {0};
	if (control_ask(run_dir, "{\"command\":\"status\"}", &answer) < 0)
		return NULL;
	struct json_object *status = json_tokener_parse(buf_str(&answer));
	struct json_object *rows = json_object_get(json_member(status, "detectors"));
	json_object_put(status);
	return rows;
}

/* Without a daemon: each is loaded and attached once, as the doctor does. */
static struct json_object *probe(const struct config *c)
{
	struct entities *entities = entities_new(c->max_entities);
	struct detect_options how = {.settings = c->detectors, .entities = entities, .proc_root = c->proc_root,
				     .sys_root = c->sys_root, .host_root = c->host_root, .klog_path = c->klog_path};
	struct detect *d = NULL;
	struct json_object *rows = json_object_new_array();
	if (entities && detect_new(&how, &d) == 0) {
		detect_start(d);
		for (uint16_t i = 0; i < detector_defs_n; i++) {
			struct detector_status s;
			detect_status(d, i, &s);
			json_object_array_add(rows, detector_json(&detector_defs[i], &s, c->always[i]));
		}
		detect_free(d);
	}
	entities_free(entities);
	return rows;
}

static int list(const struct config *c, bool json)
{
	struct json_object *rows = ask(c->run_dir);
	if (!rows) {
		fprintf(stderr, "no daemon answers; this is what one would have here\n");
		rows = probe(c);
	}
	if (json)
		puts(json_object_to_json_string_ext(rows, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print_table(rows);
	json_object_put(rows);
	return EXIT_OK;
}

int cmd_detectors(int argc, char **argv)
{
	struct settings_flags flags = {.usual_config = command_config()};
	struct config config;
	bool json = false;
	if (command_wants_help("detectors", argc, argv))
		return EXIT_OK;
	for (int o; (o = options_next(argc, argv, "", options)) != -1;) {
		if (o == 'c')
			flags.config = optarg;
		else if (o == 'j')
			json = true;
		else if (o == 'u')
			flags.run_dir = optarg;
		else
			return options_wrong("detectors", options, argv);
	}
	if (optind < argc)
		return command_usage("detectors", "unexpected argument '%s'", argv[optind]);
	int status = command_load_config(&flags, &config) == 0 ? list(&config, json) : EXIT_FOUND;
	config_done(&config);
	return status;
}
