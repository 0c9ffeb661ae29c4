#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The process that writes to disk cannot, or dies: the user hears why, nothing spins, and what was captured is written later.
. "$(dirname "$0")/support/live.sh"
mkdir "$work/rules"
cat >"$work/rules/rule.yaml" <<'RULE'
version: 1
rules:
  - {name: by-hand, summary: Fires when it is told to, severity: info, for_each: host, when: cpu.user > 100%, capture: {before: 1s, after: 1s, collect: [mem]}}
RULE
run() { daemon_start --source proc --rules "$work/rules"; }
writers() { for p in $(survivors); do tr '\0' ' ' <"/proc/$p/cmdline" | grep -qx 'tracetrap writer ' && echo "$p"; done; }
zombies() { ps -o stat= --ppid "$daemon" | grep -c '^Z'; }

echo "no directory" >"$store"
unusable() { ! timeout 30 "$T" run --source proc --rules "$work/rules" 2>"$work/said" && cat "$work/said" && grep "cannot write to '$store'; --state-dir names another place: Not a directory" "$work/said"; }
it a_store_that_cannot_be_used_ends_it_at_the_start_with_the_reason unusable
rm "$store"

taken_over() { run && kill -KILL $(writers) && "$T" trigger by-hand && within 30 "$T" verify @last && [ "$(zombies)" = 0 ]; }
it what_is_captured_while_there_is_no_writer_is_written_by_the_next taken_over
said() { cat "$work/log"; [ "$(grep -c 'the writer process died; in 1s another one goes on' "$work/log")" = 1 ]; }
it its_death_is_told said
broken() { mv "$store" "$work/away" && echo "no directory" >"$store" && kill -KILL $(writers) && within 30 grep "cannot write '$store'" "$work/log"; }
it one_that_cannot_begin_says_why broken
tries() { grep -c 'the writer process died' "$work/log"; }
patient() { sleep 4; cat "$work/log"; [ "$(tries)" -le 5 ] && [ "$(zombies)" -le 1 ]; }
it and_is_tried_again_less_and_less_often patient
mended() { "$T" trigger by-hand && rm "$store" && mv "$work/away" "$store" && within 60 eval '[ "$(ls "$store" | grep -c "tar.zst$")" = 2 ]' && [ "$(zombies)" = 0 ]; }
it once_it_can_begin_it_goes_on mended
daemon_stop
finish
