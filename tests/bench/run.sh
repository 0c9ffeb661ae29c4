#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh BUILD: figures beside peers, all in one run: shares and ratios count, not absolute times. QUICK=1 shortens it.
# CPU is what the scheduler charged (/proc/PID/task/*/schedstat, ns) over every process of the program measured, the time
# of BPF programs beside it; wake-ups are context switches of those processes.
set -u
cd "$(dirname "$0")/../.."
build=$1
T=$build/tracetrap
span=${QUICK:+8}
span=${span:-30}
work=$(mktemp -d)
export TRACETRAP_STATE_DIR=$work/state TRACETRAP_RUN_DIR=$work/run
mkdir -p "$TRACETRAP_STATE_DIR"
pids=()
finish() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

tree() { # every process below PID, itself included
  local p
  echo "$1"
  for p in $(cat "/proc/$1/task/"*/children 2>/dev/null); do tree "$p"; done
}
cpu_ns() { local p sum=0 f; for p in "$@"; do for f in /proc/"$p"/task/*/schedstat; do read -r ns _ <"$f" 2>/dev/null && sum=$((sum + ns)); done; done; echo $sum; }
switches() { local p files=(); for p in "$@"; do files+=(/proc/"$p"/task/*/status); done; awk '/ctxt_switches/ {s += $2} END {print s + 0}' "${files[@]}" 2>/dev/null; }
rss_kib() { local p sum=0; for p in "$@"; do sum=$((sum + $(awk '/^Pss:/ {print $2}' "/proc/$p/smaps_rollup" 2>/dev/null || echo 0))); done; echo $sum; }
bpf_ns() { bpftool -j prog show 2>/dev/null | jq '[.[] | .run_time_ns // 0] | add // 0'; }
median() { sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

idle() { # idle NAME PID: one row
  local all c0 c1 b0 b1 s0 s1
  mapfile -t all < <(tree "$2")
  b0=$(bpf_ns) c0=$(cpu_ns "${all[@]}") s0=$(switches "${all[@]}")
  sleep "$span"
  c1=$(cpu_ns "${all[@]}") s1=$(switches "${all[@]}") b1=$(bpf_ns)
  awk -v n="$1" -v c=$((c1 - c0)) -v b=$((b1 - b0)) -v s=$((s1 - s0)) -v t="$span" -v r="$(rss_kib "${all[@]}")" \
    'BEGIN {printf "%-34s %8.2f ms/s  %6.1f wake-ups/s  %6.1f MiB  %7.3f ms/s in BPF\n", n, c / t / 1e6, s / t, r / 1024, b / t / 1e6}'
}
daemon() { # daemon ARGUMENTS…: started, its pid in $d
  "$T" run "$@" 2>"$work/log" &
  d=$!
  pids+=("$d")
  for _ in $(seq 100); do [ -S "$TRACETRAP_RUN_DIR/control.sock" ] && return; sleep 0.1; done
  cat "$work/log"; exit 1
}
stop() { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; }

echo "== idle: CPU, wake-ups, memory (PSS) over $span s each; $(nproc) CPUs, Linux $(uname -r)"
stats=$(sysctl -n kernel.bpf_stats_enabled 2>/dev/null || echo 0)
sysctl -qw kernel.bpf_stats_enabled=1 2>/dev/null
for kind in auto proc; do
  daemon --rules conf/rules.d --source $kind
  sleep 3
  idle "tracetrap ($("$T" status --json | jq -r .source))" "$d"
  [ $kind = auto ] && "$T" status --json | jq -e '.fallback_reason' >/dev/null && { stop "$d"; break; }
  stop "$d"
done
sysctl -qw kernel.bpf_stats_enabled="$stats" 2>/dev/null
peer() { # peer NAME COMMAND…
  local name=$1 p
  shift
  command -v "$1" >/dev/null || { echo "$name: not installed here"; return; }
  "$@" >/dev/null 2>&1 &
  p=$!
  pids+=("$p")
  sleep 2
  idle "$name" "$p"
  stop "$p"
}
peer "atop -w, 1 Hz" atop -w "$work/atop" 1
peer "sadc, 1 Hz" /usr/lib/sysstat/sadc -S XALL 1 "$work/sa"
if command -v prometheus-node-exporter >/dev/null; then
  prometheus-node-exporter --web.listen-address=127.0.0.1:19100 >/dev/null 2>&1 &
  p=$!
  pids+=("$p")
  (for _ in $(seq $((span + 6))); do exec 3<>/dev/tcp/127.0.0.1/19100 && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && cat <&3 >/dev/null; exec 3>&-; sleep 1; done) 2>/dev/null &
  scraper=$!
  sleep 2
  idle "node_exporter, scraped at 1 Hz" "$p"
  stop "$scraper"; stop "$p"
fi

pairs=$([ -n "${QUICK:-}" ] && echo 3 || echo 12)
echo "== context switches lost: perf bench sched pipe, $pairs times off, on, off"
switches_wanted=$([ -n "${QUICK:-}" ] && echo 40000 || echo 200000)
pipe() { taskset -c 1 perf bench -f simple sched pipe -l "$switches_wanted" 2>/dev/null | tail -1; }
pipe >/dev/null # warms up
# On one CPU: between two, where the scheduler puts the pair is most of what is measured.
# Each `on` is held against the two `off` beside it, so that a machine that drifts does so for both sides.
loss() { # loss WHAT RUN-ARGUMENTS…
  local off1 on off2
  for _ in $(seq "$pairs"); do
    off1=$(pipe)
    daemon "${@:2}"
    sleep 5 # what it does once, at its start, is not what is always on
    on=$(pipe)
    stop "$d"
    off2=$(pipe)
    awk -v a="$off1" -v b="$on" -v c="$off2" 'BEGIN {o = (a + c) / 2; print (b / o - 1) * 100, o, b, (a > c ? a / c - 1 : c / a - 1) * 100}'
  done >"$work/pipe"
  printf '%-40s median: off %.3f s, on %.3f s, loss %+.1f %%; two runs of the same differ by %.1f %%\n' "$1" \
    "$(column 2)" "$(column 3)" "$(column 1)" "$(column 4)"
}
column() { awk -v c="$1" '{print $c}' "$work/pipe" | median; }
# So many switches are a spike of system time, which arms detectors, one of them at every switch.
calm=$(grep -L 'arm:' conf/rules.d/*.yaml | sed 's/^/--rules /')
loss "all that is always on" $calm
loss "and what the stock rules arm for it" --rules conf/rules.d

rounds=$([ -n "${QUICK:-}" ] && echo 5 || echo 20)
echo "== a firing to its first evidence, every CPU busy, median of $rounds"
sed 's/after: [0-9]*m\?s/after: 1s/; s/^\( *\)limits:.*/\1limits: {entity: none, rule: none}/' conf/rules.d/cpu-sys-spike.yaml >"$work/rule.yaml"
printf 'version: 1\nlimits: {host: 1000/1s}\n' >"$work/config.yaml"
"$T" run --config "$work/config.yaml" --rules "$work/rule.yaml" --set cpu-sys-spike.limits.entity=none --set cpu-sys-spike.limits.rule=none 2>"$work/log" &
d=$!
pids+=("$d")
for _ in $(seq 100); do [ -S "$TRACETRAP_RUN_DIR/control.sock" ] && break; sleep 0.1; done
for _ in $(seq "$(nproc)"); do (exec -a tracetrap-bench-busy sh -c 'while :; do :; done') & pids+=($!); busy="${busy:-} $!"; done
: >"$work/member"; : >"$work/disk"
for _ in $(seq $rounds); do
  n=$("$T" status --json | jq .captures.published)
  "$T" trigger cpu-sys-spike >/dev/null
  for _ in $(seq 600); do [ "$("$T" status --json | jq .captures.published)" -gt "$n" ] && break; sleep 0.1; done
  "$T" status --json | jq '.captures.first_member_s * 1000' >>"$work/member"
  "$T" status --json | jq '.captures.first_disk_s * 1000' >>"$work/disk"
done
for p in $busy; do stop "$p"; done
printf 'first member in the bundle %.1f ms, first bytes on disk %.1f ms\n' "$(median <"$work/member")" "$(median <"$work/disk")"

echo "== size of those bundles"
"$T" list --json | jq -r '[.[].bytes] | sort | "smallest \(.[0]), median \(.[length / 2 | floor]), largest \(.[-1]) bytes"'
stop "$d"

for b in "$build"/tests/bench/bench_*; do
  # The last two are run by peers.sh.
  [ -x "$b" ] && [ ! -d "$b" ] && case $b in *.o | *.d | */bench_history | */bench_peers) ;; *) echo "== $(basename "$b")"; "$b" ;; esac
done
echo "== a day of history under 40 rules, beside pmie and promtool on equal values"
tests/bench/peers.sh "$build"
echo "== armed detectors: cost per event, beside bpftrace"
tests/bench/detectors.sh "$build"
