# SPDX-License-Identifier: GPL-2.0-only
# needs: -netdev hubport,id=tx,hubid=1 -device e1000,netdev=tx
# A card that may no longer interrupt: its driver waits for ever to hear what was sent.
rule=tx-timeout
set_up() { tests/fault/tx-timeout.sh up; }
fault() { tests/fault/tx-timeout.sh stall >/tmp/fault.txt; }
expect() {
  event "the card, its index and driver are the fault's" \
    '.ifname == $f.ifname and .ifindex == $f.ifindex and .driver == $f.driver and .entity == $f.ifname'
  event "the queue is the fault's" '.queue == $f.queue'
  event "it stood still since the fault, as long as the kernel says where it does" \
    '.stalled > 4.9e9 and .stalled < $f.end_ns - $f.onset_ns and
      ($f.stalled_ms == null or (.stalled / 1e6 - $f.stalled_ms | fabs) < 10)'
  check "$current: the summary names the card and its driver" names "$(latest "$rule")" \
    "$(value ifname /tmp/fault.txt)" "$(value driver /tmp/fault.txt)"
}
