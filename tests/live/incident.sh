#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One incident on this machine, with the real commands: the spike ended before the trigger, so what shows it is the past.
# Then its bundle is replayed, judged by a higher threshold, cut and damaged. Prints cmocka's lines, so that run-live counts.
[ "$(id -u)" = 0 ] || { echo "skip: only root may load BPF programs and open perf events"; exit 77; }
. "$(dirname "$0")/support/live.sh"

sed 's/after: 10s/after: 2s/' conf/rules.d/cpu-sys-spike.yaml >"$work/rule.yaml"
# No rule of its own fires here: the level is out of reach, the trigger comes by hand after the spike is over.
daemon_start --rules "$work/rule.yaml" --set cpu-sys-spike.level=100% || exit 1
sleep 12 # replay with another threshold starts cold: its windows have to fill
"$B/tests/fault/fault" cpu-sys --seconds 3 --share 1 --tasks 2 >"$work/fault"
sleep 2
"$T" trigger cpu-sys-spike >/dev/null
within 30 compgen -G "$store/*.tar.zst" >/dev/null
bundle=$(ls "$store"/*.tar.zst)

before_shows_the_spike() {
  "$T" cat @last profile/before.folded >"$work/f"
  grep -q 'fault-spin;.*chacha' "$work/f" || { sort -t' ' -k2 -rn "$work/f" | cut -c1-200 | head; "$T" show @last | sed -n '/^missing/,$p'; return 1; }
}
it a_spike_that_ended_before_the_trigger_is_in_before_folded before_shows_the_spike
it the_bundle_verifies "$T" verify @last
plain_tools() { mkdir -p "$work/x" && tar --zstd -xf "$bundle" -C "$work/x" && zstd -tq "$bundle"; }
it plain_tar_and_zstd_open_the_bundle plain_tools
samples_agree() {
  "$T" cat @last profile/perf.data >"$work/perf.data"
  said=$("$T" cat @last profile/summary.json | jq '.before.samples + .after.samples')
  seen=$(perf script -i "$work/perf.data" -F tid,time 2>/dev/null | grep -c .)
  echo "summary.json says $said, perf script $seen"
  [ "$said" -gt 0 ] && [ "$said" = "$seen" ]
}
it perf_script_confirms_the_number_of_samples samples_agree
it replay_fires_where_the_live_run_did "$T" replay @last
would_have_fired() { "$T" replay --json --set cpu-sys-spike.level=20% --set cpu-sys-spike.jump=5% @last >"$work/r" && jq -e '[.firings[] | select(.recorded | not)] | length >= 1' "$work/r"; }
it replay_with_a_lower_threshold_fires_in_the_recorded_past would_have_fired

# "END MEMBER" for each member in order: where its frame ends, by the seek table (8 bytes size, 4 checksum a frame).
frames=$(tail -c 9 "$bundle" | od -An -tu4 -N4)
paste -d ' ' <(tail -c $((9 + 12 * frames)) "$bundle" | od -An -v -tu4 -w12 -N$((12 * frames)) | awk '{print sum += $1}') \
  <(tar --zstd -tf "$bundle") | awk 'NF == 2' >"$work/ends"

whole_members_came_out() { # whole_members_came_out CUT: all that end before the cut are there, and nothing that differs
  local end member
  while read -r end member; do
    [ "$end" -gt "$1" ] || cmp -s "$work/x/$member" "$work/e/$member" || { echo "cut at $1: no '$member', which ends at $end"; return 1; }
  done <"$work/ends"
  ! diff -rq "$work/e" "$work/x" | grep '^Files'
}
damage() { # damage KIND N: each of N damaged copies is noticed, nothing crashes, whole members before a cut come out
  local size i at
  size=$(stat -c %s "$bundle")
  RANDOM=42
  for i in $(seq "$2"); do
    at=$(((RANDOM * 32768 + RANDOM) % size))
    cp "$bundle" "$work/d.tar.zst"
    if [ "$1" = cut ]; then truncate -s "$at" "$work/d.tar.zst"
    else printf "\\x$(printf %02x $((0x$(dd if="$bundle" bs=1 skip=$at count=1 2>/dev/null | xxd -p) ^ 0x5a)))" |
      dd of="$work/d.tar.zst" bs=1 seek=$at conv=notrunc 2>/dev/null; fi
    "$T" verify "$work/d.tar.zst" >"$work/v" 2>&1
    [ $? = 1 ] || { echo "$1 at $at: verify said $?"; cat "$work/v"; return 1; }
    rm -rf "$work/e" && mkdir "$work/e"
    "$T" extract -C "$work/e" "$work/d.tar.zst" >/dev/null 2>&1
    [ $? -lt 2 ] || { echo "$1 at $at: extract said $?"; return 1; }
    [ "$1" = flip ] || whole_members_came_out "$at" || return 1
  done
  true
}
it every_member_has_a_frame test "$(wc -l <"$work/ends")" = "$(tar --zstd -tf "$bundle" | wc -l)"
it a_bundle_cut_at_200_random_places_is_noticed_each_time damage cut 200
it a_bundle_with_a_flipped_byte_at_200_places_is_noticed_each_time damage flip 200
finish
