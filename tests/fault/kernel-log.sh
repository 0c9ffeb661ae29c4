#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel-log.sh: makes the kernel complain in its log: a damaged ext4 on a loop device, a full table of neighbours, a full
# table of connections; and forges a line that it did not write. VM only: it changes sysctls.
set -euo pipefail
[ -n "${TRACETRAP_VM:-}" ] || { echo "kernel-log: for the VM only" >&2; exit 77; }
modprobe -a loop ext4 veth nf_conntrack act_ct sch_ingress cls_matchall
say_onset() { echo "$1=$(awk '{printf "%.0f", $1 * 1e9}' /proc/uptime)"; }

echo '<4>BUG: forged by user space' >/dev/kmsg
echo '<0>Kernel panic - not syncing: forged by user space' >/dev/kmsg

image=/tmp/fault-klog.img mount=/tmp/fault-klog
truncate -s 16M "$image"
mkfs.ext4 -q -F "$image"
debugfs -w -R 'clri /lost+found' "$image" 2>/dev/null
mkdir -p "$mount"
device=$(losetup -f --show "$image")
mount -o errors=continue "$device" "$mount"
echo "ext4_device=${device#/dev/}"
say_onset ext4_onset_ns
ls "$mount/lost+found" >/dev/null 2>&1 || true
umount "$mount"
losetup -d "$device"

ip netns add fault-klog
ip link add klog0 type veth peer name klog1 netns fault-klog
ip addr add 10.99.0.1/24 dev klog0
ip -n fault-klog addr add 10.99.0.2/24 dev klog1
ip link set klog0 up
ip -n fault-klog link set klog1 up
send() { echo x >"/dev/udp/10.99.0.$1/$2" || true; }

# Both complaints count against the network stack's ten lines in five seconds (net.core.message_burst): a few of each.
# Connections are followed where a classifier asks for it, so this needs no firewall.
tc qdisc add dev klog0 clsact
tc filter add dev klog0 egress protocol ip matchall action ct commit
send 2 9000
before=$(sysctl -n net.netfilter.nf_conntrack_max)
sysctl -qw net.netfilter.nf_conntrack_max=2
say_onset conntrack_onset_ns
for port in $(seq 9001 9005); do send 2 "$port"; done
sysctl -qw "net.netfilter.nf_conntrack_max=$before"
tc qdisc del dev klog0 clsact

for n in 1 2 3; do sysctl -qw "net.ipv4.neigh.default.gc_thresh$n=2"; done
say_onset neighbour_onset_ns
for i in $(seq 10 14); do send "$i" 9; done 2>/dev/null
sysctl -qw net.ipv4.neigh.default.gc_thresh3=1024 net.ipv4.neigh.default.gc_thresh2=512 net.ipv4.neigh.default.gc_thresh1=128
ip link del klog0
ip netns del fault-klog
rm -f "$image"
