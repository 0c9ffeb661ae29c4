# SPDX-License-Identifier: GPL-2.0-only
# Processes by the hundred that sleep and go: all are of one parent, with one argument and one lifetime.
rule=fork-bomb
set_up() { daemon_args+=(--set fork-bomb.growth=50 --set fork-bomb.share=0.2); }
fault() { "$fault" exec >/tmp/fault.txt; }
expect() {
  event "an exec is told with its arguments and its parent" \
    '.what == "exec" and .args == $f.args and .ppid == $f.pid and .parent_comm == $f.comm and .uid == $f.uid and .comm == "sleep"'
  event "a fork is told with its parent" '.what == "fork" and .ppid == $f.pid and .parent_comm == $f.comm and .pid == .tgid'
  event "an exit is told with how long the process lived" \
    '.what == "exit" and .comm == "sleep" and .ppid == $f.pid and .exit_code == 0 and .exit_signal == 0 and
     .lifetime >= $f.lifetime_ns and .lifetime < $f.lifetime_ns * 1.1'
  event "the arguments of the one that fails are its own" '.what == "exec" and .pid == $f.failing_pid and .args == $f.failing_args'
  event "its exit tells the code" '.what == "exit" and .pid == $f.failing_pid and .exit_code == 1 and .exit_signal == 0'
  check "$current: the summary names the parent" names "$(latest "$rule")" "$(value comm /tmp/fault.txt)"
}
