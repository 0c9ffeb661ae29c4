/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"
#include "engine/cli/incident.h"
#include "snapshot/bundle/json.h"

static void print_json(const struct bundle_finding *f, int n)
{
	_cleanup_json_ struct json_object *all = json_object_new_array();
	_cleanup_buf_ struct buf text = {0};
	for (int i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();
		json_add_text(o, "member", f[i].member);
		json_add_text(o, "problem", f[i].problem);
		json_object_array_add(all, o);
	}
	json_print(all, &text);
	fputs(buf_str(&text), stdout);
}

static void print(const char *path, const struct bundle_finding *f, int n)
{
	for (int i = 0; i < n; i++) {
		print_escaped(f[i].member[0] ? f[i].member : path);
		fputs(f[i].member[0] ? " " : ": ", stdout);
		print_escaped(f[i].problem);
		putchar('\n');
	}
	if (n == 0) {
		print_escaped(path);
		puts(": whole");
	}
}

int cmd_verify(int argc, char **argv)
{
	struct incident_options o;
	_cleanup_free_ struct bundle_finding *findings = NULL;
	char path[512];
	if (command_wants_help("verify", argc, argv))
		return EXIT_OK;
	int r = incident_parse("verify", "j", argc, argv, &o);
	if (r)
		return r;
	if (o.n_words != 1)
		return command_usage("verify", "expected one BUNDLE");
	if (!incident_path(&o, o.words[0], path))
		return EXIT_FOUND;
	int n = bundle_verify(path, &findings);
	if (n < 0)
		log_error_errno(n, "cannot verify '%s'", path);
	else if (o.json)
		print_json(findings, n);
	else
		print(path, findings, n);
	return n == 0 ? EXIT_OK : EXIT_FOUND;
}
