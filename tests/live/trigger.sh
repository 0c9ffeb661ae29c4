#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A firing by hand says what became of it: opened, joined, or nowhere to go because the writer stands still.
. "$(dirname "$0")/support/live.sh"
cat >"$work/rule.yaml" <<'RULE'
version: 1
rules:
  - name: by-hand
    summary: Fires when it is told to
    severity: info
    for_each: host
    when: cpu.user > 101%
    capture: {before: 1s, after: 2s, collect: [mem]}
RULE
daemon_start --source proc --rules "$work/rule.yaml" || exit 1
trigger() { "$T" trigger "$@" by-hand >"$work/said" 2>"$work/told"; }
writer() { pgrep -P "$daemon" -f 'tracetrap writer'; }

drill() { trigger --dry-run && grep 'would fire now' "$work/said"; }
it a_drill_says_that_nothing_was_captured drill
kill -STOP "$(writer)" # what is captured waits on its stage
opened() { trigger && cp "$work/said" "$work/id" && grep -E '^[0-9TZ]{16}-by-hand-[0-9a-f]{8}$' "$work/id"; }
it what_it_opened_is_told_by_its_id opened
joined() { trigger && cmp "$work/said" "$work/id" && grep 'joined' "$work/told"; }
it what_it_joined_is_told_by_its_id_too joined
json() { "$T" trigger --json by-hand | jq -e --arg id "$(cat "$work/id")" '.outcome == "joined" and .incident == $id and (.drill | not)'; }
it the_json_says_the_outcome json
another() { trigger && ! cmp -s "$work/said" "$work/id"; }
it one_more_opens_once_the_window_is_over within 20 another
cp "$work/said" "$work/id"
nowhere() { ! trigger && [ ! -s "$work/said" ] && grep 'still being written' "$work/told"; }
it a_third_has_nowhere_to_go_and_fails within 20 nowhere
busy() { "$T" trigger --json by-hand >"$work/said"; [ $? = 1 ] && jq -e '.outcome == "busy" and .incident == null' "$work/said"; }
it the_json_of_that_fails_as_well busy
counted() { "$T" status | grep -E '^lost +[0-9]+ firings while others were still being written'; }
it status_counts_it_as_lost counted
kill -CONT "$(writer)"
published() { "$T" status --json | jq -e '.captures.published == 2'; }
it both_are_published_once_the_writer_goes_on within 20 published
seconds() { "$T" cat @last samples-1hz.csv >"$work/csv" && head -1 "$work/csv" | grep -x time,kind,entity,signal,last,least,greatest &&
  grep -E '^[0-9T:.-]+Z,host,host,mem.free\[bytes\],[0-9]+,' "$work/csv"; }
it the_bundle_has_the_seconds_of_signals_that_no_rule_reads seconds
finish
