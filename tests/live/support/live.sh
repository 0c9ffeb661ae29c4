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
finish() {
  [ "$failures" = 0 ]
  exit
}
trap 'daemon_stop; rm -rf "$work"' EXIT
