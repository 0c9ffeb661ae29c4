# SPDX-License-Identifier: GPL-2.0-only
# fsync() on a device that takes 3 s for each write.
rule=slow-syscall
fault() { tests/fault/slow-fsync.sh "$fault" 10 >/tmp/fault.txt; }
expect() {
  event "the call is told by number and name, with its argument and result" \
    '.pid == $f.pid and .comm == $f.comm and .nr == $f.nr and .name == "fsync" and .compat == 0 and .arg0 == $f.fd and .ret == 0'
  event "it took as long as the fault measured" '.pid == $f.pid and .duration > $f.duration_ns * 0.9 and .duration <= $f.duration_ns * 1.1'
  event "the threshold is the detector's" '.threshold == 300000000'
  event "the stack is the caller's" '.pid == $f.pid and (.stack | length) > 0'
  check "$current: the summary names task and call" names "$(latest "$rule")" "$(value comm /tmp/fault.txt)" fsync
}
