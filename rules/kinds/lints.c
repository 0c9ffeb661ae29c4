/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/kinds/tables.h"

static const struct kind rows[] = {
	{"TT101", "never-true",
	 "A comparison that no reading can fulfil. A percentage is at most 100%, and no signal is below 0, so cpu.sys > 120% and "
	 "mem.used < 0 are false for ever. Mostly the unit is not what was thought: cgroup.cpu counts CPUs (1.5 is one and a "
	 "half), cpu.sys is a share of the whole machine. Lower the threshold, or ask another signal.",
	 "when: cpu.sys > 120%", "when: cpu.sys > 80%"},
	{"TT102", "constant-condition",
	 "A condition, or a comparison of two constants, that is the same at every reading. A rule that is always true fires once "
	 "and never ends; one that is always false costs without use. To keep a rule without evaluating it write enabled: false.",
	 "when: cpu.sys > 50% or 5 > 3", "when: cpu.sys > 50%"},
	{"TT103", "contradiction",
	 "Two comparisons of the same thing, joined by `and`, that exclude each other: cpu.sys > 80% and cpu.sys < 20% never hold "
	 "at once. Probably `or` was meant, or one of the thresholds belongs to another signal or window.",
	 "when: cpu.sys > 80% and cpu.sys < 20%", "when: cpu.sys > 80% or cpu.sys < 20%"},
	{"TT104", "always-true",
	 "A comparison that every reading fulfils, as mem.used >= 0, or several joined by `or` that leave nothing out, as cpu.sys > "
	 "20% or cpu.sys < 50%. It tells nothing: take it out, or move the threshold.",
	 "when: mem.used >= 0", "when: mem.used > 4GiB"},
	{"TT105", "clear-is-when",
	 "`clear` is the same as `when`. A firing ends when clear holds, so this one would end at the first reading that confirms "
	 "it, and fire again. Leave `clear` out (then it is `not when`) or give it a threshold on the other side.",
	 "when: cpu.sys > 50%\nclear: cpu.sys > 50%", "when: cpu.sys > 50%\nclear: cpu.sys < 40%"},
	{"TT106", "clear-overlaps",
	 "There are values at which both `when` and `clear` hold: with when: cpu.sys > 50% and clear: cpu.sys < 60% a firing at 55% "
	 "ends at once and fires again, for as long as the value stays there. Put the threshold of clear on the quiet side of the "
	 "threshold of when.",
	 "when: cpu.sys > 50%\nclear: cpu.sys < 60%", "when: cpu.sys > 50%\nclear: cpu.sys < 40%"},
	{"TT107", "no-clear",
	 "The rule compares a signal's latest value with a level, and has neither hold nor clear nor clear_hold. A value that "
	 "trembles around the level fires and ends at every reading; limits keep captures few, but the firing that gets the token "
	 "is then a matter of luck. Add hold: 500ms, or a clear some way below the level.",
	 "when: load.1 > 4", "when: load.1 > 4\nhold: 5s"},
	{"TT201", "span-too-short",
	 "A window shorter than the distance of two readings never holds what it needs. Signals of the host and of CPUs are read at "
	 "each tick (10 ms, or 100 ms without the in-kernel tick), all others once a second; functions that tell how readings "
	 "differ need two of them.",
	 "when: any(disk, rise(disk.await, 1s) > 20ms)", "when: any(disk, rise(disk.await, 2s) > 20ms)"},
	{"TT202", "span-too-long",
	 "A window longer than the history. Readings are kept for ten minutes, so a longer window never fills and stays unknown. "
	 "Shorten it; for slower things ask `tracetrap replay` over the history on disk.",
	 "when: avg(load.1, 2h) > 4", "when: avg(load.1, 10m) > 4"},
	{"TT203", "short-span",
	 "The window is long enough for the in-kernel tick of 10 ms, but not where signals are read from /proc every 100 ms: there "
	 "it stays unknown, and so does the condition. `tracetrap doctor` tells which tick a machine has. 200ms serve both.",
	 "when: rise(cpu.sys, 50ms) > 20%", "when: rise(cpu.sys, 200ms) > 20%"},
	{"TT204", "hold-beyond-window",
	 "`hold` is longer than the window of a function that tells a change: rise, drop, ratio or zscore. A step upwards leaves "
	 "rise(x, 10s) after ten seconds, however high x stays, so a hold of 30s waits for something that rises three times in a "
	 "row. Lengthen the window, shorten the hold, or ask for the level as well.",
	 "when: rise(cpu.sys, 10s) > 20%\nhold: 30s", "when: rise(cpu.sys, 10s) > 20%\nhold: 5s"},
	{"TT301", "unarmed-detector",
	 "The rule rests on events of a detector that is attached only while some rule arms it, and this one does not. Until "
	 "another rule arms it its events are unknown, not 0. Add arm: {when: …, detectors: […]} with a cheap condition, or set "
	 "`always: true` for the detector in tracetrap.yaml.",
	 "when: events(softirq, 10s) > 0",
	 "when: events(softirq, 10s) > 0\narm: {when: cpu.softirq > 5%, detectors: [softirq]}"},
	{"TT302", "always-attached",
	 "`arm` names a detector that is attached all the time, because it hooks only what happens when something is wrong. Naming "
	 "it changes nothing; take it out.",
	 "arm: {when: psi.mem.some > 10%, detectors: [oom]}", "when: events(oom, 10s) > 0   # without arm"},
	{"TT401", "no-collectors",
	 "The rule takes no evidence of its own, so its incidents hold what every incident holds and nothing about this trouble. "
	 "Name collectors in capture.collect; what is left out altogether takes profile, tasks and kmsg.",
	 "capture: {collect: []}", "capture: {collect: [profile, tasks]}"},
	{"TT402", "capture-too-big",
	 "capture.max_size is more than the whole store may hold (store.max_use in tracetrap.yaml). Space is reserved before a "
	 "capture, so it would be refused or cut. Lower max_size or give the store more room.",
	 "capture: {max_size: 64MiB}   # of a store of 32MiB", "capture: {max_size: 8MiB}"},
	{"TT501", "unused-param",
	 "A parameter that no condition of the rule uses. Setting it changes nothing, which whoever sets it will not expect. In "
	 "conditions a parameter is written $name.",
	 "params: {level: 45%}\nwhen: cpu.sys > 45%", "params: {level: 45%}\nwhen: cpu.sys > $level"},
	{"TT502", "duplicate-name", "A name that stands twice in a list. Once is enough.",
	 "collect: [tasks, kmsg, tasks]", "collect: [tasks, kmsg]"},
	{"TT503", "overlapping-rules",
	 "Two rules of the same severity about the same entities, of which one holds only where the other holds too. Both fire for "
	 "one trouble; the second only joins the incident of the first. Give the stricter one another severity, or make one rule "
	 "of both.",
	 "{name: high, when: cpu.sys > 40%}, {name: higher, when: cpu.sys > 80%}",
	 "{name: high, when: cpu.sys > 40%}, {name: higher, severity: critical, when: cpu.sys > 80%}"},
	{"TT504", "include-nothing",
	 "A glob below `include` that matches no file. That may be meant, where a directory is for others to fill; if not, paths "
	 "are relative to the including file.",
	 "include: site.d/*.yml", "include: site.d/*.yaml"},
	{"TT505", "costly-rule",
	 "The rule alone may cost more than its share of what the daemon allows itself: 0.5 ms of CPU a second and 32 MiB for "
	 "everything. The estimate counts evaluations and readings a second, what each function costs per reading, and how much "
	 "its windows keep, for 16 CPUs, 16 disks, interfaces and mounts, and 256 cgroups (a quarter of each with a match). "
	 "Quantiles over long windows, and quantifiers inside rules over entities, cost most: pick fewer entities with match, "
	 "shorten the window, or use ewma.",
	 "for_each: cgroup\nwhen: p99(cgroup.cpu, 10m) > 2",
	 "for_each: cgroup\nmatch: /system.slice/*\nwhen: ewma(cgroup.cpu, 10m) > 2"},
	{"TT506", "passed-over",
	 "A file in a folder of rules whose name ends in .yml. Of a folder the files in *.yaml are read, so that a copy can be kept "
	 "under another name; this one looks as if it were meant to be read. Rename it.",
	 "rules.d/disk.yml", "rules.d/disk.yaml"},
};

const struct kinds kinds_lints = {rows, ARRAY_SIZE(rows)};
