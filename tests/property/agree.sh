#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# agree.sh BUILD: random courses at full size, decided by what gcc makes of it, clang, gcc -static, and gcc -O3 for this very
# machine, where fused multiply-add is at hand. All must come to the same transitions and values of terms.
set -u
cd "$(dirname "$0")/../.."
build=$1
out=$build/agree
program=tests/property/property
passed=0 failed=0
mkdir -p "$out"
verdict() { # verdict SENTENCE STATUS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok - $1"; fi
}
run() { "$2" 1000 1000 1000000 >"$out/$1" 2>"$out/$1.err"; }

make -s -j"$(nproc)" B="$build" CC=gcc "$build/$program" "$build/$program-static" &&
  make -s -j"$(nproc)" B="$build" CC=clang "$build/clang/$program" &&
  make -s -j"$(nproc)" B="$build" CC=gcc O="$build/native" CFLAGS='-O3 -march=native' "$build/native/$program" || exit 1
run gcc "$build/$program" & gcc=$!
run clang "$build/clang/$program" & clang=$!
wait $gcc; verdict "gcc's build agrees with the naive evaluator, and its replays with it" $?
wait $clang; verdict "so does clang's" $?
run static "$build/$program-static" & static=$!
run native "$build/native/$program" & native=$!
wait $static; verdict "so does the static one" $?
wait $native; verdict "so does the one for this machine" $?
cat "$out/gcc" "$out"/*.err
for other in clang static native; do
  diff "$out/gcc" "$out/$other"
  verdict "gcc's and the $other build decide alike" $?
done
echo "property: $passed passed, $failed failed"
[ "$failed" = 0 ]
