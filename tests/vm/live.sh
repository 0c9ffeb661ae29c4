#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# live.sh PROGRAM…: live test programs on the VM's kernel, with the hooks that the build machine lacks.
. "$(dirname "$0")/lib.sh"
modprobe bonding max_bonds=0 2>/dev/null
modprobe veth 2>/dev/null
for program in "$@"; do
  check "live: $program" timeout 200 "$B/tests/live/$program"
  grep -E '^(\[  SKIPPED \]|skip:|unsupported:)' /tmp/check.out
done
finish
