/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"
#include "engine/vocabulary.h"
#include "rules/load.h"

#include <getopt.h>
#include <json-c/json.h>

/* Growing lists of borrowed arguments, as rules_load() takes them. */
struct arguments {
	const char **paths, **overrides;
	size_t n_paths, n_overrides;
	bool json;
};

static void show(struct diagnostics *d)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(d, &n);
	for (size_t i = 0; i < n; i++) {
		_cleanup_buf_ struct buf line = {0};
		diagnostic_format(&line, &all[i]);
		fprintf(stderr, "%s\n", buf_str(&line));
	}
}

static void show_json(struct diagnostics *d)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(d, &n);
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "file", json_object_new_string(all[i].at.file));
		json_object_object_add(o, "line", json_object_new_int64(all[i].at.line));
		json_object_object_add(o, "column", json_object_new_int64(all[i].at.column));
		json_object_object_add(o, "level",
				       json_object_new_string(all[i].level == DIAGNOSTIC_ERROR ? "error" : "warning"));
		json_object_object_add(o, "code", json_object_new_string(all[i].code));
		json_object_object_add(o, "message", json_object_new_string(all[i].message));
		json_object_array_add(list, o);
	}
	puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(list);
}

static int check(const struct arguments *a)
{
	const struct load_options options = {
		.paths = a->paths,
		.n_paths = a->n_paths,
		.overrides = a->overrides,
		.n_overrides = a->n_overrides,
		.vocabulary = vocabulary(),
	};
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	int r = d ? rules_load(&options, d, &set) : -ENOMEM;
	if (r == -ENOMEM) {
		fprintf(stderr, "tracetrap check: out of memory\n");
		diagnostics_free(d);
		return EXIT_FOUND;
	}
	size_t warnings = diagnostics_count(d, DIAGNOSTIC_WARNING);
	(a->json ? show_json : show)(d);
	if (!a->json && r == 0)
		printf("%zu rules, %zu warnings\n", set->n, warnings);
	diagnostics_free(d);
	ruleset_free(set);
	return r < 0 ? EXIT_FOUND : warnings ? EXIT_WARNINGS : EXIT_OK;
}

/* Rules of the configuration that `tracetrap run` would take. */
static void default_path(char path[512])
{
	const char *config = command_config(), *slash = strrchr(config, '/');
	snprintf(path, 512, "%.*s/rules.d", slash ? (int)(slash - config) : 1, slash ? config : ".");
}

/* EXIT_OK, or what to end with. */
static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option long_options[] = {
		{"json", no_argument, NULL, 'j'},
		{"rules", required_argument, NULL, 'r'},
		{"set", required_argument, NULL, 's'},
		{0},
	};
	opterr = 0;
	for (int c; (c = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
		switch (c) {
		case 'j':
			a->json = true;
			break;
		case 'r':
			a->paths[a->n_paths++] = optarg;
			break;
		case 's':
			a->overrides[a->n_overrides++] = optarg;
			break;
		default:
			return command_usage("check", "unknown or incomplete option '%s'", argv[optind - 1]);
		}
	}
	while (optind < argc)
		a->paths[a->n_paths++] = argv[optind++];
	return EXIT_OK;
}

int cmd_check(int argc, char **argv)
{
	char path[512];
	if (command_wants_help("check", argc, argv))
		return EXIT_OK;
	_cleanup_free_ const char **paths = calloc((size_t)argc + 1, sizeof(*paths));
	_cleanup_free_ const char **overrides = calloc((size_t)argc + 1, sizeof(*overrides));
	struct arguments a = {.paths = paths, .overrides = overrides};
	if (!paths || !overrides)
		return EXIT_FOUND;
	int r = parse(argc, argv, &a);
	if (r != EXIT_OK)
		return r;
	if (a.n_paths == 0) {
		default_path(path);
		paths[a.n_paths++] = path;
	}
	return check(&a);
}
