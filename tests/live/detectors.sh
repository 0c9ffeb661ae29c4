#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `always: true`, rates, noise filters and `tracetrap detectors`, by a daemon with a threshold that every switch is over.
. "$(dirname "$0")/support/live.sh"
[ "$(id -u)" = 0 ] || { echo "skip: only root may load BPF programs"; exit 77; }
[ -e /sys/kernel/btf/vmlinux ] || { echo "skip: this kernel has no BTF"; exit 77; }

mkdir "$work/noise" "$work/rules"
cat >"$work/noise/noise.yaml" <<'NOISE'
version: 1
filters:
  - {detector: runqlat, when: 'event.comm == "tt-noise"', why: This test makes it}
NOISE
cat >"$work/rules/rule.yaml" <<'RULE'
version: 1
rules:
  - {name: never, summary: Never fires, when: cpu.sys > 100%, for_each: host}
RULE
config() { # config NOISE…: where the filters are
  printf 'version: 1\npaths: {noise: [%s]}\ndetectors:\n  runqlat: {always: true, threshold: 1us, rate: 2000/s, cgroup_rate: 2000/s}\n' "$1"
}
config "$work/noise" >"$work/config.yaml"
cat >"$work/noisy" <<'NOISY'
#!/bin/bash
printf tt-noise >/proc/self/comm
for ((i = 0; i < 400; i++)); do read -t 0.002 <> <(:); done
NOISY
chmod +x "$work/noisy"

without_daemon() {
  "$T" detectors --json 2>"$work/said" >"$work/rows" && grep -q "no daemon" "$work/said" &&
    jq -e 'length >= 6 and all(.[]; .state != null and .summary != null and (.hook != null or .reason != null))' "$work/rows"
}
it without_a_daemon_each_detector_is_tried without_daemon
row() { "$T" detectors --json | jq -r ".[] | select(.detector == \"$1\") | $2"; }
attached() { [ "$(row runqlat '"\(.class) \(.state) \(.always) \(.threshold) \(.rate_per_s)"')" = "armed attached true 1us 2000" ]; }
started() { daemon_start --config "$work/config.yaml" --rules "$work/rules" && attached; }
it an_armed_detector_that_is_always_wanted_is_attached_at_the_start started
filtered() { "$work/noisy"; [ "$(row runqlat .filtered)" -gt 0 ] && [ "$(row runqlat .events)" -gt "$(row runqlat .filtered)" ]; }
it known_noise_is_counted_and_the_rest_goes_on within 20 filtered
sums() { [ "$(row runqlat '.seen >= .events + .lost + .limited - 8 and .seen > 0')" = true ]; }
it what_was_seen_is_what_came_out_was_lost_or_limited sums
still() { attached && [ "$(row runqlat '.attached_s > 1 and .rests == 0')" = true ]; }
it it_stays_attached within 20 still
table() { "$T" detectors | grep -q '^runqlat .*attached .*1us' && "$T" detectors | grep -q 'a runnable task waited for a CPU'; }
it the_table_says_what_it_is_for table
daemon_stop

cat >"$work/rules/rule.yaml" <<'RULE'
version: 1
rules:
  - name: rested
    summary: Wants a detector for longer than its share of the time
    severity: info
    for_each: host
    when: events(runqlat, 500ms) >= 0
    arm: {when: cpu.user >= 0%, detectors: [runqlat], for: 1h}
    limits: {rule: 1/1h}
RULE
printf 'version: 1\narm: {share: 1%%}\n' >"$work/share.yaml"
verdict() { "$T" why rested --json | jq -e ".verdict == \"$1\""; }
counted() { daemon_start --config "$work/share.yaml" --rules "$work/rules" && within 20 verdict true; }
it an_attached_detector_s_events_are_counted counted
rests() { [ "$(row runqlat '.rests > 0 and .state != "attached"')" = true ]; }
rested() { within 20 rests && within 5 verdict unknown; }
it those_of_one_that_rests_are_unknown_and_not_zero rested
daemon_stop

sed -i 's/event.comm/event.com/' "$work/noise/noise.yaml"
refused() {
  ! timeout 20 "$T" run --config "$work/config.yaml" --rules "$work/rules" 2>"$work/said" &&
    grep -q "noise.yaml:3:.*: error: unknown field .*did you mean 'comm'" "$work/said"
}
it a_bad_filter_is_refused_at_the_start_with_its_place refused
linted() { "$T" check --noise "$work/noise" 2>"$work/said"; [ $? = 1 ] && grep -q "did you mean 'comm'" "$work/said"; }
it and_so_does_check linted
finish
