#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The store's file system is frozen for 30 s during a fault: readings keep their times, the bundle appears after the thaw.
. "$(dirname "$0")/lib.sh"
gap_free() {
  "$T" cat "$1" samples.csv | awk -F, 'NR > 1 {split($1, t, /[T:Z]/); s = t[2] * 3600 + t[3] * 60 + t[4];
    if (last && s - last > 1) {print "gap of " s - last " s before " $1; bad = 1} last = s} END {exit bad}'
}
modprobe loop; modprobe ext4
truncate -s 256M /tmp/store.img && mkfs.ext4 -q -F /tmp/store.img
mkdir -p "$TRACETRAP_STATE_DIR" && mount -o loop /tmp/store.img "$TRACETRAP_STATE_DIR"
export TRACETRAP_RUN_DIR=/tmp/run-tracetrap
daemon_start --rules conf/rules.d/cpu-sys-spike.yaml
sleep 14
fsfreeze -f "$TRACETRAP_STATE_DIR"
"$fault" cpu-sys --seconds 4 --share 0.85 >/tmp/fault.txt
sleep 26
check "the daemon still answers while its store is frozen" timeout 5 "$T" status
check "nothing is published while the store is frozen" test ! -e "$store"/*cpu-sys-spike*.tar.zst
fsfreeze -u "$TRACETRAP_STATE_DIR"
check "the bundle appears after the thaw" wait_incident cpu-sys-spike 30
id=$(latest cpu-sys-spike)
check "it verifies" "$T" verify "$id"
onset=$(value onset_ns /tmp/fault.txt)
fired=$("$T" show --json "$id" | jq '.manifest.fired_ns')
check "it was decided within 2 s of the onset ($(((fired - onset) / 1000000)) ms)" test $((fired - onset)) -le 2000000000
check "readings kept their times: no gap over 1 s around the freeze" gap_free "$id"
finish
