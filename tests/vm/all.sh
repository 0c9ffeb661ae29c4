#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# all.sh BUILD [ERE]: the scenarios (whose names match), each in a VM of its own, their sum, and the table of what each detector
# is on which kernel.
# FULL=1: all kernels, sweeps and long runs. `scenario` shares the machine with one other; what is judged by the CPU time it took
# or made runs `alone`, since a guest beside another loses half its ticks. What fails is run once more by itself, and the output
# tells of both: emulators on a busy machine can starve a fault of what it needs to be one.
set -u
cd "$(dirname "$0")/../.."
build=$1 only=${2:-}
export B=$build
work=$(mktemp -d /var/tmp/tracetrap-all.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

run_in_vm() { # run_in_vm OUTPUT NAME RUN-OPTIONS… -- COMMAND…
  local out=$1 name=$2 start=$SECONDS status
  shift 2
  tests/vm/run "$@" >"$out" 2>&1
  status=$?
  if [ "$status" = 124 ]; then
    echo "# vm: $name: the emulator or a bug of this kernel broke it, once more"
    tests/vm/run "$@" >"$out" 2>&1
    status=$?
  fi
  [ "$status" = 0 ] || grep -qE '^[0-9]+ passed, [1-9][0-9]* failed' "$out" ||
    printf 'not ok - %s ended with status %s\n0 passed, 1 failed\n' "$name" "$status" >>"$out"
  (flock 9 && echo "# vm: $name" && cat "$out" && echo "# vm: $name took $((SECONDS - start)) s") 9>"$work/lock"
}
n=0 arguments=()
scenario() { # scenario NAME RUN-OPTIONS… -- COMMAND…
  [[ $1 =~ $only ]] || return 0
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
  arguments[++n]=$(printf '%q ' "$@")
  run_in_vm "$work/$n.out" "$@" &
}
alone() { # alone NAME RUN-OPTIONS… -- COMMAND…
  wait
  scenario "$@"
  wait
}
failed_in() { sed -nE 's/^[0-9]+ passed, ([0-9]+) failed$/\1/p' "$1" | tail -1; }
failed_once_more() { # at most three, so that a broken tree is soon told
  local i failures again=0
  wait
  for i in $(seq "$n"); do
    failures=$(failed_in "$work/$i.out")
    [ "${failures:-1}" != 0 ] && [ "$((++again))" -le 3 ] || continue
    echo "# vm: ${failures:-all} failed; once more by itself"
    mv "$work/$i.out" "$work/$i.before"
    eval "run_in_vm $work/$i.out ${arguments[i]}"
  done
}
disk() { # a disk of its own: `run` arguments for it into $disk
  local image=$work/$((++disks)).img
  truncate -s 512M "$image"
  disk="-drive file=$image,if=none,id=d,format=raw,cache=unsafe -device virtio-blk-pci,drive=d"
}
disks=0

env=(env B="$build")
# Of the seven, the detectors' own scenarios make oom, hung-task and lacp.
four=(cpu-sys memory io d-state) some=(cpu-sys memory d-state)
quiet=120 kernels=(bookworm)
[ -z "${FULL:-}" ] || { four=() some=() quiet=300 kernels=(bookworm bullseye trixie); }
devices=$(sed -n 's/^# needs: //p' tests/vm/detect/*.sh | tr '\n' ' ')
# Two groups that take about as long as each other, since faults of disks and of tasks make each other's rules fire; and those
# whose faults hold a CPU and are judged by how long.
net=(dropwatch lacp netdev netrecvlat oom ras tcpretrans txtimeout)
cpu=(runqlat softirq softlockup)
rest=($(cd tests/vm/detect && ls *.sh | sed 's/\.sh$//' | grep -vxF "$(printf '%s\n' "${net[@]}" "${cpu[@]}")"))

for suite in "${kernels[@]}"; do
  disk
  scenario "detectors of disks and tasks on $suite" -k "$suite" -t 900 -q "$disk $devices" -- "${env[@]}" tests/vm/detectors.sh "${rest[@]}"
  scenario "detectors of the network and the machine on $suite" -k "$suite" -t 900 -q "$devices" -- "${env[@]}" tests/vm/detectors.sh "${net[@]}"
  alone "detectors of CPUs on $suite" -k "$suite" -t 600 -- "${env[@]}" tests/vm/detectors.sh "${cpu[@]}"
done
disk
alone "faults of the signals' rules on bookworm" -t 600 -q "$disk" -- "${env[@]}" tests/vm/faults.sh "${four[@]}"
for suite in bullseye trixie; do
  disk
  alone "boot, doctor and faults on $suite" -k "$suite" -t 600 -q "$disk" -- "${env[@]}" tests/vm/faults.sh "${some[@]}"
done
scenario "400 D tasks and a 128 KiB log" -t 400 -a "log_buf_len=128K" -- "${env[@]}" tests/vm/dstate.sh
scenario "a store frozen for 30 s" -t 400 -- "${env[@]}" tests/vm/frozen.sh
scenario "live tests on bookworm" -t 300 -- "${env[@]}" tests/vm/live.sh detect tasks lacp
alone "a storm of forks" -t 200 -- "${env[@]}" tests/vm/forkstorm.sh
alone "spikes of each length" -t "${FULL:+2}900" -- "${env[@]}" tests/vm/spikes.sh "${FULL:+5}"
alone "ordinary work fires nothing" -m 3072 -t 1200 -- "${env[@]}" tests/vm/quiet.sh "$quiet"
failed_once_more

echo "# vm: what each detector is"
cat "$work"/*.out | sed -n 's/^table: //p' | sort -t'|' -k2,2 -k1,1
passed=0 failed=0
for out in "$work"/*.out; do
  read -r p f < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$out" | tail -1)
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
