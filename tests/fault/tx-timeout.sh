#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tx-timeout.sh up|stall: the transmit queue of an e1000 fills and stays full, because the card may no longer
# interrupt and so nobody is told what was sent; five seconds later the kernel's watchdog speaks. VM only: it needs a card
# that nobody needs. (Taking its memory away will not do: e1000 then stops the queue again every 2 s, which newer
# watchdogs take for a transmission.)
set -euo pipefail
[ -n "${TRACETRAP_VM:-}" ] || { echo "tx-timeout: for the VM only" >&2; exit 77; }
modprobe e1000
for link in /sys/class/net/*; do
  [ "$(basename "$(readlink -f "$link/device/driver")")" != e1000 ] || device=$link
done
name=$(basename "${device:?no e1000}")
interrupts() { # interrupts on|off: bit 10 of the PCI command
  local high
  high=0x$(od -An -tx1 -j5 -N1 "$device/device/config" | tr -d ' ')
  [ "$1" = on ] && high=$((high & ~4)) || high=$((high | 4))
  printf "\\x$(printf %02x "$high")" | dd of="$device/device/config" bs=1 seek=5 conv=notrunc status=none
}
now_ns() { awk '{printf "%.0f", $1 * 1e9}' /proc/uptime; }
case ${1:-} in
up)
  ip link set "$name" up
  ip addr add 198.51.100.1/24 dev "$name"
  ip neigh replace 198.51.100.2 lladdr 02:00:00:00:00:02 dev "$name"
  ;;
stall)
  echo "ifname=$name"
  echo "ifindex=$(cat "$device/ifindex")"
  echo "driver=e1000"
  echo "queue=0"
  interrupts off
  echo "onset_ns=$(now_ns)"
  for sender in 1 2 3 4; do
    (exec 3>/dev/udp/198.51.100.2/9; while :; do echo >&3; done) 2>/dev/null &
    senders+=" $!"
  done
  for i in $(seq 300); do
    [ "$(cat "$device/queues/tx-0/tx_timeout")" = 0 ] || break
    sleep 0.1
  done
  interrupts on
  said=$(dmesg | sed -n 's/.*transmit queue 0 timed out \([0-9]*\) ms.*/\1/p' | tail -1)
  [ -z "$said" ] || echo "stalled_ms=$said"
  echo "end_ns=$(now_ns)"
  kill $senders
  ;;
*) echo "usage: tx-timeout.sh up|stall" >&2; exit 2 ;;
esac
