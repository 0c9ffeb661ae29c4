/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/ask.h"

#include "engine/cli/command.h"
#include "engine/control.h"
#include "snapshot/bundle/json.h"

int ask_daemon(const char *command, const char *run_dir, const char *request, struct buf *ret_answer)
{
	char usual[COMMAND_PATH_MAX];
	if (!run_dir)
		run_dir = command_run_dir(usual);
	int r = control_ask(run_dir, request, ret_answer);
	return r == 0 ? EXIT_OK : ask_failed(command, run_dir, r, ret_answer);
}

int ask_failed(const char *command, const char *run_dir, int r, const struct buf *answer)
{
	if (r == -ECONNREFUSED)
		fprintf(stderr, "tracetrap %s: no daemon listens on '%s/control.sock'; start one with `tracetrap run`\n", command,
			run_dir);
	else if (answer->len)
		fprintf(stderr, "tracetrap %s: %s\n", command, buf_str(answer));
	else
		fprintf(stderr, "tracetrap %s: cannot ask the daemon on '%s/control.sock': %s\n", command, run_dir, strerror(-r));
	return EXIT_FOUND;
}

const char *ask_text(const struct json_object *o, const char *key)
{
	const char *s = json_object_get_string(json_member(o, key));
	return s ? s : "-";
}
