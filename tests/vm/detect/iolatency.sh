# SPDX-License-Identifier: GPL-2.0-only
# A disk that takes 500 ms for a command, read by a known task from a known file.
rule=io-latency
set_up() {
  [ -d /tmp/fault-disk ] || tests/fault/disk.sh up
  daemon_args+=(--set io-latency.write=60s) # a write that timed out, of blkerr's fault, is not what is looked for
}
fault() {
  tests/fault/disk.sh slow 500000000
  "$fault" file-read --seconds 12 --path "/tmp/fault-disk/some/folder/a file" >/tmp/fault.txt
  tests/fault/disk.sh well
}
expect() {
  event "disk, sector, bytes and direction are the fault's" \
    '.disk == $f.disk and .entity == $f.disk and .sector == $f.sector and .bytes == $f.bytes and .op == "read" and .error == 0'
  event "the task that read is named" '.issuer_comm == $f.comm and .issuer_pid == $f.pid and .comm == $f.comm and .pid == $f.pid'
  event "the file is named by path, inode and device" \
    '.path == $f.file and .inode == $f.inode and .dev_major == $f.dev_major and .dev_minor == $f.dev_minor'
  event "it took 500 ms, as the reader saw it" '.sector == $f.sector and .q2c >= 500e6 and
    .q2c >= $f.median_ns * 0.9 and .q2c <= $f.median_ns * 1.1'
  event "nearly all of it in the device" '.sector == $f.sector and .d2c <= .q2c and .d2c >= .q2c * 0.9'
  check "$current: the summary names disk, task and file" names "$(latest "$rule")" "$(value disk /tmp/fault.txt)" \
    "$(value comm /tmp/fault.txt)" "a file"
}
