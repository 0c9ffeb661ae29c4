#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# disk.sh up|down|ill|mute|slow NS|well: a SCSI disk in memory with an ext4 on /tmp/fault-disk, full of one file but for a
# little, and what can ail it: an unreadable sector 4660 (0x1234), commands that are never answered (they time out after
# 1 s), commands that take so long. `dm`: /dev/mapper/fault-dm, of which every read fails without reaching a disk. VM only.
set -euo pipefail
[ -n "${TRACETRAP_VM:-}" ] || { echo "disk: for the VM only" >&2; exit 77; }
mount=/tmp/fault-disk
knobs=/sys/bus/pseudo/drivers/scsi_debug
disk_name() { basename "$(ls -d /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block/* | head -1)"; }
set_knob() { echo "$2" >"$knobs/$1"; }
case ${1:-} in
up)
  modprobe sd_mod; modprobe ext4; modprobe dm_mod
  modprobe scsi_debug dev_size_mb=16 delay=0 opts=0
  for _ in $(seq 50); do [ -b "/dev/$(disk_name 2>/dev/null)" ] && break; sleep 0.1; done
  mkfs.ext4 -q -F -b 4096 -O ^has_journal "/dev/$(disk_name)"
  mkdir -p "$mount/some/folder" && mount -o noatime "/dev/$(disk_name)" "$mount"
  mkdir -p "$mount/some/folder"
  head -c 12M /dev/zero >"$mount/some/folder/a file"
  sync
  ;;
dm)
  modprobe dm_mod
  dmsetup create fault-dm --table "0 32768 error"; dmsetup mknodes
  echo "dm_disk=$(basename "$(readlink -f /sys/dev/block/$(dmsetup info -c --noheadings --separator : -o major,minor fault-dm))")"
  ;;
disk) disk_name ;;
ill) set_knob opts 2 ;;
mute)
  echo 1 >"/sys/block/$(disk_name)/device/timeout"
  set_knob every_nth 1; set_knob opts 4
  ;;
slow) set_knob ndelay "$2" ;;
well) set_knob every_nth 0; set_knob opts 0; set_knob delay 0 ;;
down)
  umount "$mount"; rmmod scsi_debug
  ;;
*) sed -n 3,6p "$0" >&2; exit 2 ;;
esac
