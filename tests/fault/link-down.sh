#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# link-down.sh up|drop|down: eth9, whose other end is in the namespace fault-far; `drop` takes the other end down, so that
# eth9 loses its carrier. VM only: it makes an interface in the machine's own namespace.
set -euo pipefail
[ -n "${TRACETRAP_VM:-}" ] || { echo "link-down: for the VM only" >&2; exit 77; }
case ${1:-} in
up)
  modprobe veth
  ip netns add fault-far
  ip link add eth9 type veth peer name far9 netns fault-far
  ip link set eth9 mtu 1400 up
  ip -n fault-far link set far9 up
  ;;
drop)
  echo "ifname=eth9"
  echo "ifindex=$(cat /sys/class/net/eth9/ifindex)"
  echo "mac=$(cat /sys/class/net/eth9/address)"
  echo "mtu=1400"
  echo "driver=veth"
  echo "onset_ns=$(awk '{printf "%.0f", $1 * 1e9}' /proc/uptime)"
  ip -n fault-far link set far9 down
  ;;
down)
  ip link del eth9; ip netns del fault-far
  ;;
*) echo "usage: link-down.sh up|drop|down" >&2; exit 2 ;;
esac
