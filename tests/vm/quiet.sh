#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# quiet.sh SECONDS: ordinary work (a build of this project, file copies) under the shipped rules fires nothing.
. "$(dirname "$0")/lib.sh"
seconds=${1:-300}
daemon_start
sleep 5
end=$((SECONDS + seconds))
rm -rf /tmp/work && mkdir /tmp/work && cp -r Makefile bpf engine rules snapshot conf /tmp/work/
mkdir /tmp/work/build && cp -r "$B/libperf" /tmp/work/build/
while [ "$SECONDS" -lt "$end" ]; do
  (cd /tmp/work && timeout $((end - SECONDS + 1)) make -s -j2 all; rm -rf build/engine build/rules build/snapshot) >/tmp/work.log 2>&1
done
check "$seconds s of ordinary work fire nothing" test "$(all_incidents)" = 0
"$T" list
"$T" status
finish
