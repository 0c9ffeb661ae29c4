#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The shape of the house, checked: includes point one way, files stay under 500 lines and functions under 80, every source
# says its licence. Prints one line a sentence and a sum.
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0
sentence() { # sentence TEXT OFFENDERS
  if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok - $1:"; echo "$2" | head -20 | sed 's/^/    /'; fi
}
# may FOLDER PATTERN…: what files below FOLDER may include of ours.
may() {
  local folder=$1 allowed
  shift
  allowed=$(IFS='|'; echo "$*")
  grep -rnE '^#include "(bpf|engine|rules|snapshot|tests)/' "$folder" --include='*.[ch]' | grep -vE "#include \"($allowed)"
}
sentence "engine/base includes itself and bpf/event.h alone" "$(may engine/base engine/base/ bpf/event.h)"
sentence "engine/record includes base and itself" "$(may engine/record engine/base/ engine/record/ bpf/event.h)"
sentence "rules/ includes base and itself: no BPF, no /proc, no log" "$(may rules rules/ engine/base/ bpf/event.h)"
sentence "rules/ and snapshot/ never log" "$(grep -rn 'engine/base/log.h' rules snapshot)"
sentence "snapshot/ never asks back: base, record and itself" "$(may snapshot snapshot/ engine/base/ engine/record/ bpf/event.h)"
sentence "engine/ does not include its commands" "$(grep -rnE '#include "engine/cli/' engine --include='*.[ch]' | grep -v '^engine/cli/')"
sentence "the kernel's side includes bpf/ alone" "$(grep -rnE '^#include "' bpf --include='*.bpf.[ch]' | grep -vE '#include "bpf/')"
sentence "rules/run decides by values: no clock, no file" \
  "$(grep -rnE '\b(clock_now|clock_gettime|time|open|fopen|getenv)\(' rules/run rules/tell --include='*.c')"
sentence "every source names its licence" \
  "$(git ls-files '*.c' '*.h' '*.sh' Makefile .ci/run tests/vm/run tests/vm/kernel | xargs grep -L 'SPDX-License-Identifier: GPL-2.0-only')"
sentence "no source is over 500 lines" "$(git ls-files '*.c' '*.h' | xargs wc -l | awk '$1 > 500 && $2 != "total"')"
if command -v ctags >/dev/null && ctags --version | grep -q Universal; then
  sentence "no function is over 80 lines" "$(git ls-files '*.c' | xargs ctags --fields=+ne --kinds-C=f -o - 2>/dev/null |
    awk -F'\t' '{s = e = 0; for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) s = substr($i, 6); if ($i ~ /^end:/) e = substr($i, 5) }
      if (e - s + 1 > 80) print $2 ": " $1 " has " e - s + 1 " lines"}')"
fi
echo "house: $passed passed, $failed failed"
[ "$failed" = 0 ]
