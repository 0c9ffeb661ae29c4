#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# detectors.sh BUILD [NAME…]: what an armed detector costs per event, by the kernel's own run-time statistics, with nothing
# over its threshold; beside a bpftrace program that measures the same. Median of the rounds; both see the same load.
set -u
cd "$(dirname "$0")/../.."
build=$1
shift
T=$build/tracetrap
rounds=${QUICK:+3}
rounds=${rounds:-7}
work=$(mktemp -d)
export TRACETRAP_STATE_DIR=$work/state TRACETRAP_RUN_DIR=$work/run
mkdir -p "$TRACETRAP_STATE_DIR"
running=
finish() {
  [ -z "$running" ] || kill "$running" 2>/dev/null
  sysctl -qw kernel.bpf_stats_enabled="$stats"
  wait
  rm -rf "$work"
}
stats=$(sysctl -n kernel.bpf_stats_enabled)
trap finish EXIT
sysctl -qw kernel.bpf_stats_enabled=1

# What makes each detector's hooks run.
switches() { perf bench -f simple sched pipe -l 20000 >/dev/null 2>&1; }
blocks() { dd if=/dev/zero of="$work/blocks" bs=4k count=1000 oflag=direct 2>/dev/null; }
calls() { dd if=/dev/zero of=/dev/null bs=1 count=100000 2>/dev/null; }
execs() { for _ in $(seq 200); do /bin/true; done; }
packets() { for _ in $(seq 200); do { exec 3<>/dev/tcp/127.0.0.1/9; } 2>/dev/null; done; }
files() { for _ in $(seq 20); do cp -r conf "$work/conf" && find "$work/conf" -type f -exec cat {} + >/dev/null && rm -rf "$work/conf"; done; sync; }
stream() { busybox nc -l -p 19999 >/dev/null & sleep 0.1; head -c 64M /dev/zero | busybox nc -w 5 127.0.0.1 19999; wait $!; }
lost() { # SYNs into a device that swallows them are sent again after a second
  unshare -n bash -c 'ip link add d0 type dummy && ip addr add 10.9.9.1/24 dev d0 && ip link set d0 up arp off || exit
    for _ in $(seq 100); do timeout 1.5 bash -c "exec 3<>/dev/tcp/10.9.9.2/9" 2>/dev/null & done; wait'
}
reclaim() { # a cgroup of 16 MiB reads 256
  local g=/sys/fs/cgroup/memory/tracetrap-bench
  [ -d /sys/fs/cgroup/memory ] || g=/sys/fs/cgroup/tracetrap-bench
  mkdir -p "$g"
  echo 16M >"$g/memory.limit_in_bytes" 2>/dev/null || echo 16M >"$g/memory.max"
  [ -f "$work/big" ] || head -c 256M /dev/urandom >"$work/big"
  bash -c "echo \$\$ >$g/cgroup.procs && cat $work/big >/dev/null"
  rmdir "$g"
}
peer_switch='tracepoint:sched:sched_wakeup { @s[args->pid] = nsecs; } tracepoint:sched:sched_switch { $t = @s[args->next_pid]; if ($t) { @u = hist((nsecs - $t) / 1000); } delete(@s[args->next_pid]); }'
peer_offcpu='tracepoint:sched:sched_switch { if (args->prev_state) { @s[args->prev_pid] = nsecs; } $t = @s[args->next_pid]; if ($t) { @u = hist((nsecs - $t) / 1000); delete(@s[args->next_pid]); } }'
peer_block='tracepoint:block:block_rq_issue { @s[args->dev, args->sector] = nsecs; } tracepoint:block:block_rq_complete { $t = @s[args->dev, args->sector]; if ($t) { @u = hist((nsecs - $t) / 1000); delete(@s[args->dev, args->sector]); } }'
peer_call='tracepoint:raw_syscalls:sys_enter { @s[tid] = nsecs; } tracepoint:raw_syscalls:sys_exit { $t = @s[tid]; if ($t && nsecs - $t > 1000000000) { @u[args->id] = count(); } delete(@s[tid]); }'
peer_softirq='tracepoint:irq:softirq_raise { @s[cpu, args->vec] = nsecs; } tracepoint:irq:softirq_entry { $t = @s[cpu, args->vec]; if ($t) { @u = hist((nsecs - $t) / 1000); delete(@s[cpu, args->vec]); } }'
peer_reclaim='tracepoint:vmscan:mm_vmscan_memcg_reclaim_begin { @s[tid] = nsecs; } tracepoint:vmscan:mm_vmscan_memcg_reclaim_end { $t = @s[tid]; if ($t) { @u = hist((nsecs - $t) / 1000); delete(@s[tid]); } }'
peer_drop='tracepoint:skb:kfree_skb { @u[args->reason, args->location] = count(); }'
peer_retransmit='tracepoint:tcp:tcp_retransmit_skb { @u[args->sport, args->dport] = count(); }'
peer_exec='tracepoint:sched:sched_process_exec { @u[str(args->filename)] = count(); } tracepoint:sched:sched_process_exit { @n = count(); }'
peer_receive='tracepoint:net:netif_receive_skb { @n = count(); } tracepoint:skb:skb_copy_datagram_iovec { @u = hist(args->len); }'
row() {
  case $1 in
  runqlat) load=switches peer=$peer_switch ;;
  offcpu) load=switches peer=$peer_offcpu ;;
  softirq) load=switches peer=$peer_softirq ;;
  iolatency) load=blocks peer=$peer_block ;;
  iotrace) load=files peer=$peer_block ;;
  syscall) load=calls peer=$peer_call ;;
  exec) load=execs peer=$peer_exec ;;
  dropwatch) load=packets peer=$peer_drop ;;
  tcpretrans) load=lost peer=$peer_retransmit ;;
  netrecvlat) load=stream peer=$peer_receive ;;
  memreclaim) load=reclaim peer=$peer_reclaim ;;
  *) return 1 ;;
  esac
}

programs() { bpftool -j prog show | jq -r '.[].id' | sort; }
totals() { # totals FILE: run time and runs of the programs whose ids are in it
  bpftool -j prog show | jq -r --slurpfile ids "$1" '[.[] | select(.id as $i | $ids | index($i))] | "\(map(.run_time_ns // 0) | add // 0) \(map(.run_cnt // 0) | add // 0)"'
}
median() { sort -n | awk '{v[NR] = $1} END {if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
measure() { # measure LOAD IDS: ns per run, a line a round
  local t0 n0 t1 n1
  for _ in $(seq "$rounds"); do
    read -r t0 n0 < <(totals "$2")
    $1
    read -r t1 n1 < <(totals "$2")
    [ "$n1" -gt "$n0" ] && echo $(((t1 - t0) / (n1 - n0))) $((n1 - n0))
  done
}
started() { # started COMMAND…: waits for its programs, leaves their ids in $work/ids
  local before after
  before=$(programs)
  "$@" >"$work/log" 2>&1 &
  running=$!
  for _ in $(seq 100); do
    sleep 0.1
    after=$(programs)
    [ "$after" = "$before" ] || { sleep 2; break; }
  done
  comm -13 <(echo "$before") <(programs) >"$work/ids"
}
stopped() { kill "$running" 2>/dev/null; wait "$running" 2>/dev/null; running=; }

armed=$("$T" status --json 2>/dev/null | jq -r '.detectors[] | select(.class == "armed") | .detector')
armed=${*:-${armed:-dropwatch exec iolatency iotrace memreclaim netrecvlat offcpu runqlat softirq syscall tcpretrans}}
printf '%-12s %12s %12s %16s %10s\n' detector "ns per run" "runs/round" "bpftrace ns/run" ratio
for d in $armed; do
  row "$d" || continue
  printf 'version: 1\ndetectors:\n  %s: {always: true}\n' "$d" >"$work/config.yaml"
  started "$T" run --config "$work/config.yaml" --rules conf/rules.d
  $load >/dev/null 2>&1 # warms up
  measure $load "$work/ids" >"$work/ours"
  stopped
  theirs=
  if command -v bpftrace >/dev/null; then
    # In a mount namespace of its own, because bpftrace wants a mounted tracefs.
    started unshare -m bash -c 'mount -t tracefs none /sys/kernel/tracing; exec bpftrace -e "$0"' "$peer"
    measure $load "$work/ids" >"$work/theirs"
    stopped
    theirs=$(median <"$work/theirs")
  fi
  ours=$(median <"$work/ours")
  awk -v d="$d" -v a="${ours:-0}" -v n="$(cut -d' ' -f2 "$work/ours" | median)" -v b="${theirs:-0}" 'BEGIN {
    printf "%-12s %12s %12s %16s %10s\n", d, a ? a : "no runs", n, b ? b : "-", a && b ? sprintf("%.2f", a / b) : "-"}'
done
