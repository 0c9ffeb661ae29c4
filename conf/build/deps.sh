#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# deps.sh [bench DIR|static]: installs the packages that building, the demo and the tests need (with `bench`, the peers it
# measures beside us; with `static`, what a static binary is linked from). Peers whose packages would start services of their own
# are only unpacked, into DIR. Nothing is done when nothing is missing.
set -euo pipefail
packages="gcc make pkg-config clang llvm bpftool libbpf-dev libelf-dev libzstd-dev zlib1g-dev libyaml-dev libjson-c-dev
  libarchive-dev libseccomp-dev libsodium-dev libcmocka-dev libclang-rt-14-dev linux-libc-dev linux-source-6.1 xz-utils flex bison
  zstd tar jq linux-perf procps iproute2 util-linux qemu-system-x86 e2fsprogs dmsetup busybox-static cpio kmod"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
install_missing() {
  local missing=
  for p in $packages; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $p"
  done
  [ -n "$missing" ] || return 0
  echo "installing:$missing"
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get -qq -o Acquire::Retries=3 update || true
  $sudo apt-get -qq -y -o Acquire::Retries=3 install --no-install-recommends $missing >/dev/null
}
fetch() { apt-get -qq -o Acquire::Retries=3 -o APT::Sandbox::User= download "$@"; }
# pcp's postinst starts pmcd and fails where systemd does not run, which would leave dpkg with a broken package.
unpack() { # unpack DIR PACKAGE…
  local dir=$1
  shift
  [ ! -e "$dir/unpacked" ] || return 0
  echo "unpacking into $dir: $*"
  mkdir -p "$dir"
  (
    cd "$dir" && { fetch "$@" 2>/dev/null || { $sudo apt-get -qq update && fetch "$@"; }; } &&
      for p in *.deb; do dpkg -x "$p" . && rm "$p" || exit; done && touch unpacked
  ) || echo "not to be had, so not measured: $*"
}
# Peers that `make bench` measures beside us.
[ "${1:-}" != bench ] || packages="$packages atop sysstat prometheus-node-exporter bpftrace libsasl2-2"
[ "${1:-}" != static ] || packages="$packages libbz2-dev liblzma-dev nettle-dev"
install_missing
[ "${1:-}" != bench ] || unpack "$2" libpcp-import1 libpcp3 pcp pcp-conf prometheus
