/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <json-c/json.h>

#include "engine/base/log.h"
#include "engine/cli/options.h"
#include "engine/doctor.h"
#include "engine/settings.h"

static const struct option options[] = {{"config", required_argument, NULL, 'c'},
					{"json", no_argument, NULL, 'j'},
					{"proc-root", required_argument, NULL, 'p'},
					{"sys-root", required_argument, NULL, 'y'},
					{"state-dir", required_argument, NULL, 'd'},
					{0}};

static void print_json(const struct facility *rows, size_t n)
{
	struct json_object *all = json_object_new_array();
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "facility", json_object_new_string(rows[i].name));
		json_object_object_add(o, "state", json_object_new_string(facility_state_name(rows[i].state)));
		json_object_object_add(o, "using", json_object_new_string(rows[i].using));
		json_object_object_add(o, "reason", json_object_new_string(rows[i].reason));
		json_object_object_add(o, "remedy", json_object_new_string(rows[i].remedy));
		json_object_array_add(all, o);
	}
	puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
}

static void print_table(const struct facility *rows, size_t n)
{
	printf("%-20s %-12s %s\n", "FACILITY", "STATE", "USING");
	for (size_t i = 0; i < n; i++) {
		printf("%-20s %-12s %s\n", rows[i].name, facility_state_name(rows[i].state), rows[i].using);
		if (*rows[i].reason)
			printf("%-20s   why: %s\n", "", rows[i].reason);
		if (*rows[i].remedy)
			printf("%-20s   try: %s\n", "", rows[i].remedy);
	}
}

static int examine(const struct config *config, bool json)
{
	_cleanup_free_ struct facility *rows = NULL;
	size_t n = 0;
	int r = doctor_examine(config, &rows, &n);
	if (r < 0)
		return log_error_errno(r, "cannot examine this machine"), EXIT_FOUND;
	if (json)
		print_json(rows, n);
	else
		print_table(rows, n);
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == FACILITY_DENIED)
			return EXIT_FOUND;
	return EXIT_OK;
}

int cmd_doctor(int argc, char **argv)
{
	struct settings_flags flags = {.usual_config = command_config()};
	struct config config;
	bool json = false;
	if (command_wants_help("doctor", argc, argv))
		return EXIT_OK;
	for (int o; (o = options_next(argc, argv, "", options)) != -1;) {
		switch (o) {
		case 'c': flags.config = optarg; break;
		case 'd': flags.state_dir = optarg; break;
		case 'j': json = true; break;
		case 'p': flags.proc_root = optarg; break;
		case 'y': flags.sys_root = optarg; break;
		default: return options_wrong("doctor", options, argv);
		}
	}
	if (optind < argc)
		return command_usage("doctor", "unexpected argument '%s'", argv[optind]);
	int status = command_load_config(&flags, &config) == 0 ? examine(&config, json) : EXIT_FOUND;
	config_done(&config);
	return status;
}
