# SPDX-License-Identifier: GPL-2.0-only
# Segments of known connections are lost so that each way of sending again is taken: by acknowledgements, by a loss probe,
# by the timer, and the peer's SYN-ACK.
rule=tcp-retransmit-burst
fault() { "$fault" tcp-retrans >/tmp/fault.txt; }
sent_again() { # sent_again SUFFIX TYPE: that segment, by its flow and sequence number
  local key condition=".type == \"$2\" and .state == \"established\" and .protocol == 6 and .pkt_len == \$f.segment and "
  for key in saddr daddr sport dport seq; do condition+=".$key == \$f.$key$1 and "; done
  echo "${condition}true"
}
expect() {
  local f
  for f in 4 6; do
    event "IPv$f: acknowledgements told of the lost segment" "$(sent_again _fast$f fast) and .retransmits == 0"
    event "IPv$f: a probe sent it again" "$(sent_again _timer$f probe) and .retransmits == 0"
    event "IPv$f: then the timer" "$(sent_again _timer$f rto) and .retransmits == 0 and .rto_ms >= 200 and .rto_ms <= 400"
    event "IPv$f: the timer again, twice as late" "$(sent_again _timer$f rto) and .retransmits == 1 and .rto_ms >= 400 and .rto_ms <= 800"
    event "IPv$f: the smoothed round trip is what this cable can do" "$(sent_again _timer$f rto) and .srtt_us > 0 and .srtt_us < 100000"
    event "IPv$f: the peer's part of the handshake was sent again" ".type == \"synack\" and .state == \"new-syn-recv\" and
      .saddr == \$f.daddr_synack$f and .daddr == \$f.saddr_synack$f and .sport == \$f.dport_synack$f and
      .dport == \$f.sport_synack$f and .seq == \$f.ack_seq_synack$f - 1 and .retransmits == 0 and .rto_ms == 1000 and .pkt_len == 0"
  done
  check "$current: the summary names the peer" names "$(latest "$rule")" 'peer \(10.77.0.2\|fd77::2\)' "did not acknowledge"
}
