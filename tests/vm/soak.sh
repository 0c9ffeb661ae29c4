#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# soak.sh BUILD: ten minutes of ordinary work on each kernel with every always-on detector; nothing may fire.
set -u
cd "$(dirname "$0")/../.."
failed=0
for suite in bookworm bullseye trixie; do
  echo "# soak: $suite"
  tests/vm/run -k "$suite" -m 3072 -t 1500 -- env B="$1" tests/vm/quiet.sh "${SOAK_SECONDS:-600}" || failed=1
done
exit $failed
