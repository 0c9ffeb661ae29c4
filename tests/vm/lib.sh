# SPDX-License-Identifier: GPL-2.0-only
# What every VM scenario sources: a daemon with the shipped rules, checks that count, evidence held against a fault.
# `ok SENTENCE` and `not_ok SENTENCE` count; `finish` prints the sum and exits.
set -u
B=${B:-build}
T=$B/tracetrap
fault=$B/tests/fault/fault
export TRACETRAP_STATE_DIR=${TRACETRAP_STATE_DIR:-/tmp/tracetrap}
export TRACETRAP_RUN_DIR=$TRACETRAP_STATE_DIR/run
store=$TRACETRAP_STATE_DIR/incidents
passed=0 failed=0 daemon=

ok() { passed=$((passed + 1)); echo "ok - $*"; }
not_ok() { failed=$((failed + 1)); echo "not ok - $*"; }
check() { # check SENTENCE COMMAND…
  local sentence=$1
  shift
  if "$@" >/tmp/check.out 2>&1; then ok "$sentence"; else not_ok "$sentence"; sed 's/^/    /' /tmp/check.out | tail -15; fi
}
finish() {
  [ -z "$daemon" ] || check "the daemon still runs" kill -0 "$daemon"
  daemon_stop
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
  exit $?
}

daemon_start() { # daemon_start [RUN ARGUMENTS…]: with the shipped rules unless --rules is given
  mkdir -p "$TRACETRAP_STATE_DIR"
  # A new state directory starts all limits at one token; seven faults within minutes want more than that of the host's.
  # The same goes for the share of the time that a detector may be attached.
  printf 'version: 1\npaths: {klog: conf/klog, noise: [conf/noise]}\nlimits: {host: 3600/1h}\narm: {share: 100%%}\n%s' \
    "${daemon_config:-}" >"$TRACETRAP_STATE_DIR/config.yaml"
  case " $* " in *" --rules "*) ;; *) set -- --rules conf/rules.d "$@" ;; esac
  "$T" run --config "$TRACETRAP_STATE_DIR/config.yaml" "$@" 2>"$TRACETRAP_STATE_DIR/log" &
  daemon=$!
  local i
  for i in $(seq 300); do
    [ -S "$TRACETRAP_RUN_DIR/control.sock" ] && return 0
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
  done
  not_ok "the daemon starts"
  cat "$TRACETRAP_STATE_DIR/log"
  finish
}
daemon_stop() {
  [ -n "$daemon" ] || return 0
  kill "$daemon" 2>/dev/null
  wait "$daemon" 2>/dev/null
  daemon=
}

# monitor COMMAND…: what only the machine around this one can do, such as a machine check or a pulled cable.
monitor() {
  stty -F /dev/ttyS2 raw -echo
  printf '\n%s\n' "$*" >/dev/ttyS2 # a line that begins with what the terminal echoed before it was raw is ended first
}

# calm: until the machine has done little in the kernel for five seconds. An emulated one takes a while to settle after its start,
# and a spike that rises from half a machine of system time is none.
system_ticks() { read -r _ _ _ system idle _ </proc/stat; }
calm() {
  local end=$((SECONDS + 60)) quiet=0 before was
  while [ "$quiet" -lt 5 ] && [ "$SECONDS" -lt "$end" ]; do
    system_ticks
    before=$system was=$SECONDS
    sleep 1
    system_ticks
    if [ $((system - before)) -lt $((40 * $(nproc) * (SECONDS - was))) ]; then quiet=$((quiet + 1)); else quiet=0; fi
  done
}

# incidents RULE: how many bundles that rule opened. wait_incident RULE SECONDS [COUNT]: until there are that many.
bundles() { ls "$store" 2>/dev/null | grep -- "Z-$1-[0-9a-f]*\.tar\.zst$"; }
incidents() { bundles "$1" | wc -l; }
all_incidents() { bundles '.*' | wc -l; }
wait_incident() {
  local end=$((SECONDS + $2))
  while [ "$(incidents "$1")" -lt "${3:-1}" ]; do
    [ "$SECONDS" -lt "$end" ] || { grep = /tmp/fault.txt | grep -v pid | tail -5; tail -3 "$TRACETRAP_STATE_DIR/log"; "$T" why "$1"; return 1; }
    sleep 0.2
  done
}
latest() { basename "$(bundles "$1" | tail -1)" .tar.zst; }

# check_bundle RULE MEMBER…: one incident of that rule, it verifies, plain tar opens it, the members are there, replay agrees.
check_bundle() {
  local rule=$1 id dir member
  shift
  check "$rule fires exactly one incident" test "$(incidents "$rule")" = 1
  id=$(latest "$rule")
  check "$rule: the bundle verifies" "$T" verify "$id"
  dir=$(mktemp -d)
  check "$rule: tar --zstd -xf opens it" tar --zstd -xf "$store/$id.tar.zst" -C "$dir"
  for member in "$@"; do check "$rule: it holds $member" test -s "$dir/$id/$member"; done
  check "$rule: replay fires at the same reading" replays_the_same "$id"
  unpacked=$dir/$id
}
replays_the_same() {
  "$T" replay --json "$1" >/tmp/replay.json && cat /tmp/replay.json &&
    jq -e '[.firings[].recorded] | length >= 1 and all' /tmp/replay.json
}
names() { # names ID WORD…: the summary names the culprit
  local id=$1 word
  shift
  "$T" show "$id" >/tmp/show.txt
  for word in "$@"; do grep -q -- "$word" /tmp/show.txt || { cat /tmp/show.txt; return 1; }; done
}
value() { sed -n "s/^$1=//p" "$2" | head -1; } # value KEY FILE: what a fault said of itself
