#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The history on disk of a real daemon: it grows each second, and all processes killed at random moments cost none of it.
. "$(dirname "$0")/support/live.sh"
history=$TRACETRAP_STATE_DIR/history

cat >"$work/rule.yaml" <<'RULE'
version: 1
rules:
  - name: by-hand
    summary: Fires by hand alone, since it is always true
    severity: info
    for_each: host
    params: {least: 0%}
    when: cpu.user >= $least
    capture: {before: 1s, after: 1s, collect: [mem]}
RULE
run() { daemon_start --source proc --rules "$work/rule.yaml"; }
replay() { "$T" replay --json --rules "$work/rule.yaml" "$@" @history >"$work/replay" 2>"$work/said"; } # 1: nothing fires

grows() { run && within 20 grown 0 && within 20 grown "$(readings)"; }
it history_grows_while_the_daemon_runs grows
told() { "$T" status | grep "^history .*$history" && "$T" status --json | jq -e '.history.on and .history.lost == 0'; }
it status_tells_where_it_lies told
fired() { replay; jq -e '[.firings[] | select(.rule == "by-hand" and .mark == "1 Hz" and .recorded)] | length >= 1' "$work/replay"; }
it what_the_daemon_decided_is_in_it fired
gone() { replay --set by-hand.least=100%; jq -e '(.firings | length) == 0 and (.missed | length) >= 1' "$work/replay"; }
it another_threshold_would_not_have_fired gone

it killing_all_at_random_moments_costs_no_second_that_was_there killed_at_random "${ROUNDS:-8}" true
recovered() { local before; before=$(readings) && run && daemon_stop && ls "$history" && [ ! -s "$history/tail" ] && [ "$(readings)" -ge "$before" ]; }
it the_next_daemon_takes_the_tail_into_its_hour within 20 recovered
finish
