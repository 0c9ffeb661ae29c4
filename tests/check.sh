#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh BUILD: everything this machine can run, stage by stage. A stage that cannot run says why; TRACETRAP_REQUIRE=bpf,vm
# turns those skips into failures. FULL=1 adds the other kernels and the whole sweeps.
set -u
cd "$(dirname "$0")/.."
build=$1
passed=0 failed=0 skipped=0
: >"$build/failures"
required() { case ",${TRACETRAP_REQUIRE:-}," in *",$1,"*) true ;; *) false ;; esac; }
skip() { # skip FACILITY REASON
  if required "$1"; then failed=$((failed + 1)); echo "FAILED: $1 is required, but $2"; else skipped=$((skipped + 1)); echo "skipped: $1: $2"; fi
}
stage() { # stage NAME COMMAND…: adds up its closing "N passed, N failed" line
  local name=$1 start=$SECONDS sum
  shift
  echo "== $name"
  "$@" 2>&1 | tee "$build/stage.log" | grep --line-buffered -vE '^(make|  [A-Z]+ )'
  local status=${PIPESTATUS[0]}
  awk -v stage="$name" '/^# / { place = substr($0, 3) } /^not ok|FAILED/ { print "# " stage ": " place ": " $0 }' "$build/stage.log" >>"$build/failures"
  sum=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$build/stage.log" | tail -1)
  local p=${sum%% *} f
  f=$(sed -n 's/.* \([0-9]*\) failed/\1/p' <<<"$sum")
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0}))
  if [ "$status" != 0 ] && [ "${f:-0}" = 0 ]; then failed=$((failed + 1)); echo "FAILED: $name ended with status $status"; fi
  echo "-- $name: $((SECONDS - start)) s"
}
stage "units" make -s -j2 unit B="$build"
stage "house" tests/house.sh
stage "property" make -s agree B="$build"
stage "fuzz corpora" make -s -j2 fuzz B="$build"
if [ "$(id -u)" != 0 ]; then
  skip bpf "only root may load BPF programs and open perf events"
elif [ ! -e /sys/kernel/btf/vmlinux ]; then
  skip bpf "this kernel has no BTF (/sys/kernel/btf/vmlinux)"
else
  stage "live" make -s -j2 live B="$build"
fi
if ! command -v qemu-system-x86_64 >/dev/null; then
  skip vm "there is no qemu-system-x86_64; make deps installs it"
elif [ "$(uname -m)" != x86_64 ]; then
  skip vm "the VM tests know x86_64 alone"
else
  stage "vm" tests/vm/all.sh "$build"
fi
[ "$failed" = 0 ] || { echo "== what failed"; cat "$build/failures"; }
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
