#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# detectors.sh BUILD [NAME…]: what an armed detector costs, by the kernel's own run-time statistics, with nothing over its
# threshold; beside a bpftrace program that measures the same. Median of the rounds; both see the same load.
#
# A run is one of any of its programs. An event is what they measure together (a wait has a begin and an end): the time of
# all of them goes to the program that ends one.
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
execs() { for _ in $(seq 500); do /bin/true; done; }
packets() { # SYNs to a port where nobody listens
  perl -MSocket -e 'for (1 .. 5000) { socket(C, PF_INET, SOCK_STREAM, 0); connect(C, sockaddr_in(9, INADDR_LOOPBACK)); close(C) }'
}
files() { for _ in $(seq 20); do cp -r conf "$work/conf" && find "$work/conf" -type f -exec cat {} + >/dev/null && rm -rf "$work/conf"; done; sync; }
stream() { # small messages to and fro, so that each is a packet, received and read by itself
  perl -MSocket -e 'socket(L, PF_INET, SOCK_STREAM, 0) && bind(L, sockaddr_in(0, INADDR_LOOPBACK)) && listen(L, 1) || die;
    if (fork) { accept(C, L); while (sysread(C, $b, 64)) { syswrite(C, $b) } wait; exit }
    socket(C, PF_INET, SOCK_STREAM, 0) && connect(C, getsockname(L)) || die;
    for (1 .. 5000) { syswrite(C, "x" x 64); sysread(C, $b, 64) }'
}
lost() ( # SYNs to a queue that is full are sent again after a second
  ulimit -n 4096
  perl -MSocket -MFcntl -e 'socket(L, PF_INET, SOCK_STREAM, 0) && bind(L, sockaddr_in(0, INADDR_LOOPBACK)) && listen(L, 1) || die;
    for (1 .. 2000) { socket(my $c, PF_INET, SOCK_STREAM, 0); fcntl($c, F_SETFL, O_NONBLOCK); connect($c, getsockname(L)); push @all, $c }
    sleep 2'
)
reclaim() { # a cgroup with 256 MiB of single pages in the page cache, whose limit comes down on them a step at a time
  local g=/sys/fs/cgroup/memory/tracetrap-bench limit=memory.limit_in_bytes at
  [ -d /sys/fs/cgroup/memory ] || { g=/sys/fs/cgroup/tracetrap-bench limit=memory.max; }
  mkdir -p "$g"
  bash -c "echo \$\$ >$g/cgroup.procs && exec dd if=/dev/zero of=$work/cached bs=4k count=65536 conv=fdatasync"
  for at in $(seq 262144 -128 8192); do echo "${at}K" >"$g/$limit"; done
  rm -f "$work/cached"
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
# The load, the peer, and the programs that end an event (none: each run is one).
row() {
  case $1 in
  runqlat) load=switches peer=$peer_switch ends='^on_switch' ;;
  offcpu) load=switches peer=$peer_offcpu ends='^on_switch' ;;
  softirq) load=stream peer=$peer_softirq ends='^on_entry' ;;
  iolatency) load=blocks peer=$peer_block ends='^on_complete' ;;
  iotrace) load=files peer=$peer_block ends='^on_(complete|call|read|write)' ;;
  syscall) load=calls peer=$peer_call ends='^on_exit' ;;
  exec) load=execs peer=$peer_exec ends= ;;
  dropwatch) load=packets peer=$peer_drop ends= ;;
  tcpretrans) load=lost peer=$peer_retransmit ends= ;;
  netrecvlat) load=stream peer=$peer_receive ends='^on_user_copy' ;;
  memreclaim) load=reclaim peer=$peer_reclaim ends='_end$' ;;
  *) return 1 ;;
  esac
}

programs() { bpftool -j prog show | jq -r '.[].id' | sort; }
totals() { # totals DETECTOR: its time, runs and events; of a peer ("") those of the programs in $work/ids, each run an event
  local time runs events
  bpftool -j prog show | jq --slurpfile ids "$work/ids" '[.[] | select(.id as $i | $ids | index($i))]' >"$work/programs"
  read -r time runs < <(jq -r '"\(map(.run_time_ns // 0) | add // 0) \(map(.run_cnt // 0) | add // 0)"' "$work/programs")
  events=$runs
  if [ -n "$1" ]; then
    read -r time runs < <("$T" status --json | jq -r --arg d "$1" '.detectors[] | select(.detector == $d) | "\(.run_ns) \(.run_count)"')
    events=$runs
    [ -z "$ends" ] || events=$(jq --arg e "$ends" 'map(select(.name | test($e)) | .run_cnt // 0) | add // 0' "$work/programs")
  fi
  echo "$time $runs $events"
}
median() { sort -n | awk '{v[NR] = $1} END {if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
measure() { # measure DETECTOR: ns per run, ns per event and runs, a line a round
  local t0 n0 e0 t1 n1 e1
  for _ in $(seq "$rounds"); do
    read -r t0 n0 e0 < <(totals "$1")
    $load >/dev/null 2>&1
    read -r t1 n1 e1 < <(totals "$1")
    [ "$n1" -gt "$n0" ] && [ "$e1" -gt "$e0" ] && echo $(((t1 - t0) / (n1 - n0))) $(((t1 - t0) / (e1 - e0))) $((n1 - n0))
  done
}
column() { cut -d' ' -f"$1" "$2" | median; }
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
  [ "$1" != "$T" ] || for _ in $(seq 100); do [ -S "$TRACETRAP_RUN_DIR/control.sock" ] && break; sleep 0.1; done
  comm -13 <(echo "$before") <(programs) >"$work/ids"
}
stopped() { kill "$running" 2>/dev/null; wait "$running" 2>/dev/null; running=; }

armed=$("$T" status --json 2>/dev/null | jq -r '.detectors[] | select(.class == "armed") | .detector')
armed=${*:-${armed:-dropwatch exec iolatency iotrace memreclaim netrecvlat offcpu runqlat softirq syscall tcpretrans}}
printf '%-12s %12s %12s %12s %16s %10s\n' detector "ns per run" "ns per event" "runs/round" "bpftrace ns/run" ratio
for d in $armed; do
  row "$d" || continue
  printf 'version: 1\ndetectors:\n  %s: {always: true}\n' "$d" >"$work/config.yaml"
  started "$T" run --config "$work/config.yaml" --rules conf/rules.d
  $load >/dev/null 2>&1 # warms up
  measure "$d" >"$work/ours"
  stopped
  theirs=
  if command -v bpftrace >/dev/null; then
    # In a mount namespace of its own, because bpftrace wants a mounted tracefs.
    started unshare -m bash -c 'mount -t tracefs none /sys/kernel/tracing; exec bpftrace -e "$0"' "$peer"
    measure "" >"$work/theirs"
    stopped
    theirs=$(column 1 "$work/theirs")
  fi
  ours=$(column 1 "$work/ours")
  awk -v d="$d" -v a="${ours:-0}" -v e="$(column 2 "$work/ours")" -v n="$(column 3 "$work/ours")" -v b="${theirs:-0}" 'BEGIN {
    printf "%-12s %12s %12s %12s %16s %10s\n", d, a ? a : "no runs", e, n, b ? b : "-", a && b ? sprintf("%.2f", a / b) : "-"}'
done
