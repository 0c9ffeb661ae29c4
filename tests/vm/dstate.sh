#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 400 D tasks on a kernel with a 128 KiB log: every stack is in the bundle by the iterator; the sysrq text is as complete as
# the log allowed, and its gaps are counted.
. "$(dirname "$0")/lib.sh"
# Alone, since 400 forks at once are a cpu-sys-spike under emulation, whose incident the growth would join.
daemon_start --rules conf/rules.d/d-state-growth.yaml
sleep 12
"$fault" d-state --tasks 400 --seconds 20 >/tmp/fault.txt &
waiting=$!
check "400 D tasks fire d-state-growth" wait_incident d-state-growth 120
wait "$waiting"
id=$(latest d-state-growth)
check "the bundle verifies" "$T" verify "$id"
"$T" cat "$id" tasks/d.txt >/tmp/d.txt
stacks=$(grep -c '(fault-dstate)' /tmp/d.txt)
check "every D task is in tasks/d.txt ($stacks)" test "$stacks" -ge 400
# Tasks stand below the stack that they share: "N tasks with this stack:", frames, tasks.
with_stack=$(awk '/with this stack:$/ {vfork = 0} /kernel_clone\+/ {vfork = 1} /\(fault-dstate\)/ {n += vfork} END {print n + 0}' /tmp/d.txt)
check "each of them with its kernel stack ($with_stack)" test "$with_stack" -ge 400
"$T" show --json "$id" | jq -c '.ledger.members[] | select(.member == "sysrq/w.txt")' >/tmp/w.json
cat /tmp/w.json
"$T" cat "$id" sysrq/w.txt >/tmp/w.txt
seen=$(grep -c 'task:fault-dstate' /tmp/w.txt)
lost=$(jq '.lost // 0' /tmp/w.json)
echo "    sysrq-w shows $seen of $stacks tasks; $lost log records lost"
check "sysrq-w is the kernel's own text" grep -q 'task:fault-dstate *state:D' /tmp/w.txt
check "sysrq-w is whole, or says what it lost" sh -c "[ $seen -ge 400 ] || [ $lost -gt 0 ]"
finish
