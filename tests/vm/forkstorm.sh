#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# forkstorm.sh [SECONDS]: as many processes as this kernel can start, all watched by `exec`: nothing is lost silently (records,
# lost and limited are all there was), and the daemon neither works nor grows more than it should.
. "$(dirname "$0")/lib.sh"
seconds=${1:-10}
daemon_config=$'detectors:\n  exec: {always: true}\n'
daemon_start --rules conf/rules.d/oom.yaml
sleep 3

forks() { awk '$1 == "processes" {print $2}' /proc/stat; }
# Of the daemon, its helper, its writer and its spare workers, in hundredths of a second.
cpu_ticks() { local of; of=$(pgrep -P "$daemon"); for p in $daemon $of; do cat "/proc/$p/stat"; done | awk '{s += $14 + $15} END {print s}'; }
rss_kib() { awk '/^VmRSS/ {print $2}' "/proc/$daemon/status"; }
exec_count() { "$T" detectors --json | jq ".[] | select(.detector == \"exec\") | $1"; }
storm() { local end=$((SECONDS + seconds)); while [ "$SECONDS" -lt "$end" ]; do /bin/true; /bin/true; /bin/true; /bin/true; done; }

cpu=$(cpu_ticks); sleep "$seconds"; idle=$((($(cpu_ticks) - cpu) * 10 / seconds))
rss=$(rss_kib) forks0=$(forks) seen0=$(exec_count .seen) cpu=$(cpu_ticks)
jobs=()
for _ in 1 2 3 4; do storm & jobs+=($!); done
wait "${jobs[@]}"
busy=$((($(cpu_ticks) - cpu) * 10 / seconds)) started=$(($(forks) - forks0))
sleep 2
"$T" detectors --json | jq -c '.[] | select(.detector == "exec")' >/tmp/exec.json
seen=$(($(jq .seen /tmp/exec.json) - seen0))
echo "    $started processes in $seconds s, $seen events: $(jq -c '{seen, events, lost, limited}' /tmp/exec.json)"
echo "    the daemon and its own took $idle ms a second before, $busy in the storm"
check "records, lost and limited are all that was seen" jq -e '.seen == .events + .lost + .limited' /tmp/exec.json
check "each process was seen to begin, to exec and to end" test "$seen" -ge $((started * 28 / 10))
check "the daemon works less than 10 % of a core" test "$busy" -lt 100
check "the daemon does not grow" test "$(rss_kib)" -lt $((rss + 2048))
finish
