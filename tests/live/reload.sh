#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Other rules for a daemon that runs: by the command and by SIGHUP, all or nothing, and what did not change goes on.
. "$(dirname "$0")/support/live.sh"
rules=$work/rules
mkdir "$rules"
chmod 755 "$work"
rule() { # rule NAME LEVEL
  cat >"$rules/$1.yaml" <<RULE
version: 1
rules:
  - name: $1
    summary: Fires when it is told to
    severity: info
    for_each: host
    when: cpu.user >= $2
    capture: {before: 1s, after: 1s, collect: [mem]}
RULE
}
status() { "$T" status --json | jq -e "$1"; }
state() { status ".rules[] | select(.rule == \"$1\") | .state == \"$2\""; }
rule steady 0% && rule other 200%
cp -r conf/klog "$work/klog"
printf 'version: 1\npaths: {klog: %s}\n' "$work/klog" >"$work/config.yaml"
run() { daemon_start --config "$work/config.yaml" --source proc --rules "$rules"; }
run
it the_rules_it_began_with_decide within 20 state steady firing

same() { "$T" reload | grep -x 'unchanged: 2 rules'; }
it what_is_as_before_changes_nothing same
changed() { rule other 150% && rule new 180% && "$T" reload --json >"$work/said" && jq -e '.added == ["new"] and .changed == ["other"] and .unchanged == 1' "$work/said"; }
it the_answer_says_what_changed changed
kept() { status '[.rules[] | select(.rule == "steady")][0] | .state == "firing" and .fired == 1'; }
it a_rule_that_did_not_change_goes_on_where_it_was kept
refused() { rule new 'cpu.usr' && ! "$T" reload 2>"$work/said" && grep "new.yaml:7:23: error: unknown signal 'cpu.usr'" "$work/said" && status '.rules | length == 3'; }
it a_mistake_is_told_and_the_old_set_stays refused
removed() { rm "$rules/new.yaml" "$rules/steady.yaml" && rule other 150% && "$T" reload | grep -x 'removed: new steady\|removed: steady new'; }
it what_is_removed_ends removed
patterns() { "$T" detectors --json | jq -e ".[] | select(.detector == \"klog\") | .hook == \"/dev/kmsg, $1 patterns\""; }
no_patterns() { rm "$work/klog"/* && rmdir "$work/klog" && "$T" reload --json | jq -e .klog_changed && patterns 0; }
all_patterns() { cp -r conf/klog "$work/klog" && within 5 "$T" reload && ! patterns 0; }
if "$T" detectors --json | jq -e '.[] | select(.detector == "klog") | .state == "attached"' >/dev/null; then
  it patterns_that_are_gone_are_looked_for_no_longer no_patterns
  it and_those_that_are_back_are_again all_patterns
fi
hup() { rule third 180% && kill -HUP "$daemon" && within 20 status '[.rules[] | select(.rule == "third")] | length == 1'; }
it sighup_waits_for_what_is_being_written_and_reloads_it hup
outsider() { setpriv --reuid 65534 --regid 65534 --clear-groups "$T" reload 2>&1 | grep "is for root and members of the group"; }
[ "$(id -u)" != 0 ] || it others_may_not outsider
storm() { while :; do rule other "1$((RANDOM % 90 + 10))%" && "$T" reload; done; }
it killing_all_while_rules_are_reloaded_costs_no_second_that_was_there killed_at_random "${ROUNDS:-8}" storm
it the_rules_as_they_lie_there_are_taken_by_the_next run
whole() { daemon_stop && ! grep 'cannot write' "$work/log"; }
it nothing_of_it_harms_the_history whole
finish
