# SPDX-License-Identifier: GPL-2.0-only
# A writer on a frozen file system hangs for longer than the kernel's hung-task check has patience.
rule=hung-task
fault() { tests/fault/hung-task.sh 8 >/tmp/fault.txt; }
expect() {
  event "the task is the one that hangs" '.pid == $f.pid and .tgid == $f.pid and .comm == $f.comm'
  # The check looks once a second for who did not run for two.
  event "it hangs since the fault began" '.pid == $f.pid and .blocked >= 1.5e9 and .blocked <= .t_ns - $f.onset_ns + 5e8'
  event "it is counted among the tasks in D state" '.pid == $f.pid and .d_tasks >= 1'
  event "its switches stand still" '.pid == $f.pid and .switches > 0'
  event "its stack tells what it waits for" '.pid == $f.pid and (.stack | join(" ") | test("freeze|percpu_rwsem|sb_start_write"))'
  check "$current: the summary names the task" names "$(latest "$rule")" "$(value comm /tmp/fault.txt)"
}
