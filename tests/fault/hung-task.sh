#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hung-task.sh [SECONDS]: writers on a frozen loop ext4 hang until it is thawed. VM only: it changes hung_task sysctls.
set -euo pipefail
[ -n "${TRACETRAP_VM:-}" ] || { echo "hung-task: for the VM only" >&2; exit 77; }
seconds=${1:-6}
modprobe loop; modprobe ext4
image=/tmp/fault-hung.img mount=/tmp/fault-hung
truncate -s 64M "$image"
mkfs.ext4 -q -F "$image"
mkdir -p "$mount"
mount -o loop "$image" "$mount"
echo 2 >/proc/sys/kernel/hung_task_timeout_secs
echo 1 >/proc/sys/kernel/hung_task_check_interval_secs
echo "comm=fault-writer"
echo "onset_ns=$(awk '{printf "%.0f", $1 * 1e9}' /proc/uptime)"
fsfreeze -f "$mount"
cp /bin/dd /tmp/fault-writer
/tmp/fault-writer if=/dev/zero of="$mount/a" bs=4k count=1 2>/dev/null &
echo "pid=$!"
sleep "$seconds"
fsfreeze -u "$mount"
wait
umount "$mount"
rm -f "$image" /tmp/fault-writer
echo 120 >/proc/sys/kernel/hung_task_timeout_secs
