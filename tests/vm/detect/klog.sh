# SPDX-License-Identifier: GPL-2.0-only
# The kernel complains in its log, three times; user space forges what it did not write.
rule=kernel-trouble
fault() { tests/fault/kernel-log.sh >/tmp/fault.txt; }
expect() {
  event "a damaged file system is told of with its device" \
    '.name == "fs-error" and .subsystem == "ext4" and .device == $f.ext4_device and .level == 2'
  event "the task that met it is named" '.name == "fs-error" and .comm == "ls"'
  event "the line stands in it" '.name == "fs-error" and (.message | startswith("EXT4-fs error (device " + $f.ext4_device)) and .lines == 1
    and (.message as $m | .text | contains($m[0:40])) and .sequence > 0'
  event "it is of the moment of the fault" '.name == "fs-error" and .t_ns > $f.ext4_onset_ns - 1e8 and .t_ns < $f.ext4_onset_ns + 2e9'
  event "a full table of neighbours is told of" \
    '.name == "neighbour-full" and .subsystem == "net" and .device == "arp_cache" and .t_ns > $f.neighbour_onset_ns - 1e8'
  event "so is a full table of connections" \
    '.name == "conntrack-full" and .subsystem == "netfilter" and .t_ns > $f.conntrack_onset_ns - 1e8'
  check "$current: what user space forged is no event" no_event_says forged
  check "$current: the summary names the device and the line" names "$(latest "$rule")" "$(value ext4_device /tmp/fault.txt)" \
    'EXT4-fs error'
}
no_event_says() { ! grep "$1" /tmp/events.jsonl; }
