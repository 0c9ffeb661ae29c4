#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# detectors.sh [NAME…]: detectors against real faults, by their stock rules, on whatever kernel this runs. What a detector
# needs stands in detect/NAME.sh, which defines
#
#     rule=NAME               the stock rule that has to fire, once
#     set_up                  what has to be there before the daemon starts; may add to daemon_args
#                             and, in lines of YAML, to daemon_config
#     fault                   makes the fault; what it knows goes to /tmp/fault.txt as key=value lines
#     expect                  checks: `event SENTENCE JQ-CONDITION` holds if any of the bundle's events fulfils it, with
#                             $f.key being what the fault knows; `check …` of lib.sh for the rest
#     clean_up                optional
#
# and, where it needs devices, says `# needs: QEMU ARGUMENTS` in a line of its own, for `run -q`.
#
# A detector that this kernel does not support says why. The last lines are the table of this kernel.
. "$(dirname "$0")/lib.sh"
all=$(cd tests/vm/detect && ls *.sh | sed 's/\.sh$//')
only=${*:-$all}
daemon_args=()
# What a stall of the emulation alone fires. A firing that joins another's incident has no bundle of its own, so these are kept
# quiet but for the one that is looked at, which has a daemon of its own.
stalls=(blocked-task.level=1h cpu-sys-spike.level=99% receive-latency.late=1h run-queue-latency.level=1h slow-syscall.slow=1h
  softirq-storm.late=1h)
table=()

use() { # use NAME: its functions, and none of the one before
  unset -f set_up fault expect clean_up
  rule=
  . "tests/vm/detect/$1.sh"
  declare -F fault expect >/dev/null || not_ok "$1: its file makes a fault and says what to expect"
}
state_of() { "$T" status --json | jq -r --arg n "$1" ".detectors[] | select(.detector == \$n) | $2"; }
read_events() { # read_events NAME: those of the rule's bundle into /tmp/events.jsonl, what the fault said into /tmp/fault.json
  jq -Rn '[inputs | capture("^(?<key>[a-z0-9_]+)=(?<value>.*)$") | {key, value: (.value | tonumber? // .)}] | from_entries' \
    /tmp/fault.txt >/tmp/fault.json
  "$T" cat "$(latest "$rule")" events.jsonl | jq -c --arg n "$1" 'select(.kind == $n)' >/tmp/events.jsonl
}
event() { check "$current: $1" one_event_is "$2"; }
one_event_is() {
  local n
  n=$(jq -c --slurpfile facts /tmp/fault.json '$facts[0] as $f | select('"$1"')' /tmp/events.jsonl | wc -l)
  [ "$n" -gt 0 ] && return
  echo "no event has: $1"
  cat /tmp/fault.txt
  cut -c 1-600 /tmp/events.jsonl | head -3
  false
}
judge() { # the rule fired once, the bundle is whole, every field is right, the culprit is named
  check "$current: $rule is captured" wait_incident "$rule" 90
  [ "$(incidents "$rule")" -gt 0 ] || return
  check "$current: $rule fires exactly one incident" test "$(incidents "$rule")" = 1
  check "$current: the bundle verifies" "$T" verify "$(latest "$rule")"
  read_events "$current"
  expect
}

for current in $only; do
  use "$current"
  ! declare -F set_up >/dev/null || set_up
done
is_stall() { [[ " ${stalls[*]}" == *" $rule."* ]]; }
start() {
  local quiet=() s
  for s in "${stalls[@]}"; do [ "${s%%.*}" = "$rule" ] || quiet+=(--set "$s"); done
  daemon_start "${daemon_args[@]}" "${quiet[@]}"
  sleep 12 # the longest window of these rules is 10 s
}
complaints() { grep -E ' (error|warning): ' "$TRACETRAP_STATE_DIR/log" | head -20; }
start_afresh() {
  complaints
  daemon_stop
  rm -rf "$TRACETRAP_STATE_DIR"
  start
}

rule=
start
for current in $only; do
  use "$current"
  echo "# $current"
  ! is_stall || start_afresh
  if [ "$(state_of "$current" .state)" = unsupported ]; then
    table+=("$current | unsupported: $(state_of "$current" .reason)")
    continue
  fi
  : >/tmp/fault.txt
  failed_before=$failed
  fault
  judge
  [ "$failed" = "$failed_before" ] && verdict=works || verdict=FAILS
  table+=("$current | $verdict | $(state_of "$current" .hook)")
  ! declare -F clean_up >/dev/null || clean_up
done
complaints
printf "table: $(uname -r) | %s\n" "${table[@]}"
finish
