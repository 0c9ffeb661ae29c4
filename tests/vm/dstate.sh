#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 400 D tasks on a kernel with a 128 KiB log: every stack is in the bundle by the iterator; the sysrq text is as complete as
# the log allowed, and its gaps are counted.
. "$(dirname "$0")/lib.sh"
daemon_start
sleep 14
"$fault" d-state --tasks 400 --seconds 40 >/tmp/fault.txt &
check "400 D tasks fire d-state-growth" wait_incident d-state-growth 120
wait %2 2>/dev/null
id=$(latest d-state-growth)
check "the bundle verifies" "$T" verify "$id"
"$T" cat "$id" tasks/d.txt >/tmp/d.txt
stacks=$(grep -c fault-dstate /tmp/d.txt)
check "every D task is in tasks/d.txt ($stacks)" test "$stacks" -ge 400
check "each of them with a kernel stack" test "$(grep -c 'wait_for_\|kernel_clone\|vfork' /tmp/d.txt)" -ge 400
"$T" show --json "$id" | jq '.ledger.members[] | select(.member == "sysrq/w.txt")' >/tmp/w.json
cat /tmp/w.json
seen=$("$T" cat "$id" sysrq/w.txt | grep -c 'task:fault-dstate')
lost=$(jq '.lost' /tmp/w.json)
echo "    sysrq-w shows $seen of $stacks tasks; $lost log records lost"
check "sysrq-w is whole, or says what it lost" sh -c "[ $seen -ge 400 ] || [ $lost -gt 0 ]"
finish
