#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The seven rules of the design card, each against its real fault, on whatever kernel this runs: exactly one incident, a
# bundle that verifies, the evidence the rule asks for, the culprit by name. Thresholds are set through `params` alone.
. "$(dirname "$0")/lib.sh"
only=${*:-cpu-sys memory io d-state oom hung-task lacp}
wanted() { case " $only " in *" $1 "*) true ;; *) false ;; esac; }

modprobe loop 2>/dev/null; modprobe ext4 2>/dev/null; modprobe virtio_blk 2>/dev/null
disk=/tmp
if [ -b /dev/vda ]; then
  mkfs.ext4 -q -F /dev/vda && mkdir -p /tmp/disk && mount /dev/vda /tmp/disk && disk=/tmp/disk
fi
if wanted lacp; then tests/fault/lacp.sh up; sleep 8; fi

# The emulation alone makes half a machine of system time while it starts.
daemon_start --set cpu-sys-spike.limits.rule=none --set cpu-sys-spike.level=70% --set memory-burst.burst=200MiB --set io-burst.level=4MiB/s
tick() { "$T" doctor --json | jq -e ".[] | select(.facility == \"tick\") | $1"; }
case $(uname -r) in
5.10.*) check "doctor says why /proc is read and not the in-kernel tick" tick '.state == "fallback" and .reason != ""' ;;
*) check "doctor says that the in-kernel tick is in use" tick '.state == "ok"' ;;
esac
sleep 12 # a window of ten seconds has to be full
calm

fault_cpu_sys() {
  "$fault" cpu-sys --seconds 6 --share 1 >/tmp/fault.txt
  check "cpu-sys-spike is captured" wait_incident cpu-sys-spike 60
  check_bundle cpu-sys-spike manifest.json rule.yaml why.json samples.tts profile/perf.data profile/after.folded sysrq/l.txt ledger.json
  local dir=$unpacked
  check "sysrq-l text holds backtraces of CPUs" grep -Eq 'NMI backtrace|Backtrace|CPU: *[0-9]|cpu [0-9]' "$dir/sysrq/l.txt"
  check "perf script counts as many samples as the profile says" same_samples "$dir"
  # getrandom(2) makes bytes and copies them; under emulation the copy is the dearer half where it is a `rep movsb` (6.12).
  check "the summary names the spinning task and its kernel function" names "$(latest cpu-sys-spike)" fault-spin \
    'function \(chacha\|rep_movs\)'
}
same_samples() {
  local said seen
  said=$(jq '.before.samples + .after.samples' "$1/profile/summary.json")
  seen=$(perf script -i "$1/profile/perf.data" -F tid,time 2>/dev/null | grep -c .)
  echo "summary.json: $said, perf script: $seen"
  [ "$said" -gt 0 ] && [ "$said" = "$seen" ]
}
fault_memory() {
  "$fault" memory --bytes $((400 << 20)) --seconds 6 >/tmp/fault.txt
  check "memory-burst is captured" wait_incident memory-burst 60
  check_bundle memory-burst manifest.json why.json proc/meminfo ledger.json
  check "the summary names the task that took the memory" names "$(latest memory-burst)" fault-memory
}
fault_io() {
  "$fault" io --seconds 8 --path "$disk" >/tmp/fault.txt
  check "io-burst is captured" wait_incident io-burst 60
  check_bundle io-burst manifest.json why.json proc/diskstats ledger.json
  check "the summary names the task that wrote and the disk" names "$(latest io-burst)" fault-io vda
}
fault_d_state() {
  "$fault" d-state --tasks 40 --seconds 12 >/tmp/fault.txt
  check "d-state-growth is captured" wait_incident d-state-growth 60
  check_bundle d-state-growth manifest.json why.json tasks/d.txt ledger.json
  check "each D task's stack is in tasks/d.txt" test "$(grep -c fault-dstate "$unpacked/tasks/d.txt")" -ge 40
  check "the summary names the tasks that wait" names "$(latest d-state-growth)" fault-dstate
}
fault_oom() {
  "$fault" oom >/tmp/fault.txt
  check "oom is captured" wait_incident oom 60
  check_bundle oom manifest.json events.jsonl ledger.json
  check "the summary names the victim and its cgroup" names "$(latest oom)" fault-oom /fault-oom
}
fault_hung_task() {
  tests/fault/hung-task.sh 8 >/tmp/fault.txt
  check "hung-task is captured" wait_incident hung-task 60
  check_bundle hung-task manifest.json events.jsonl tasks/d.txt ledger.json
  check "the summary names the task that hung" names "$(latest hung-task)" fault-writer
}
fault_lacp() {
  tests/fault/lacp.sh drop >/tmp/fault.txt
  check "bond-lacp-change is captured" wait_incident bond-lacp-change 60
  check_bundle bond-lacp-change manifest.json events.jsonl net/bonding/bond0.txt ledger.json
  check "the bond's status text is the kernel's" grep -q 'Bonding Mode: IEEE 802.3ad' "$unpacked/net/bonding/bond0.txt"
  check "the summary names the bond and the slave" names "$(latest bond-lacp-change)" bond0 fault-b1
}
for f in $only; do
  echo "# $f"
  "fault_${f//-/_}"
done
check "nothing else fired" test "$(all_incidents)" = "$(echo $only | wc -w)"
grep -E 'error|warning' "$TRACETRAP_STATE_DIR/log" | head -20
"$T" status | head -40
finish
