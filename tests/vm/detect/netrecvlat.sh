# SPDX-License-Identifier: GPL-2.0-only
# needs: -netdev hubport,id=r1,hubid=2 -device virtio-net-pci,netdev=r1,mac=02:00:00:00:01:01
# needs: -netdev hubport,id=r2,hubid=2 -device virtio-net-pci,netdev=r2,mac=02:00:00:00:01:02
# Packets that wait for a CPU whose softirqs are held, then in the receive path itself, and for a reader that sleeps.
rule=receive-latency
set_up() {
  tests/fault/receive-late.sh up
  daemon_args+=(--set receive-latency.net_rx=5/s)
}
fault() { tests/fault/receive-late.sh run >/tmp/fault.txt; }
# The connection that an event is about, as jq.
of() { echo ".saddr == \$f.$1_saddr and .daddr == \$f.$1_daddr and .sport == \$f.$1_sport and .dport == \$f.$1_dport and .protocol == 6"; }
numbers() { echo ".seq >= \$f.$1_seq_first and .seq < \$f.$1_seq_end and .ack_seq == \$f.$1_ack_seq"; }
card='.ifname == $f.ifname and .ifindex == $f.ifindex and .entity == $f.ifname'
expect() {
  event "IPv4: late to the stack by no more than the hold" \
    ".where == \"TO_NETIF_RCV\" and .cpu == 1 and .latency > 2e7 and .latency < \$f.hold_ns * 1.1 + 5e6 and .threshold == 5e6 and
      $card and $(of v4) and $(numbers v4) and .pkt_len == 20 + 32 + \$f.v4_bytes"
  event "IPv6: the same" \
    ".where == \"TO_NETIF_RCV\" and .cpu == 1 and .latency > 2e7 and .latency < \$f.hold_ns * 1.1 + 5e6 and
      $card and $(of v6) and $(numbers v6) and .pkt_len == 40 + 32 + \$f.v6_bytes"
  for family in v4 v6; do
    event "$family: late to TCP" ".where == \"TO_TCPV4_RCV\" and .latency > 2e7 and .threshold == 1e7 and
      $card and $(of $family) and $(numbers $family) and .pkt_len == 32 + \$f.${family}_bytes"
  done
  event "held in the receive path itself: late to TCP by the hold" \
    ".where == \"TO_TCPV4_RCV\" and .latency > \$f.path_ns * 0.9 and .latency < \$f.path_ns * 1.1 + 5e6"
  event "late to its reader by as long as that slept" ".where == \"TO_USER_COPY\" and $card and $(of reader) and .state == \"established\" and
      .pid == \$f.reader_pid and .comm == \$f.reader_comm and .threshold == 115e6 and .pkt_len == \$f.reader_bytes and
      .latency > 3.6e8 and .latency < \$f.reader_waited_ns * 1.1"
  check "$current: the summary names the card and the sender" names "$(latest "$rule")" "$(value ifname /tmp/fault.txt)" \
    'a packet from \(203.0.113.2\|2001:db8::2\)'
}
