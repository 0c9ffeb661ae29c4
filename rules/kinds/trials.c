/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/kinds/tables.h"

static const struct kind rows[] = {
	{"TT801", "bad-series",
	 "A series is a line of words in promtool's notation: 10% is one reading; 10%x3 the same four times; 10%+5%x3 is 10% 15% 20% "
	 "25%, and so with - downwards; _ is none, _x3 none three times; stale is one that could not be read. Units are the signal's "
	 "and may be left out. The message points at the word, or at what is wrong in it.",
	 "cpu.sys: 10% 20+x3", "cpu.sys: 10% 20+5x3"},
	{"TT802", "bad-time",
	 "`starts` is a local time of a day that there is, as 2026-01-05T12:00:00; it matters to exceptions alone. `since` and `until` "
	 "bound a history that is the input, in UTC, as 2026-01-05T12:00:00Z, the earlier first.",
	 "starts: 2026-02-30", "starts: 2026-02-28T12:00:00"},
	{"TT803", "bad-order",
	 "The times of one expectation are written in the order in which they come.",
	 "fires_at: [10s, 1s]", "fires_at: [1s, 10s]"},
	{"TT804", "bad-entity",
	 "An entity is written with its kind, as disk vda, in events and `gone`, and in braces behind the signal in series, as "
	 "disk.util{vda}. Names have 1 to 255 bytes; the host needs none.",
	 "gone: [{at: 2s, entity: vda}]", "gone: [{at: 2s, entity: disk vda}]"},
	{"TT805", "bad-field",
	 "The value does not fit into the field of the event: it is out of range, too long, of another unit, or no address; or the field "
	 "is a stack, which no test can give. The message tells which.",
	 "fields: {victim_pid: 5000000000}", "fields: {victim_pid: 4242}"},
	{"TT806", "duplicate-expectation",
	 "The same rule and entity stand in `expect` twice. What is not expected is a failure, so the two would contradict each other.",
	 "expect: [{rule: r, fires_at: 1s}, {rule: r, fires_at: 9s}]", "expect: [{rule: r, fires_at: [1s, 9s]}]"},
	{"TT807", "duplicate-test",
	 "Two tests of one name in one file. --run and reports go by the name.",
	 "- name: fires   # twice", "- name: fires at the threshold"},
	{"TT808", "input-and-series",
	 "A test plays either a recording (input) or what it gives itself (series, gone, events, attached, interval, starts).",
	 "input: incident.tar.zst\nseries: {cpu.sys: 10%}", "input: incident.tar.zst"},
	{"TT809", "too-many-entities",
	 "A test gives readings of 255 entities at most, beside the host.",
	 "a series for each of 300 disks", "a series for each of 3 disks"},
	{"TT810", "slice-of-nothing",
	 "`since` and `until` say which part of a recorded history a test plays. Without `input` there is none.",
	 "since: 2026-01-05T12:00:00Z\nseries: {cpu.sys: 10%}", "since: 2026-01-05T12:00:00Z\ninput: history"},
};

const struct kinds kinds_trials = {rows, ARRAY_SIZE(rows)};
