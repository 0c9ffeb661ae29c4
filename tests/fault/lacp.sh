#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lacp.sh up|down|drop: two 802.3ad bonds over two veth pairs, bond0 here and bond0 in the namespace fault-peer; `drop`
# takes the peer's second port down, so that bond0's slave fault-b1 stops collecting and distributing. VM only.
set -euo pipefail
[ -n "${TRACETRAP_VM:-}" ] || { echo "lacp: for the VM only" >&2; exit 77; }
peer() { ip netns exec fault-peer "$@"; }
case ${1:-} in
up)
  modprobe bonding max_bonds=0; modprobe veth
  ip netns add fault-peer
  for i in 0 1; do ip link add "fault-b$i" type veth peer name "peer-b$i" netns fault-peer; done
  ip link add bond0 type bond mode 802.3ad lacp_rate fast miimon 100
  peer ip link add bond0 type bond mode 802.3ad lacp_rate fast miimon 100
  for i in 0 1; do
    ip link set "fault-b$i" down; ip link set "fault-b$i" master bond0
    peer ip link set "peer-b$i" down; peer ip link set "peer-b$i" master bond0
  done
  ip link set bond0 up; peer ip link set bond0 up
  ;;
drop)
  echo "bond=bond0"
  echo "slave=fault-b1"
  echo "ifindex=$(cat /sys/class/net/fault-b1/ifindex)"
  echo "onset_ns=$(awk '{printf "%.0f", $1 * 1e9}' /proc/uptime)"
  peer ip link set peer-b1 down
  ;;
down)
  ip link del bond0; ip netns del fault-peer
  ;;
*) echo "usage: lacp.sh up|drop|down" >&2; exit 2 ;;
esac
