# SPDX-License-Identifier: GPL-2.0-only
# TCP packets of one connection of each family are dropped at a device, and those of others by a listener that never accepts.
rule=net-drops
fault() { "$fault" tcp-drop >/tmp/fault.txt; }
dropped() { # dropped SUFFIX: the condition that tells that packet, by all that its headers say
  local key condition=
  for key in saddr daddr sport dport seq ack_seq pkt_len tcp_flags; do condition+=".$key == \$f.$key$1 and "; done
  echo "${condition}true"
}
expect() {
  local family reason='.reason_name == "TC_INGRESS" and .reason > 0'
  case $(uname -r) in 5.*) reason='.reason_name == "" and .reason == 0' ;; esac
  for family in 4 6; do
    event "IPv$family: flow, sequence numbers, flags and length are the packet's" "$(dropped $family)"
    event "IPv$family: it was dropped at that time on that device, another network namespace's" "$(dropped $family) and
      .ifname == \$f.ifname and .netns == \$f.netns and .entity == \"\" and .ifindex > 0 and (.t_ns - \$f.lost_ns$family) >= 0 and (.t_ns - \$f.lost_ns$family) < 1e7"
    event "IPv$family: the reason is the kernel's" "$(dropped $family) and .type == \"common\" and $reason"
    event "IPv$family: location and stack are those of who dropped it" "$(dropped $family) and
      (.location[0] | test(\"netif_receive_skb|sch_handle_ingress|tc_run\")) and (.stack[0] | test(\"netif_receive_skb|sch_handle_ingress|tc_run\"))"
  done
  if state_of "$current" .hook | grep -q tcp_conn_request; then expect_listener; fi
  check "$current: the summary names who dropped and where" names "$(latest "$rule")" "dropped a TCP packet"
}
expect_listener() {
  local listener='.dport == $f.deaf_port and .type == "syn" and .state == "listen" and .max_ack_backlog == $f.backlog and
    .ack_backlog == $f.backlog + 1 and .tcp_flags == 2 and .reason_name == "TCP_LISTEN_OVERFLOW" and (.stack[0] | test("tcp_conn_request"))'
  event "IPv4: the full listener dropped a first packet" "$listener and .saddr == \$f.daddr4 and .daddr == \$f.saddr4"
  event "IPv6: the full listener dropped a first packet" "$listener and .saddr == \$f.daddr6 and .daddr == \$f.saddr6"
  check "$current: the summary names the listener" names "$(latest "$rule")" "listener $(value deaf_port /tmp/fault.txt)"
}
