# SPDX-License-Identifier: GPL-2.0-only
# The peer's end of one port of an 802.3ad bond goes down: the port stops collecting and distributing.
rule=bond-lacp-change
set_up() { tests/fault/lacp.sh up; sleep 8; }
fault() { tests/fault/lacp.sh drop >/tmp/fault.txt; }
expect() {
  event "bond and slave are the fault's" '.change == "disabled" and .bond == $f.bond and .slave == $f.slave'
  event "the bond is its entity" '.change == "disabled" and .entity == $f.bond'
  event "the interface is the slave's" '.change == "disabled" and .ifindex == $f.ifindex'
  event "the bond's whole status stands in it" \
    '.change == "disabled" and (.status | contains("IEEE 802.3ad") and contains("Slave Interface: " + $f.slave))'
  event "the event is of the moment of the fault" \
    '.change == "disabled" and .t_ns > $f.onset_ns - 1e8 and .t_ns < $f.onset_ns + 8e9'
  check "$current: the summary names bond and slave" names "$(latest "$rule")" "$(value bond /tmp/fault.txt)" \
    "$(value slave /tmp/fault.txt)"
}
clean_up() { tests/fault/lacp.sh down; }
