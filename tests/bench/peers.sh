#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# peers.sh BUILD: "what would these 40 rules have done yesterday?", asked of our history, of pmie over a PCP archive and of
# promtool, on equal values and with equal rules, one decision a second. All must count the same firings, rule by rule. promtool
# gets a shorter span (it would take minutes for a day), so what compares is readings per second of CPU. QUICK=1 shortens.
set -u
cd "$(dirname "$0")/../.."
build=$1
peers=$(realpath -m "$build/peers") # what deps.sh unpacked
day=86400
pmie_span=${QUICK:+21600} pmie_span=${pmie_span:-$day}
promtool_span=${QUICK:+600} promtool_span=${promtool_span:-3600}
begin=1794999600 # DAY_BEGIN_S of day.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make_day="$build/tests/bench/bench_peers"
if [ -x "$peers/usr/bin/pmie" ]; then
  export PCP_DIR=$peers
  pcp_libraries=$peers/usr/lib
fi

found() { # found PROGRAM: its path, or says that it is not there
  if [ -x "$peers/usr/bin/$1" ]; then echo "$peers/usr/bin/$1"; else type -P "$1" || { echo "$1: not to be had here" >&2; false; }; fi
}
timed() { # timed COMMAND…: the times of its run into $cpu and $wall, its output into $work/out, and its status
  local TIMEFORMAT='%U %S %R' user system status
  { time "$@" >"$work/out" 2>"$work/err"; } 2>"$work/time"
  status=$?
  read -r user system wall <"$work/time"
  cpu=$(awk -v u="$user" -v s="$system" 'BEGIN {print u + s}')
  return $status
}
rate() { awk -v span="$1" -v cpu="$cpu" -v s=$series 'BEGIN {printf "%.0f", s * span / cpu}'; }
row() { # row NAME SPAN
  awk -v n="$1" -v span="$2" -v cpu="$cpu" -v wall="$wall" -v rate="$(rate "$2")" -v ours="$ours" 'BEGIN {
    printf "%-26s %5.1f h in %6.2f s of CPU, %.2f s in all: %.3g million readings per s of CPU", n, span / 3600, cpu, wall, rate / 1e6
    print rate == ours ? "" : sprintf(", 1/%.3g of ours", ours / rate)}'
}
ours_until() { # ours_until SECONDS: firings of each rule until then, "r07 3"
  jq -r --arg until "$(date -u -d "@$((begin + $1))" +%Y-%m-%dT%H:%M:%S.999)" \
    '.firings | map(select(.at <= $until)) | group_by(.rule)[] | "\(.[0].rule) \(length)"' "$work/ours.json"
}
same() { # same PEER SECONDS COUNTS
  if diff <(ours_until "$2") "$3" >"$work/diff"; then
    awk -v p="$1" '{n += $2} END {printf "%-26s the same %d firings of %d rules\n", p, n, NR}' "$3"
  else
    echo "$1 fires otherwise (<: ours, >: $1):" && head -20 "$work/diff"
    failed=1
  fi
}

of_tracetrap() {
  "$build/tests/bench/bench_history" "$work" || exit
  "$make_day" rules tracetrap >"$work/rules.yaml"
  timed "$build/tracetrap" replay "$work/history" --rules "$work/rules.yaml" --json
  mv "$work/out" "$work/ours.json"
  series=$(jq ".samples / $day" "$work/ours.json")
  ours=$(rate $day)
  row "tracetrap replay HISTORY" $day
}

of_pmie() {
  local pmie archive=$work/archive
  pmie=$(found pmie) || return
  "$make_day" rules pmie >"$work/rules.pmie"
  LD_LIBRARY_PATH=${pcp_libraries:-} "$make_day" pcp "$pmie_span" "$archive" || { echo "pmie: no archive to read"; return; }
  LD_LIBRARY_PATH=${pcp_libraries:-} timed "$pmie" -q -z -t 1sec -a "$archive" -c "$work/rules.pmie" || { cat "$work/err"; return; }
  row "pmie -a ARCHIVE -t 1sec" "$pmie_span"
  # A line for each second at which a rule's condition is true: a firing begins where the second before has none.
  awk '/: r[0-9]/ {split($5, c, ":"); t = c[1] * 3600 + c[2] * 60 + c[3]; k = $(NF - 1) " " $NF
      if (!(k in last) || t != (last[k] + 1) % 86400) n[$(NF - 1)]++
      last[k] = t}
    END {for (r in n) print r, n[r]}' "$work/out" | sort >"$work/counts"
  same pmie "$pmie_span" "$work/counts"
  awk -v s=$series -v span="$pmie_span" -v plain="$(stat -c %s "$archive.0")" -v packed="$(zstd -qc "$archive.0" | wc -c)" \
    'BEGIN {printf "%-26s %.1f bytes a reading, %.1f by zstd\n", "its archive", plain / s / span, packed / s / span}'
}

promtool_test() { # promtool_test EXPRESSION: with the samples expected of it at the end from stdin
  cat "$work/series.yaml"
  echo "  promql_expr_test: [{eval_time: $((promtool_span - 1))s, expr: '$1', exp_samples: [$(paste -sd,)]}]"
}
of_promtool() {
  local promtool began
  promtool=$(found promtool) || return
  "$make_day" rules prometheus >"$work/rules.yaml"
  "$make_day" promtool $promtool_span >"$work/series.yaml"
  promtool_test 'count(ALERTS{alertname="none"})' </dev/null >"$work/test.yaml"
  timed "$promtool" test rules "$work/test.yaml" || { cat "$work/out" "$work/err"; return; }
  row "promtool test rules" $promtool_span
  # Which alerts began to fire is asked in a run of its own: the question costs too.
  began='ALERTS{alertstate="firing"} unless ALERTS{alertstate="firing"} offset 1s'
  ours_until $promtool_span >"$work/counts"
  awk '{printf "{labels: \"{alertname=\\\"%s\\\"}\", value: %d}\n", $1, $2}' "$work/counts" |
    promtool_test "sum by (alertname) (sum_over_time(($began)[${promtool_span}s:1s]))" >"$work/test.yaml"
  if "$promtool" test rules "$work/test.yaml" >"$work/out" 2>&1; then
    same promtool $promtool_span "$work/counts"
  else
    echo "promtool fires otherwise:" && cut -c1-600 "$work/out"
    failed=1
  fi
}

failed=
of_tracetrap
of_pmie
of_promtool
[ -z "$failed" ]
