#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# quiet.sh SECONDS: ordinary work (builds of this project, package installs, file copies, HTTP on loopback) under the shipped
# rules with every always-on detector fires nothing.
. "$(dirname "$0")/lib.sh"
seconds=${1:-300}
remain() { [ "$SECONDS" -lt "$end" ]; }
rounds() { echo "$1 $(cat "/tmp/rounds.$1" 2>/dev/null || echo 0)"; }
worked() { echo $(($(cat "/tmp/rounds.$1" 2>/dev/null || echo 0) + 1)) >"/tmp/rounds.$1"; }

# Everything that is worked on lies in the VM's own memory: the machine's root behind 9p would cost more than the work.
lay_out() {
  mkdir -p /tmp/work/build /tmp/docs /tmp/deb/DEBIAN /tmp/deb/opt /tmp/dpkg/info /tmp/dpkg/updates /tmp/installed
  cp -r Makefile bpf engine rules snapshot conf /tmp/work/
  cp -r "$B/libperf" /tmp/work/build/
  cp -r /usr/share/doc/[a-c]* /tmp/docs/
  cp -r /tmp/docs/b* /tmp/deb/opt/
  touch /tmp/dpkg/status /tmp/dpkg/available
  printf 'Package: fault-package\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: ordinary work\n' >/tmp/deb/DEBIAN/control
  dpkg-deb -Zgzip -z1 --build /tmp/deb /tmp/package.deb >/dev/null
}
build() {
  while remain; do
    (cd /tmp/work && timeout $((end - SECONDS + 1)) make -s -j2 all; rm -rf build/engine build/rules build/snapshot build/tracetrap) >/tmp/work.log 2>&1
    worked build
  done
}
copy() {
  while remain; do cp -r /tmp/docs /tmp/copy && sync && rm -rf /tmp/copy; worked copy; sleep 1; done
}
package() { # one of our own, into a root of its own: the VM has no network
  while remain; do
    dpkg --admindir=/tmp/dpkg --instdir=/tmp/installed -i /tmp/package.deb && dpkg --admindir=/tmp/dpkg --instdir=/tmp/installed -P fault-package
    worked package
    sleep 2
  done >/tmp/package.log 2>&1
}
http() {
  busybox httpd -p 127.0.0.1:8080 -h /tmp/docs
  while remain; do
    busybox wget -q -O /dev/null http://127.0.0.1:8080/bash/copyright
    busybox wget -q -O /dev/null http://127.0.0.1:8081/ # refused: nobody listens
    worked http
    sleep 0.2
  done 2>/dev/null
}

lay_out
# Software emulation makes kernel work ten times as dear: a copy that nobody would notice is a CPU full of system time there. And
# while the machine below does something else, a CPU stands still: softirqs and tasks wait for it as for a lockup.
daemon_start --set cpu-sys-spike.level=90% --set softirq-storm.late=150ms --set run-queue-latency.level=1500ms
sleep 5
end=$((SECONDS + seconds))
jobs=()
for work in build copy package http; do $work & jobs+=($!); done
wait "${jobs[@]}"

for work in build copy package http; do rounds "$work"; done
each_was_done() { local work; for work in build copy package http; do [ -s "/tmp/rounds.$work" ] || return 1; done; }
check "each kind of work was done" each_was_done
check "$seconds s of ordinary work fire nothing" test "$(all_incidents)" = 0
"$T" list
"$T" status
finish
