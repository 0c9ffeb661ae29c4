# SPDX-License-Identifier: GPL-2.0-only
# The machine around this one injects a corrected memory error into bank 5 of CPU 0, found by the next poll; then a page of a
# process fails, and a PCIe root port tells of a bad packet where the machine has one (run -q "-M q35 -device pcie-root-port").
rule=hardware-error
set_up() { echo 1 >/sys/devices/system/machinecheck/machinecheck0/check_interval; }
fault() {
  printf 'mce_status=%u\n' 0x9c0000000000009f >/tmp/fault.txt
  monitor mce 0 5 0x9c0000000000009f 0x0 0x12345000 0x8c
  check "$current: the kernel logs the machine check" wait_log 'Machine Check: 0 Bank 5'
  "$fault" memory-failure >>/tmp/fault.txt
  port=$(cd /sys/bus/pci/devices && ls -d */aer_dev_correctable 2>/dev/null | head -1)
  [ -z "$port" ] || inject_bad_tlp "${port%/*}" >>/tmp/fault.txt
}
wait_log() { # wait_log PATTERN: within 30 s
  local i
  for i in $(seq 150); do
    ! dmesg | grep -q "$1" || return 0
    sleep 0.2
  done
  dmesg | tail -5
  return 1
}
inject_bad_tlp() { # inject_bad_tlp 0000:00:02.0: struct aer_error_inj, correctable status bit 6
  local slot=${1:8:2}
  modprobe aer_inject
  echo "aer_device=$1"
  printf '\0\x'"$slot"'\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\0\0\0\0' >/dev/aer_inject
}
expect() {
  event "a machine check is told with CPU and bank" \
    '.source == "mce" and .error_cpu == 0 and .bank == 5 and .device == "CPU 0 bank 5"'
  event "its registers are those that were injected" \
    '.source == "mce" and .status == $f.mce_status and .misc == 140 and .address == 305418240'
  event "it is a corrected memory read error" '.severity == "corrected" and .message == "memory read error" and .error_count == 1'
  event "a failed page is told with its address" '.source == "memory-failure" and .address == $f.page'
  event "it was recovered, and what it held" \
    '.source == "memory-failure" and .severity == "recoverable" and .result == "recovered" and .message == "dirty lru page: recovered"'
  event "the task whose memory it was" '.source == "memory-failure" and .comm == $f.comm and .pid == $f.pid'
  [ -z "$port" ] || event "a PCIe device and its error are told" \
    '.source == "aer" and .device == $f.aer_device and .severity == "corrected" and .message == "Bad TLP" and .status == 64'
  check "$current: the summary names the part that failed" names "$(latest "$rule")" "CPU 0 bank 5" "memory read error"
}
