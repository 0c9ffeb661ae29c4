#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# all.sh BUILD: the scenarios, each in a VM of its own, and their sum. FULL=1: all kernels, sweeps and long runs.
set -u
cd "$(dirname "$0")/../.."
build=$1
export B=$build
passed=0 failed=0
scenario() { # scenario NAME RUN-OPTIONS… -- COMMAND…
  local name=$1 start=$SECONDS out
  shift
  echo "# vm: $name"
  out=$(mktemp)
  tests/vm/run "$@" >"$out" 2>&1
  local status=$? sum p f
  if [ "$status" = 124 ]; then
    echo "# vm: $name: the emulator crashed the kernel (int3), once more"
    tests/vm/run "$@" >"$out" 2>&1
    status=$?
  fi
  cat "$out"
  sum=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$out" | tail -1)
  rm -f "$out"
  p=${sum%% *} f=$(sed -n 's/.* \([0-9]*\) failed/\1/p' <<<"$sum")
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0}))
  if [ "$status" != 0 ] && [ "${f:-0}" = 0 ]; then failed=$((failed + 1)); echo "not ok - $name ended with status $status"; fi
  echo "# vm: $name took $((SECONDS - start)) s"
}
disk=$(mktemp /var/tmp/tracetrap-disk.XXXXXX)
trap 'rm -f "$disk"' EXIT
truncate -s 512M "$disk"
virtio="-drive file=$disk,if=none,id=d,format=raw,cache=unsafe -device virtio-blk-pci,drive=d"
env=(env B="$build")
scenario "seven faults on 6.1" -t 600 -q "$virtio" -- "${env[@]}" tests/vm/faults.sh
scenario "live detectors on 6.1" -t 300 -- "${env[@]}" tests/vm/live.sh detect tasks lacp
scenario "spikes of each length on 6.1" -t "${FULL:+2}600" -- "${env[@]}" tests/vm/spikes.sh "${FULL:+5}"
scenario "400 D tasks and a 128 KiB log" -t 400 -a "log_buf_len=128K" -- "${env[@]}" tests/vm/dstate.sh
scenario "a store frozen for 30 s" -t 400 -- "${env[@]}" tests/vm/frozen.sh
some=(cpu-sys memory d-state)
quiet=120
[ -z "${FULL:-}" ] || { some=() quiet=300; } # all seven
for suite in bullseye trixie; do
  scenario "boot, doctor and faults on $suite" -k "$suite" -t 600 -q "$virtio" -- "${env[@]}" tests/vm/faults.sh "${some[@]}"
done
scenario "ordinary work fires nothing" -m 3072 -t 1200 -- "${env[@]}" tests/vm/quiet.sh "$quiet"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
