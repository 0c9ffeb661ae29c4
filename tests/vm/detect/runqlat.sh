# SPDX-License-Identifier: GPL-2.0-only
# A real-time task takes 800 ms of each second on one CPU from tasks that never sleep: each sees in its own clock when it did not
# run.
rule=run-queue-latency
fault() { "$fault" run-queue --seconds 15 >/tmp/fault.txt; }
waited='.comm == $f.comm and .prev_comm == $f.hog_comm and .prev_pid == $f.hog_pid'
as_its_clock_says='. as $e | ($f.gaps | fromjson | any(.[0] == $e.pid and ($e.t_ns - .[1] | fabs) < 10e6 and
  ($e.wait - .[2] | fabs) < .[2] * 0.1))'
expect() {
  event "a task waited for the real-time task, as long as its own clock says" "$waited and ($as_its_clock_says)"
  event "its priority, the CPU and the threshold are told" "$waited"' and .prio == 120 and .cpu == $f.cpu and .threshold == 20e6'
  check "$current: the summary names who held the CPU" names "$(latest "$rule")" "$(value hog_comm /tmp/fault.txt)"
}
