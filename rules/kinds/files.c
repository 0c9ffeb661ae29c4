/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/kinds/tables.h"

static const struct kind rows[] = {
	{"TT001", "unreadable",
	 "A file or folder that cannot be opened: it is not there, or whoever runs tracetrap may not read it. Paths of `include` and "
	 "of a rule test's `rules` are relative to the file they stand in, those on the command line to where you are.",
	 "include: rules.d/dsik.yaml", "include: rules.d/disk.yaml"},
	{"TT002", "yaml-empty",
	 "There is nothing in this file but blanks and comments. A file of rules without a rule says so with an empty list.",
	 "# rules will come", "version: 1\nrules: []"},
	{"TT003", "yaml-encoding",
	 "Files are UTF-8, without NUL bytes. An editor that saved Latin-1 or UTF-16 can save again as UTF-8; `iconv -f latin1 -t utf8` "
	 "does the same.",
	 "summary: Last zu gro\\xdf", "summary: Last zu gro\303\237"},
	{"TT004", "yaml-syntax",
	 "The file is no YAML: a bracket or a quote that stays open, a tab in the indentation, a colon without a blank behind it, a "
	 "plain text that begins with a sign. What YAML's parser stumbles over often stands a line above the place it tells. Quote "
	 "what holds `: `, ` #` or begins with one of * & ! | > ' \" % @ [ {.",
	 "collect: [tasks, kmsg", "collect: [tasks, kmsg]"},
	{"TT005", "yaml-tag",
	 "Tags say what type a value is to have. Here the key decides that, and no tag has a meaning. Leave it out.",
	 "name: !!str spike", "name: spike"},
	{"TT006", "yaml-alias",
	 "An alias (*name) repeats what stands at an anchor (&name) further up, once that is finished. This one has no such anchor: it "
	 "is misspelt, stands below, or around the alias itself.",
	 "limits: *usual", "limits: &usual {entity: 1/1h}   # and in the next rule: limits: *usual"},
	{"TT007", "yaml-documents",
	 "A line of three dashes begins a second document. One file holds one: join the lists, or make it two files.",
	 "rules: [{name: a, …}]\n---\nrules: [{name: b, …}]", "rules: [{name: a, …}, {name: b, …}]"},
	{"TT008", "yaml-key",
	 "The key of a mapping is a word. A list or a mapping in its place mostly comes of a stray `?`, or of a template's braces that "
	 "were not filled in.",
	 "{{level}}: 45%", "level: 45%"},
	{"TT009", "duplicate-key",
	 "A key that stands twice in one mapping. YAML's parsers differ in which of the two they take, so neither is taken. Delete one.",
	 "{hold: 1s, hold: 2s}", "{hold: 2s}"},
	{"TT010", "yaml-too-big",
	 "Rules out of a stranger's bundle are read with the same parser as yours, so there are bounds: 1 MiB a file, 16 KiB a text, "
	 "1,024 keys a mapping, 256 anchors, and 50,000 nodes with all aliases written out, which no alias bomb gets past. Split the "
	 "file; `include` brings the parts together.",
	 "one file of 2 MiB", "include: [parts/*.yaml]"},
	{"TT011", "yaml-too-deep",
	 "Lists and mappings nest 16 levels at most; the deepest that any key takes is six. Mostly a bracket is not closed.",
	 "rules: [[[[[[[[[[[[[[[[[", "rules: [{name: r, when: cpu.sys > 45%}]"},
	{"TT021", "include-cycle",
	 "A file that includes itself, by itself or through others; the way is told. Take out one `include`: each file is read once, "
	 "however many include it.",
	 "a.yaml includes b.yaml includes a.yaml", "a.yaml includes b.yaml"},
	{"TT022", "include-too-deep",
	 "Files include files that include files, more than 8 deep. Let the first include them all.",
	 "include: next.yaml   # in each of nine files", "include: [parts/*.yaml]   # in the first"},
	{"TT023", "include-in-memory",
	 "Only a file can include others. The rule that travels in a bundle is a text without a place, and what it includes would be "
	 "read from the machine of whoever opens it. `tracetrap check --effective` prints rules with all that they include.",
	 "include: /etc/passwd", "tracetrap check --effective FILE"},
	{"TT024", "too-many-files",
	 "More than 512 files, all those included counted. Probably a glob below `include` takes in more than was meant.",
	 "include: [/etc/**/*.yaml]", "include: [rules.d/*.yaml]"},
	{"TT031", "too-many-rules",
	 "More than 1,000 rules. Rules that differ by a device alone are one rule with for_each and match.",
	 "a rule for each of 1,200 disks", "for_each: disk"},
	{"TT032", "too-many-errors",
	 "There were so many errors that the rest was not looked at. Mend the first ones: what follows from them goes with them.",
	 NULL, NULL},
	{"TT041", "missing-key",
	 "Something that has no default is not there: a file's version and list, a rule's name and its `when` or `on`, what an "
	 "exception or an override is about. The message says what is missing and in what; `tracetrap check --schema` lists all keys.",
	 "- {when: cpu.sys > 45%}", "- {name: cpu-sys-spike, when: cpu.sys > 45%}"},
	{"TT042", "unknown-key",
	 "A key that does not belong here. It is misspelt (the nearest is told), belongs to another mapping (mostly the indentation "
	 "is wrong), or to a newer tracetrap. An unknown key is never ignored, since the rule would then do something else than it "
	 "says.",
	 "whn: cpu.sys > 45%", "when: cpu.sys > 45%"},
	{"TT043", "unknown-version",
	 "The file says that it is of another version of the format than this tracetrap reads. `version` is the format's, not yours: "
	 "it does not count your changes.",
	 "version: 2", "version: 1"},
	{"TT044", "not-supported",
	 "A key that the language has and this tracetrap does not act upon. It is refused rather than ignored, since evidence that a "
	 "rule asks for and nobody takes is missed when it is too late.",
	 "capture: {exec: [[ss, -s]]}", "capture: {collect: [net]}"},
};

const struct kinds kinds_files = {rows, ARRAY_SIZE(rows)};
