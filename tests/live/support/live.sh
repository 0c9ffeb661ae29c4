# SPDX-License-Identifier: GPL-2.0-only
# What the live scripts share: a place of their own, a daemon in it, and sentences that print as cmocka prints, so that
# run-live counts them. Source it; end with `finish`.
set -u
B=${B:-build}
T=$B/tracetrap
work=$(mktemp -d)
export TRACETRAP_STATE_DIR=$work/state TRACETRAP_RUN_DIR=$work/run
mkdir -p "$TRACETRAP_STATE_DIR"
store=$TRACETRAP_STATE_DIR/incidents
daemon= failures=0

it() { # it NAME COMMAND…: holds when the command succeeds
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    echo "[       OK ] $name"
  else
    failures=$((failures + 1))
    echo "[  FAILED  ] $name"
    tail -20 "$work/out"
  fi
}
within() { # within SECONDS COMMAND…: until it succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}
daemon_start() { # daemon_start [RUN ARGUMENTS…]
  LIVE_TEST=$work "$T" run "$@" 2>"$work/log" &
  daemon=$!
  local i
  for i in $(seq 200); do
    "$T" status >/dev/null 2>&1 && return 0 # a socket alone may be a dead one's
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
  done
  echo "the daemon did not start:"
  cat "$work/log"
  return 1
}
daemon_stop() { # daemon_stop [SIGNAL]
  [ -n "$daemon" ] || return 0
  kill "-${1:-TERM}" "$daemon" 2>/dev/null
  wait "$daemon" 2>/dev/null
  daemon=
}
# The processes of the daemon, whatever became of it: they have its environment.
survivors() { grep -lzs "^LIVE_TEST=$work$" /proc/[0-9]*/environ | cut -d/ -f3; }
# How many readings the history on disk has, by a rule that is none of the daemon's; what the reader complains of is in $work/said.
cat >"$work/probe.yaml" <<'RULE'
version: 1
rules:
  - {name: probe, summary: Reads the history, severity: info, for_each: host, when: cpu.user < 0%}
RULE
readings() {
  "$T" replay --json --rules "$work/probe.yaml" @history >"$work/probe" 2>"$work/said" # 1: nothing fires
  jq -e .samples "$work/probe"
}
grown() { local now; now=$(readings) && [ "$now" -gt "$1" ]; }
# killed_at_random ROUNDS COMMAND…: everything killed at random moments, while COMMAND goes on, costs no second of the history
# that was there just before, nor that it can be read. `run` starts the daemon.
killed_at_random() {
  local rounds=$1 i before after other
  shift
  for i in $(seq "$rounds"); do
    [ -n "$daemon" ] || run || return 1
    within 20 grown "$(readings || echo 0)" || return 1
    "$@" >/dev/null 2>&1 &
    other=$!
    sleep "$(awk "BEGIN {print $((RANDOM % 2000)) / 1000}")"
    before=$(readings)
    kill -KILL $(survivors)
    kill -KILL "$other" 2>/dev/null
    wait "$other" 2>/dev/null
    daemon_stop KILL
    after=$(readings)
    echo "round $i: $before readings before, $after after"
    [ "$after" -ge "$before" ] && ! grep 'cannot be read' "$work/said" || return 1
  done
}
finish() {
  [ "$failures" = 0 ]
  exit
}
trap 'daemon_stop; rm -rf "$work"' EXIT
