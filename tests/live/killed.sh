#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SIGKILL at random moments of a capture, detectors armed: nothing stays attached, nobody survives, the next daemon starts,
# and what the writer had on disk is listed as cut and can be salvaged.
. "$(dirname "$0")/support/live.sh"
[ "$(id -u)" = 0 ] || { echo "skip: only root may load BPF programs and open perf events"; exit 77; }
[ -e /sys/kernel/btf/vmlinux ] || { echo "skip: this kernel has no BTF"; exit 77; }
rounds=${ROUNDS:-10}

cat >"$work/rule.yaml" <<'RULE'
version: 1
rules:
  - name: by-hand
    summary: Fires by hand alone, with its detectors armed
    severity: info
    for_each: host
    when: cpu.sys > 99.9%
    arm: {when: cpu.user >= 0%, detectors: [softirq, iolatency], for: 30s}
    capture: {before: 10s, after: 2s, collect: [profile, sysrq-l, sysrq-t, tasks, kmsg, mem, net]}
    limits: {entity: none, rule: none}
RULE
echo 'limits: {host: 1000/1h}' >"$work/config.yaml"
run() { daemon_start --config "$work/config.yaml" --rules "$work/rule.yaml"; }

objects() { grep -hs "^$1_id:" /proc/"$daemon"/fdinfo/* | awk '{print $2}' | sort -u; } # objects prog|link
gone() { # gone prog|link ID…: the kernel has let go of all of them
  local kind=$1 id
  shift
  for id in "$@"; do ! bpftool "$kind" show id "$id" >/dev/null 2>&1 || { echo "$kind $id is still there"; return 1; }; done
}
nobody() { local left; left=$(survivors); [ -z "$left" ] || { ps -o pid,stat,args -p "$(echo $left | tr ' ' ,)"; return 1; }; }

progs= links= family=0
killed_once() { # killed_once MILLISECONDS: after the firing
  run || return 1
  sleep 0.5 # arms, and its helpers are there
  progs=$(objects prog) links=$(objects link)
  family=$(survivors | wc -l)
  "$T" trigger by-hand >/dev/null || return 1
  sleep "$(awk "BEGIN {print $1 / 1000}")"
  daemon_stop KILL
}
attached() { echo "programs: $progs; links: $links; processes: $family"; [ -n "$progs" ] && [ -n "$links" ] && [ "$family" -ge 3 ]; }
killed() {
  local i ms
  for i in $(seq "$rounds"); do
    ms=$((RANDOM % 3000))
    killed_once "$ms" && attached || { echo "round $i: no capture to kill"; return 1; }
    within 10 nobody && within 10 gone prog $progs && within 10 gone link $links || { echo "round $i, killed after $ms ms"; return 1; }
  done
}
it a_daemon_killed_at_random_moments_leaves_nobody_and_nothing_attached killed

killed_late() { killed_once 1500; within 10 nobody; }
it one_killed_in_the_midst_of_its_window_leaves_a_partial_file killed_late
states() { "$T" list --json | jq -r '.[].state'; }
all_cut() { states >"$work/states"; cat "$work/states"; ! grep -qvE '^(cut|complete|partial)$' "$work/states" && grep -qx cut "$work/states"; }
it what_was_cut_is_listed_as_cut all_cut
salvaged() {
  local id n=0
  for id in $("$T" list --json | jq -r '.[] | select(.state == "cut") | .id'); do
    rm -f "$work/whole.tar.zst"
    "$T" salvage "$id" "$work/whole.tar.zst" && "$T" verify "$work/whole.tar.zst" && "$T" show "$work/whole.tar.zst" >/dev/null || { echo "$id"; return 1; }
    n=$((n + 1))
  done
  [ "$n" -ge 1 ]
}
it each_cut_one_can_be_salvaged_to_a_bundle_that_verifies salvaged
next_one() {
  run && "$T" trigger by-hand >"$work/trigger" || return 1
  within 30 grep -q published "$work/log" || { cat "$work/log"; return 1; }
  "$T" verify @last
}
it the_next_daemon_starts_and_captures next_one
finish
