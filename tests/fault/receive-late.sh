#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# receive-late.sh up|run: packets that come late, on two virtio cards with one wire between them (the wire's other end lies
# in the namespace fault-sender; veth would not do: its packets keep their sender's times). CPU 0 takes them and hands them to
# CPU 1 (RPS), where softirqs, then the receive path, are held. A second reader lets its packets wait. VM only.
#
# Keys: v4_… and v6_… are connections that meet the holds, reader_… one whose reader waits; hold_ns, path_ns the longest hold.
set -euo pipefail
[ -n "${TRACETRAP_VM:-}" ] || { echo "receive-late: for the VM only" >&2; exit 77; }
fault=${B:-build}/tests/fault/fault
by_mac() { basename "$(dirname "$(grep -l "$1" /sys/class/net/*/address)")"; }
ours=02:00:00:00:01:01 theirs=02:00:00:00:01:02
hold() { "$fault" hold --cpu 1 --vec 3 --where "$1" --seconds "$2" --times 3 | sed -n 's/^held_ns=//p'; }
receive() { "$fault" receive "${@:2}" | sed "s/^/$1_/"; }
case ${1:-} in
up)
  modprobe virtio_net
  name=$(by_mac $ours)
  ip netns add fault-sender
  peer=$(by_mac $theirs)
  ip link set "$peer" netns fault-sender
  ip addr add 203.0.113.1/24 dev "$name"
  ip addr add 2001:db8::1/64 dev "$name" nodad
  ip link set "$name" up
  ip -n fault-sender addr add 203.0.113.2/24 dev "$peer"
  ip -n fault-sender addr add 2001:db8::2/64 dev "$peer" nodad
  ip -n fault-sender link set "$peer" up
  echo 2 >"/sys/class/net/$name/queues/rx-0/rps_cpus"
  virtio=$(basename "$(readlink -f "/sys/class/net/$name/device")")
  sed -n "s/^ *\([0-9]*\):.*$virtio-.*/\1/p" /proc/interrupts | while read -r irq; do
    echo 0 >"/proc/irq/$irq/smp_affinity_list" || true
  done
  ;;
run)
  name=$(by_mac $ours)
  echo "ifname=$name"
  echo "ifindex=$(cat "/sys/class/net/$name/ifindex")"
  {
    receive v4 --where 203.0.113.1 --seconds 9 &
    receive v6 --where 2001:db8::1 --seconds 9 &
    receive reader --where 203.0.113.1 --seconds 4 --delay 0.4 &
    sleep 3 # the detector is armed by the traffic
    echo "hold_ns=$(hold softirq_entry 0.08)"
    echo "path_ns=$(hold netif_receive_skb 0.04)"
    wait
  }
  ;;
*) echo "usage: receive-late.sh up|run" >&2; exit 2 ;;
esac
