# SPDX-License-Identifier: GPL-2.0-only
# The other end of a link goes down. Interfaces as of a container come and go meanwhile, and one is taken down by hand.
rule=link-down
set_up() { tests/fault/link-down.sh up; }
fault() {
  ip link add veth-c0 type veth peer name veth-c1
  ip link set veth-c0 up; ip link set veth-c1 up
  sleep 4
  ip link set veth-c1 down
  ip link set veth-c0 down
  ip link del veth-c0
  tests/fault/link-down.sh drop >/tmp/fault.txt
}
expect() {
  event "the interface is the one that lost its carrier" \
    '.change == "carrier-down" and .linkstatus == "linkstatus_carrierdown" and .ifname == $f.ifname and .ifindex == $f.ifindex'
  event "it is its own entity" '.change == "carrier-down" and .entity == $f.ifname'
  event "driver, address and MTU are the interface's" \
    '.change == "carrier-down" and .driver == $f.driver and .mac == $f.mac and .mtu == $f.mtu and .mtu_before == $f.mtu'
  event "it is still to be up, and has no link" \
    '.change == "carrier-down" and .ifname == $f.ifname and .if_flags % 2 == 1 and (.if_flags / 65536 | floor) % 2 == 0'
  event "the event is of the moment of the loss" \
    '.change == "carrier-down" and .ifname == $f.ifname and .t_ns > $f.onset_ns - 1e8 and .t_ns < $f.onset_ns + 3e9'
  event "a new interface is told of" '.change == "new" and .ifname == "veth-c0" and .driver == "veth"'
  event "so is one that is gone" '.change == "gone" and .ifname == "veth-c0"'
  event "so is one that was taken down by hand" '.change == "admin-down" and .ifname == "veth-c1"'
  check "$current: the summary names the interface" names "$(latest "$rule")" eth9 carrier-down
}
clean_up() { tests/fault/link-down.sh down; }
