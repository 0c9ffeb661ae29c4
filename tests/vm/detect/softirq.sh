# SPDX-License-Identifier: GPL-2.0-only
# CPU 1 is held for 60 ms at a time: thirty times where a softirq is entered, which is a storm, arms the detector and fires the
# rule; thirty times more, now that the detector stands before the fault at that hook and sees a handler that runs long; then ten
# times where the timer's interrupt is, so that the tick comes late. What is raised in the first tick of a hold, 4 ms after its
# begin at HZ 250, has waited for 93 % of it.
rule=softirq-storm
set_up() { daemon_args+=(--set softirq-storm.late=50ms); } # the emulator alone makes others wait for 30 ms
fault() {
  "$fault" hold --seconds 0.06 --times 30 --cpu 1 --where softirq_entry >/tmp/storm.txt
  "$fault" hold --seconds 0.06 --times 30 --cpu 1 --where softirq_entry >/tmp/handler.txt
  "$fault" hold --seconds 0.06 --times 10 --cpu 1 --where local_timer_entry >/tmp/tick.txt
  { sed 's/^/storm_/' /tmp/storm.txt; sed 's/^/handler_/' /tmp/handler.txt; sed 's/^/tick_/' /tmp/tick.txt; } >/tmp/fault.txt
}
expect() {
  event "a softirq waited as long as the CPU was held, within 10 %" \
    '.vec != "tick" and .cpu == 1 and .offtime > $f.storm_held_ns * 0.9 and .offtime < $f.storm_held_ns * 1.1'
  event "the softirq that ran so long is told, with how long" \
    '.ran != "" and .cpu == 1 and .ran_for > $f.handler_held_ns * 0.9 and .ran_for < $f.handler_held_ns * 1.1'
  event "the tick came as late as interrupts were off, within 10 %" \
    '.vec == "tick" and .cpu == 1 and .offtime > $f.tick_held_ns * 0.9 and .offtime < $f.tick_held_ns * 1.1'
  event "the task that was interrupted is the busy one" '.vec == "tick" and .comm == "fault-busy" and .pid == $f.tick_busy_pid'
  event "the threshold stands beside it" '.threshold == 1e7 and (.stack | length > 0)'
  check "$current: the summary names the softirq that ran" names "$(latest "$rule")" "softirq \(timer\|sched\|rcu\|net_rx\|block\|tasklet\)"
}
