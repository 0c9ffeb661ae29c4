# SPDX-License-Identifier: GPL-2.0-only
# Writes to a device that takes 2.5 s for each (dm-delay over a RAM disk); its kworker wakes the writer.
rule=blocked-task
set_up() {
  modprobe brd rd_nr=1 rd_size=65536 && modprobe dm-delay
  dmsetup create fault-slow --table "0 $(blockdev --getsz /dev/ram0) delay /dev/ram0 0 0 /dev/ram0 0 2500" && dmsetup mknodes
}
fault() { "$fault" blocked --path /dev/mapper/fault-slow --seconds 20 >/tmp/fault.txt; }
expect() {
  event "the task that wrote is named" '.pid == $f.pid and .tgid == $f.pid and .comm == $f.comm'
  event "it was blocked for as long as its write took" \
    '.pid == $f.pid and .blocked >= $f.least_ns * 0.9 and .blocked <= $f.most_ns * 1.1 and .blocked > 2.4e9'
  event "its state and the threshold are told" '.pid == $f.pid and .state == 2 and .threshold == 300e6'
  event "who woke it is named" '.pid == $f.pid and .waker_pid > 0 and (.waker_comm | startswith("kworker"))'
  event "the stack is where it blocked" '.pid == $f.pid and (.stack[0] | test("submit_bio_wait|blkdev_direct_IO|io_schedule"))'
  check "$current: the summary names the task" names "$(latest "$rule")" "$(value comm /tmp/fault.txt)"
}
clean_up() { dmsetup remove fault-slow; }
