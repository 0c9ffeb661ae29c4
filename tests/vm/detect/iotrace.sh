# SPDX-License-Identifier: GPL-2.0-only
# A process that writes a known number of bytes to a known file, once it was noticed.
rule=io-burst
disk=/tmp/disk
set_up() {
  modprobe virtio_blk 2>/dev/null; modprobe ext4 2>/dev/null
  mkdir -p "$disk"
  mountpoint -q "$disk" || { mkfs.ext4 -q -F /dev/vda && mount /dev/vda "$disk"; }
  daemon_args+=(--set io-burst.level=2MiB/s --set io-burst.busy=5%)
}
fault() { "$fault" write --path "$disk" --seconds 8 >/tmp/fault.txt; }
# Bytes of the known file over all seconds, within 10 %: what is below the threshold in the first or last second is not told.
sums_to() { # sums_to FIELD
  jq -s -e --slurpfile facts /tmp/fault.json --arg k "$1" '$facts[0] as $f |
    [.[] | select(.tgid == $f.pid and .inode == $f.inode) | .[$k]] | add | . >= $f.bytes * 0.9 and . <= $f.bytes * 1.1' /tmp/events.jsonl
}
expect() {
  event "process, file and device are the fault's" \
    '.tgid == $f.pid and .comm == $f.comm and .inode == $f.inode and .path == $f.path and .dev_major == $f.dev_major and .dev_minor == $f.dev_minor'
  event "the disk is known, and its requests took time" \
    '.inode == $f.inode and .disk == "vda" and .requests > 0 and .q2c > 0 and .d2c > 0 and .q2c >= .d2c'
  event "nothing was read" '.inode == $f.inode and .fs_read == 0 and .disk_read == 0'
  check "$current: what was asked of the file system are the fault's bytes" sums_to fs_write
  check "$current: what was written to the disk are the fault's bytes" sums_to disk_write
  check "$current: the summary names task and file" names "$(latest "$rule")" "$(value comm /tmp/fault.txt)" "$disk/fault-"
}
clean_up() { umount "$disk"; }
