#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A service manager ends the daemon and all its processes at once while an incident is open: the bundle comes out whole.
. "$(dirname "$0")/support/live.sh"
mkdir "$work/rules"
cat >"$work/rules/rule.yaml" <<'RULE'
version: 1
rules:
  - name: long
    summary: Would watch for ten minutes
    severity: info
    for_each: host
    when: cpu.user > 100%
    capture: {before: 1s, after: 10m, collect: [kmsg, mem, profile]}
RULE
opened() { daemon_start --source proc --rules "$work/rules" && "$T" trigger long && within 20 ls "$store"/*.partial; }
it an_incident_is_open_for_ten_minutes opened
ended() { ! kill -0 "$daemon"; }
stopped() { kill -TERM $(survivors) && within 1 grep 'stopping once' "$work/log" && kill -TERM "$daemon" && within 40 ended; }
it all_told_to_end_the_daemon_does stopped
published() { cat "$work/log"; [ "$(ls "$store" | grep -c 'tar.zst$')" = 1 ] && ! ls "$store"/*.partial && "$T" verify @last; }
it its_bundle_is_whole published
says_so() { "$T" cat @last ledger.json | jq -e '.. | objects | select(.member? == "window") | .state == "truncated" and (.reason | test("early: tracetrap was stopped"))' | grep -x true; }
it and_says_that_its_window_was_ended says_so
daemon_stop
finish
