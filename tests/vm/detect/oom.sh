# SPDX-License-Identifier: GPL-2.0-only
# A memory cgroup runs over its limit: the victim is the task that allocates.
rule=oom
fault() { "$fault" oom >/tmp/fault.txt; }
expect() {
  event "the victim is the fault's process" '.victim_pid == $f.pid and .victim_comm == $f.comm'
  event "the task whose allocation triggered it is named" '.pid == $f.pid and .comm == $f.comm'
  event "the cgroup that hit its limit is its entity" '.entity == $f.cgroup and .memcg_id > 0'
  event "usage and limit are the cgroup's" '.limit == $f.limit and .usage >= .limit * 0.9 and .usage <= .limit * 1.1'
  event "its anonymous memory is most of the limit" '.anon > $f.limit * 0.8'
  check "$current: the summary names the victim and its cgroup" names "$(latest "$rule")" \
    "$(value comm /tmp/fault.txt)" "$(value cgroup /tmp/fault.txt)"
}
