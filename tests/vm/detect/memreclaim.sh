# SPDX-License-Identifier: GPL-2.0-only
# A task swaps to compressed memory within its cgroup's limit. Under the emulation it never reclaims for 900 ms of a second.
rule=reclaim-stall
set_up() {
  modprobe zram && modprobe zstd 2>/dev/null
  echo 512M >/sys/block/zram0/disksize && mkswap /dev/zram0 >/dev/null && swapon /dev/zram0
  daemon_config+=$'detectors: {memreclaim: {threshold: 300ms}}\n'
}
fault() { "$fault" reclaim --seconds 12 >/tmp/fault.txt; }
expect() {
  event "the task that reclaims is named" '.pid == $f.pid and .tgid == $f.pid and .comm == $f.comm'
  event "it did so for more than the threshold of a second" \
    '.pid == $f.pid and .threshold == 300e6 and .reclaim > .threshold and .reclaim <= .window and .window <= 1e9'
  event "all of it for its own cgroup's limit" '.pid == $f.pid and .memcg_reclaim == .reclaim'
  event "the share of the time agrees with the kernel's own pressure figure" \
    '.pid == $f.pid and (.reclaim / .window - $f.stalled_share | fabs) < 0.1'
  event "pages were freed" '.pid == $f.pid and .reclaimed_pages > 100'
  event "the stack is that of the allocation" '.pid == $f.pid and (.stack | map(test("try_to_free_mem_cgroup_pages|try_charge")) | any)'
  check "$current: the summary names the task" names "$(latest "$rule")" "$(value comm /tmp/fault.txt)"
}
clean_up() { swapoff /dev/zram0; }
