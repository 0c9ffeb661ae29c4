#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# libperf.sh DIR: libperf.a, libapi.a and include/ below DIR, from the distribution's linux-source package (Debian ships
# no libperf; its source lies in the kernel's tools/lib/perf). Where pkg-config knows a libperf, that one is linked in.
set -euo pipefail
dir=$1
mkdir -p "$dir"
dir=$(realpath "$dir")
if pkg-config --exists libperf 2>/dev/null; then
  lib=$(pkg-config --variable=libdir libperf)
  ln -sfn "$(pkg-config --variable=includedir libperf)" "$dir/include"
  cp "$lib/libperf.a" "$lib/libapi.a" "$dir/"
  exit 0
fi
tarball=$(ls /usr/src/linux-source-*.tar.xz 2>/dev/null | sort -V | tail -1)
[ -n "$tarball" ] || { echo "libperf.sh: no /usr/src/linux-source-*.tar.xz: install Debian's package 'linux-source' (make deps)" >&2; exit 1; }
name=$(basename "$tarball" .tar.xz)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xJf "$tarball" -C "$work" --wildcards "$name/tools/lib/*" "$name/tools/include/*" "$name/tools/build/*" \
  "$name/tools/scripts/*" "$name/tools/arch/*" "$name/scripts/*"
mkdir "$work/out"
make -s -C "$work/$name/tools/lib/perf" O="$work/out" libs >"$work/log" 2>&1 &&
  make -s -C "$work/$name/tools/lib/perf" O="$work/out" DESTDIR="$work/inst" prefix=/usr install_headers >>"$work/log" 2>&1 ||
  { cat "$work/log" >&2; exit 1; }
rm -rf "$dir/include"
cp -r "$work/inst/usr/include" "$dir/include"
cp "$work/out/libapi.a" "$work/out/libperf.a" "$dir/"
