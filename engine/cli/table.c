/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include "engine/base/text.h"

/* One row a command, sorted by name; its run function stands in cmd_NAME.c. */
// clang-format off
#define COMMANDS(X) \
	X(cat, "[--store DIR] BUNDLE MEMBER", "print one member of a bundle", false) \
	X(check, "[--json|--effective|--schema|--explain CODE] [--config FILE] [--set RULE.PARAM=VALUE]... [--rules PATH]... [--noise PATH]... [PATH]...", "lint rules, configuration and noise filters; exit 0 clean, 1 errors, 3 warnings", false) \
	X(detectors, "[--json] [--config FILE] [--run-dir DIR]", "all detectors: what each is for, its hook, what it saw, lost and cost", false) \
	X(doctor, "[--json] [--config FILE] [--proc-root DIR] [--sys-root DIR] [--state-dir DIR]", "what this kernel and these rights allow, and the remedy", false) \
	X(extract, "[-C DIR] [--store DIR] BUNDLE", "unpack a bundle, its whole members at least", false) \
	X(helper, "", "read what can block for the daemon (started by it)", true) \
	X(list, "[--since T] [--until T] [--rule GLOB] [--entity GLOB] [--culprit GLOB] [--store DIR] [--json]", "incidents taken", false) \
	X(pin, "[--off] [--store DIR] BUNDLE", "keep an incident from eviction", false) \
	X(reload, "[--json] [--run-dir DIR]", "read rules, noise filters and configuration again; says what changed", false) \
	X(replay, "[--rules PATH]... [--set RULE.PARAM=VALUE|A..B/STEP]... [--since T] [--until T] [--json] [--store DIR] BUNDLE|LOG|HISTORY...", "decide a recording again: when it fires, what changes", false) \
	X(rm, "[--force] [--store DIR] BUNDLE...", "remove incidents", false) \
	X(run, "[--config FILE] [--rules PATH]... [--set RULE.PARAM=VALUE]... [--state-dir DIR] [--run-dir DIR] [--proc-root DIR] [--sys-root DIR] [--source auto|bpf|proc] [--seconds N] [--verbose]", "the daemon, in the foreground", false) \
	X(salvage, "[--store DIR] BUNDLE FILE", "make a valid bundle of a cut one", false) \
	X(show, "[--members] [--json] [--store DIR] [BUNDLE]", "what fired, why, who stands out, what is missing", false) \
	X(signals, "[--json] [--proc-root DIR] [--sys-root DIR]", "what this machine offers: signals, units, values", false) \
	X(status, "[--near SPAN [--rules PATH]... [--config FILE]] [--json] [--run-dir DIR]", "rules and their states, detectors, captures, own cost; --near: what nearly fired", false) \
	X(test, "[--run ERE] [--diff] [--junit FILE] [--mutate] [--json] FILE|FOLDER...", "run rule tests; --mutate lists the changes to the rules that no test notices", false) \
	X(trigger, "[--entity NAME] [--dry-run] [--json] [--run-dir DIR] RULE", "fire a rule by hand", false) \
	X(verify, "[--json] [--store DIR] BUNDLE", "find every changed or missing byte", false) \
	X(why, "[--entity NAME] [--json] [--run-dir DIR] RULE", "each term of a rule, with its value, now", false) \
	X(worker, "", "take one incident (started by the daemon)", true) \
	X(writer, "", "write to disk for the daemon (started by it)", true)
// clang-format on

#define DECLARE(name, arguments, summary, hidden) int cmd_##name(int argc, char **argv);
#define ROW(name, arguments, summary, hidden) {#name, arguments, summary, cmd_##name, hidden},

COMMANDS(DECLARE)

const struct command command_table[] = {COMMANDS(ROW){0}};
const size_t command_table_n = ARRAY_SIZE(command_table) - 1;

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_table_n; i++)
		if (streq(command_table[i].name, name))
			return &command_table[i];
	return NULL;
}

int command_unknown(const char *name)
{
	const char *names[ARRAY_SIZE(command_table)] = {0};
	for (size_t i = 0; i < command_table_n; i++)
		names[i] = command_table[i].name;
	const char *near = text_nearest(name, names, command_table_n);
	if (near)
		fprintf(stderr, "tracetrap: unknown command '%s', did you mean '%s'?\n", name, near);
	else
		fprintf(stderr, "tracetrap: unknown command '%s'; `tracetrap help` lists them\n", name);
	return EXIT_USAGE;
}
