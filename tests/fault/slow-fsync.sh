#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# slow-fsync.sh FAULT [SECONDS]: fsync() on a device that takes 3 s for each write (dm-delay over a loop). VM only.
set -euo pipefail
[ -n "${TRACETRAP_VM:-}" ] || { echo "slow-fsync: for the VM only" >&2; exit 77; }
modprobe loop; modprobe dm-delay
image=/tmp/fault-slow.img
truncate -s 64M "$image"
loop=$(losetup -f --show "$image")
dmsetup create fault-slow --table "0 $(blockdev --getsz "$loop") delay $loop 0 0 $loop 0 3000" 2>/dev/null
dmsetup mknodes
"$1" fsync --path /dev/mapper/fault-slow --seconds "${2:-10}"
dmsetup remove fault-slow
losetup -d "$loop"
rm -f "$image"
