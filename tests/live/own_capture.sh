#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What our own capture does is kept and decides nothing: a rule that waits for slow calls of ours hears none, of the
# collectors, which are children of a worker, as little as of the daemon.
[ "$(id -u)" = 0 ] || { echo "skip: only root may load BPF programs and open perf events"; exit 77; }
cgroups=/sys/fs/cgroup
[ -d $cgroups/unified ] && cgroups=$cgroups/unified
own=/tt-own-$$
mkdir "$cgroups$own" 2>/dev/null || { echo "skip: no cgroup can be made below $cgroups"; exit 77; }
. "$(dirname "$0")/support/live.sh"
leave() {
  daemon_stop
  rm -rf "$work"
  within 5 rmdir "$cgroups$own" 2>/dev/null
}
trap leave EXIT

cat >"$work/tracetrap.yaml" <<'END'
version: 1
detectors:
  syscall: {threshold: 200us, rate: 10000/s, cgroup_rate: 10000/s, always: true}
END
cat >"$work/rules.yaml" <<END
version: 1
rules:
  - name: shot
    summary: One capture
    severity: minor
    for_each: host
    when: avg(mem.total, 3s) > 0B
    capture: {before: 2s, after: 2s, collect: [tasks, mem, net, sched, blk]}
    limits: {entity: 1/1h, rule: 1/1h}
  - name: own-call
    summary: A call of ours took long
    severity: minor
    on: syscall
    for_each: host
    when: event.cgroup == "$own"
    capture: {before: 2s, after: 2s, collect: [mem]}
    limits: {entity: 9/1h, rule: 9/1h}
END
# Nothing but the daemon and what it starts is in that cgroup.
sh -c 'echo $$ >"$0" && exec "$@"' "$cgroups$own/cgroup.procs" "$T" run --config "$work/tracetrap.yaml" --rules "$work/rules.yaml" 2>"$work/log" &
daemon=$!
within 30 compgen -G "$store/*.tar.zst" >/dev/null

calls_of_ours() { "$T" cat @last events.jsonl | grep "\"$own\"" | grep -v "\"tgid\":$daemon\b"; }
the_bundle_has_them() { [ "$(calls_of_ours | wc -l)" -gt 0 ] || { cat "$work/log"; "$T" cat @last events.jsonl | head -5; return 1; }; }
no_rule_does() {
  "$T" show --json @last >"$work/shown" || return 1
  ! grep own-call "$work/log" && ! grep -o '.\{80\}own-call.\{80\}' "$work/shown"
}
it the_calls_of_collectors_are_in_the_bundle the_bundle_has_them
it and_fire_no_rule no_rule_does
finish
