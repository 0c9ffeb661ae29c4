/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <poll.h>

#include "engine/cli/ask.h"
#include "engine/cli/options.h"
#include "engine/control.h"
#include "snapshot/bundle/json.h"

#define TRIES	 10
#define TRY_EVERY_MS 500

static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {"run-dir", required_argument, NULL, 'u'}, {0}};

static void print_names(const struct json_object *o, const char *what)
{
	const struct json_object *list = json_member(o, what);
	size_t n = json_length(list);
	if (!n)
		return;
	printf("%s:", what);
	for (size_t i = 0; i < n; i++)
		printf(" %s", json_object_get_string(json_object_array_get_idx(list, i)));
	putchar('\n');
}

static void print_flag(const struct json_object *o, const char *key, const char *sentence)
{
	if (json_flag(o, key))
		puts(sentence);
}

static void print_changes(const char *answer)
{
	_cleanup_json_ struct json_object *o = json_read(answer, strlen(answer));
	const char *restart = ask_text(o, "restart_for");
	print_names(o, "added");
	print_names(o, "removed");
	print_names(o, "changed");
	printf("unchanged: %llu rules\n", (unsigned long long)json_number(o, "unchanged"));
	print_flag(o, "host_limit_changed", "the host's limit changed");
	print_flag(o, "noise_changed", "the noise filters changed");
	print_flag(o, "klog_changed", "the patterns of the kernel's log changed");
	if (*restart && !streq(restart, "-"))
		printf("needs a restart: %s\n", restart);
}

/* Files that are being written will soon be whole. */
static int ask(const char *run_dir, struct buf *answer)
{
	int r;
	for (unsigned i = 0; (r = control_ask(run_dir, "{\"command\":\"reload\"}", answer)) == -EAGAIN && i < TRIES; i++) {
		poll(NULL, 0, TRY_EVERY_MS);
		buf_clear(answer);
	}
	return r;
}

int cmd_reload(int argc, char **argv)
{
	bool json = false;
	char usual[COMMAND_PATH_MAX];
	const char *run_dir = NULL;
	_cleanup_buf_ struct buf answer = {0};
	if (command_wants_help("reload", argc, argv))
		return EXIT_OK;
	for (int o; (o = options_next(argc, argv, "", options)) != -1;) {
		switch (o) {
		case 'j': json = true; break;
		case 'u': run_dir = optarg; break;
		default: return options_wrong("reload", options, argv);
		}
	}
	if (optind < argc)
		return command_usage("reload", "unexpected argument '%s'", argv[optind]);
	if (!run_dir)
		run_dir = command_run_dir(usual);
	int r = ask(run_dir, &answer);
	if (r < 0)
		return ask_failed("reload", run_dir, r, &answer);
	if (json)
		puts(buf_str(&answer));
	else
		print_changes(buf_str(&answer));
	return EXIT_OK;
}
