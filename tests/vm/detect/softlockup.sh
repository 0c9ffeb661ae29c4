# SPDX-License-Identifier: GPL-2.0-only
# A task holds CPU 1 in the kernel for 8 s; the watchdog looks after 2 s. Its sampling steps by 0.4 s and the last tick may
# be that of a stalled emulator: what the record says is held against the record's own time.
rule=soft-lockup
fault() {
  echo 1 >/proc/sys/kernel/watchdog_thresh
  "$fault" hold --seconds 8 --cpu 1 --where test_run >/tmp/fault.txt
  echo 10 >/proc/sys/kernel/watchdog_thresh
}
expect() {
  event "the task that holds the CPU is named" '.comm == $f.comm and .pid == $f.pid and .tgid == $f.pid'
  event "the CPU is the one that is held" '.cpu == $f.cpu'
  event "it came while the CPU was held" '.t_ns > $f.began_ns + 1.9e9 and .t_ns < $f.began_ns + $f.held_ns'
  event "stuck is since the hold began, within 10 %" \
    '.comm == $f.comm and ((.t_ns - $f.began_ns) as $held | .stuck > $held * 0.9 and .stuck < $held * 1.1)'
  event "its stack begins where the task stands, not in the watchdog" \
    '.comm == $f.comm and (.stack | length > 3 and (join(" ") | test("bpf_prog_test_run|bpf_test_run") and (test("watchdog|add_taint|hrtimer") | not)))'
  "$T" cat "$(latest "$rule")" sysrq/l.txt >/tmp/l.txt
  check "$current: each CPU's stack is taken" grep -Eq 'NMI backtrace|cpu [0-9]' /tmp/l.txt
  check "$current: the summary names the task" names "$(latest "$rule")" "$(value comm /tmp/fault.txt)"
}
