# SPDX-License-Identifier: GPL-2.0-only
# A disk that cannot read a sector of a file, a dm device that fails by itself, a disk that does not answer: one incident.
rule=block-error
set_up() { tests/fault/disk.sh up; }
fault() {
  local disk
  disk=/dev/$(tests/fault/disk.sh disk)
  tests/fault/disk.sh ill
  "$fault" file-read --seconds 0 --path "/tmp/fault-disk/some/folder/a file" --sector 4660 >/tmp/fault.txt
  dd if="$disk" of=/dev/null bs=512 skip=4660 count=1 iflag=direct 2>/dev/null
  tests/fault/disk.sh well
  tests/fault/disk.sh dm >>/tmp/fault.txt
  dd if=/dev/mapper/fault-dm of=/dev/null bs=4096 skip=3 count=1 iflag=direct 2>/dev/null
  # Zeros onto those of the file. It comes back when it is tried again after the disk is well.
  tests/fault/disk.sh mute
  dd if=/dev/zero of="$disk" bs=4096 seek=$(($(value sector /tmp/fault.txt) / 8)) count=1 oflag=direct conv=notrunc 2>/dev/null &
  sleep 6
  tests/fault/disk.sh well
}
expect() {
  event "the unreadable sector is named with its disk" '.type == "request" and .disk == $f.disk and .entity == $f.disk and
    .sector == 4660 and .bytes == 512 and .op == "read" and .error == 61'
  event "the file whose page could not be read is named by path, inode and device" '.type == "request" and .sector == $f.sector and
    .bytes == $f.bytes and .path == $f.file and .inode == $f.inode and .dev_major == $f.dev_major and .dev_minor == $f.dev_minor'
  event "an error that never became a request is the dm device's" '.type == "bio" and .disk == $f.dm_disk and
    .entity == $f.dm_disk and .sector == 24 and .bytes == 4096 and .op == "read" and .error == 5'
  event "a command that is not answered times out" '.type == "timeout" and .disk == $f.disk and .entity == $f.disk and
    .sector == $f.sector and .bytes == 4096 and .op == "write" and .error == 110 and .retries == 0'
  case $(uname -r) in
  5.10.*) ;; # no types of scsi_mod
  *) event "sent again, it tells how often" '.type == "timeout" and .sector == $f.sector and .retries == 1' ;;
  esac
  check "$current: the summary names the disk and the file" names "$(latest "$rule")" "$(value disk /tmp/fault.txt)" "a file"
}
