#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demo as an ordinary user, without BPF and perf: it still ends with a bundle, whose ledger says what was denied and why;
# nothing hangs, and the commands that read it need no rights at all.
. "$(dirname "$0")/support/live.sh"
nobody=()
if [ "$(id -u)" = 0 ]; then
  command -v setpriv >/dev/null || { echo "skip: no setpriv (Debian: util-linux)"; exit 77; }
  nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)
fi

# A copy of what the demo needs, in a place that anyone can read, and a state directory that the user owns.
tree=$work/tree
mkdir -p "$tree/b/tests/fault"
cp -r conf tests/lsan.supp "$tree/"
cp "$T" "$tree/b/"
cp "$B/tests/fault/fault" "$tree/b/tests/fault/"
chmod -R a+rX "$work"
mkdir "$work/nobody"
[ "$(id -u)" != 0 ] || chown 65534:65534 "$work/nobody"
cd "$tree" || exit 1
export LSAN_OPTIONS=suppressions=$tree/lsan.supp:print_suppressions=0
export TRACETRAP_STATE_DIR=$work/nobody/state HOME=$work/nobody
T=b/tracetrap
tracetrap() { "${nobody[@]}" timeout 20 "$T" "$@"; }

demo() { LIVE_TEST=$work timeout 150 "${nobody[@]}" conf/demo.sh b; }
it the_demo_ends_with_a_bundle_for_an_ordinary_user demo
left() { ! survivors | grep .; }
it the_demo_leaves_no_process_behind left
told() { tracetrap "$@" >"$work/told"; cat "$work/told"; test -s "$work/told"; } # jq takes no input at all for a yes
one() { told list --json && jq -e 'length == 1 and .[0].rule == "cpu-sys-spike"' "$work/told"; }
it it_is_listed one
it it_verifies tracetrap verify @last
ledger_names() { # ledger_names MEMBER STATE REASON
  told cat @last ledger.json && jq -e --arg m "$1" --arg s "$2" --arg r "$3" \
    '[.members[] | select((.member | startswith($m)) and (.state | test($s)) and (.reason | test($r)))] | length >= 1' "$work/told"
}
it its_ledger_says_that_the_profile_was_denied_and_the_remedy ledger_names profile/ '^denied$' CAP_PERFMON
it its_ledger_says_that_sysrq_was_denied_or_is_not_there ledger_names sysrq/l.txt '^(complete|denied|unsupported)$' sysrq
shown() { told show @last && grep -q denied "$work/told" && grep -q fault-spin "$work/told"; }
it it_is_shown_with_what_is_missing_and_the_culprit_from_proc shown
replayed() { told replay --json @last && jq -e '[.firings[].recorded] | length == 1 and all' "$work/told"; }
it replay_agrees replayed
extracted() { "${nobody[@]}" mkdir "$work/nobody/x" && tracetrap extract -C "$work/nobody/x" @last && test -s "$work"/nobody/x/*/proc/stat; }
it it_is_extracted extracted
doctor() {
  told doctor --json && jq -e '[.[] | select(.facility == "profile" and .state == "denied" and (.remedy | length) > 0)] | length == 1' "$work/told" &&
    jq -e '[.[] | select((.facility | startswith("detector:")) and .state == "denied" and (.reason | length) > 0)] | length >= 1' "$work/told"
}
it doctor_says_what_is_denied_why_and_the_remedy doctor
refused() { # refused TEXT COMMAND…: fails at once, with a sentence
  local text=$1
  shift
  env -u TRACETRAP_STATE_DIR -u TRACETRAP_RUN_DIR "${nobody[@]}" timeout 20 "$T" "$@" >"$work/refused" 2>&1
  [ $? = 1 ] && grep -q "$text" "$work/refused" || { cat "$work/refused"; return 1; }
}
if [ "$(id -u)" = 0 ] && [ ! -e /var/lib/tracetrap ]; then
  it a_state_directory_that_cannot_be_made_is_named refused 'state-dir names another place' run --rules conf/rules.d
fi
finish
