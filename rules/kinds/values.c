/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/kinds/tables.h"

static const struct kind rows[] = {
	{"TT601", "not-a-text",
	 "The key takes a text and got a list, a mapping or nothing. A text that YAML takes for something else, since it begins with [ "
	 "or { or *, is put into quotes.",
	 "match: [sda]", "match: sda"},
	{"TT602", "not-a-list",
	 "The key takes a list: items in brackets, or one a line behind a dash.",
	 "rules: {name: r, when: cpu.sys > 45%}", "rules: [{name: r, when: cpu.sys > 45%}]"},
	{"TT603", "not-a-mapping",
	 "The key takes a mapping of names to values: in braces, or one a line, indented below the key. `key:value` without a blank "
	 "behind the colon is a text.",
	 "limits: 1/10m", "limits: {entity: 1/10m}"},
	{"TT604", "not-a-bool",
	 "The key takes true or false; yes, no, on and off will do too.",
	 "enabled: maybe", "enabled: false"},
	{"TT605", "not-a-choice",
	 "The key takes one of a few words, and the message lists them.",
	 "severity: grave", "severity: critical"},
	{"TT606", "not-a-number",
	 "A number was expected: a bare one, or one with its unit right behind it, in at most 15 digits, as the key has it. In a "
	 "condition it means that a comparison or a text stands where a value is to be compared or added.",
	 "params: {level: high}", "params: {level: 45%}"},
	{"TT607", "not-a-size",
	 "The key takes a number of bytes with its unit: B, KiB, MiB, GiB or TiB; kB, MB and so on for powers of ten.",
	 "max_size: lots", "max_size: 32MiB"},
	{"TT608", "not-a-duration",
	 "The key takes a time with its unit: ns, us, ms, s, m, h or d. A bare number is refused, since half of all readers take it for "
	 "seconds and the other half for milliseconds.",
	 "clear_hold: 5", "clear_hold: 5s"},
	{"TT609", "out-of-range",
	 "The value is of the right kind and not within its bounds, which the message tells. Those of times come of the history, which "
	 "reaches ten minutes back: what is longer could never be seen.",
	 "hold: 3h", "hold: 10m"},
	{"TT610", "unknown-unit",
	 "No unit is called so. Units are %, B KiB MiB GiB TiB, kB MB GB TB, ns us ms s m h d, and rates such as /s or MiB/s. Capitals "
	 "count: m is minutes, MB is 1000 kB.",
	 "mem.used > 5Mib", "mem.used > 5MiB"},
	{"TT611", "unit-mismatch",
	 "Two things that are compared, added or set have units that do not belong together, or a bare number stands where the other "
	 "side has a unit: 45 of a percentage may be 45% or 0.45. `tracetrap signals` tells each signal's unit.",
	 "cpu.sys > 45", "cpu.sys > 45%"},
	{"TT612", "bad-name",
	 "Names are made so that they can stand in file names, in expressions and on the command line: a rule's of a-z, 0-9 and -, a "
	 "parameter's of a-z, 0-9 and _, a label's of letters, digits, _, . and -. A parameter cannot be called what --set already "
	 "means: enabled, severity, limits.entity, limits.rule.",
	 "name: CPU Spike", "name: cpu-spike"},
	{"TT613", "bad-hold",
	 "`hold` says how long `when` has to be true before the rule fires: a time, or two times, the first of which has to come "
	 "together within the second.",
	 "hold: half a second", "hold: 500ms   # or 3s of 5s"},
	{"TT614", "bad-limit",
	 "A limit is a count and a time, or none: 4/1h holds four captures at once and gets one more every 15 minutes.",
	 "limits: {rule: 6 per hour}", "limits: {rule: 6/1h}"},
	{"TT615", "bad-between",
	 "`between` is two local times of day with a - between them, in quotes, since YAML reads 01:00 as a number of base 60. The "
	 "second may be earlier: 22:30-06:00 goes over midnight. 24:00 is the day's end.",
	 "between: 1-3", "between: \"01:00-03:00\""},
	{"TT616", "bad-match",
	 "A pattern that is none, or one that could cost too much. A glob knows *, ? and [a-z], and * crosses /. Between slashes stands "
	 "an extended regular expression (grep -E), which has to match the whole name; it has no back references, and with all "
	 "that is repeated written out as often it has 512 characters at most.",
	 "for_each: disk\nmatch: /sd[a-z/", "for_each: disk\nmatch: /sd[a-z]/"},
	{"TT617", "misplaced-match",
	 "`match` picks among the entities of for_each. A rule for the host has but one.",
	 "match: sda", "for_each: disk\nmatch: sda"},
	{"TT618", "bad-override",
	 "--set takes a rule's name, a dot, what to set, = and the value, without blanks. What can be set are the rule's parameters, "
	 "enabled, severity, limits.entity and limits.rule.",
	 "--set cpu-sys-spike=60%", "--set cpu-sys-spike.level=60%"},
	{"TT619", "on-and-hold",
	 "A rule with `on:` fires at each event of a detector and ends at once, so there is nothing to hold or to clear. To fire at "
	 "several events count them in a condition.",
	 "on: oom\nhold: 5s", "when: events(oom, 10m) >= 3"},
	{"TT621", "duplicate-rule",
	 "Two rules of one name, perhaps in two files, or one file that was named twice. Names are what overrides, limits and incidents "
	 "go by. To change a rule of another file, override it by name.",
	 "rules: [{name: spike, …}]   # and again elsewhere", "override: [{rule: spike, params: {level: 60%}}]"},
	{"TT622", "duplicate-exception",
	 "Two exceptions of one rule have the same name. A firing that is excepted tells the exception's name, so it has to say which.",
	 "except: [{name: backup, …}, {name: backup, …}]", "except: [{name: backup-day, …}, {name: backup-night, …}]"},
};

const struct kinds kinds_values = {rows, ARRAY_SIZE(rows)};
