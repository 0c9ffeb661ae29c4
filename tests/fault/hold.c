/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include "tests/fault/hold.skel.h"

#include <bpf/bpf.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define HARMLESS_S	0.2	    /* outside the VM no longer than this */
#define CHUNK_BYTES_S	(2U << 20) /* per second of the hold: a fine grain for short ones, within the rounds there are */
#define CHUNK_MIN	(64U << 10)
#define CHUNK_MAX	(4U << 20)
#define DEADLINE_S	60

static bool pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return cpu < 0 || sched_setaffinity(0, sizeof(set), &set) == 0;
}

/* An idle CPU has no ticks, and hardly a softirq. */
static pid_t keep_busy(int cpu)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "fault-busy");
	pin(cpu);
	for (;;)
		__asm__ volatile("");
}

static struct hold_bpf *load(const struct fault_args *a, struct bpf_program **ret_program)
{
	struct hold_bpf *bpf = hold_bpf__open();
	if (!bpf)
		return NULL;
	bpf->rodata->hold_ns = (uint64_t)(a->seconds * 1e9);
	bpf->rodata->hold_cpu = (uint32_t)a->cpu;
	bpf->rodata->hold_vec = (uint32_t)a->vec;
	bpf->rodata->chunk_bytes = (uint32_t)CLAMP(a->seconds * CHUNK_BYTES_S, CHUNK_MIN, CHUNK_MAX);
	*ret_program = bpf_object__find_program_by_name(bpf->obj, a->where);
	if (*ret_program && bpf_program__set_autoload(*ret_program, true) == 0 && hold_bpf__load(bpf) == 0)
		return bpf;
	hold_bpf__destroy(bpf);
	return NULL;
}

/* Not preempted, interrupts on: run on our own CPU, test_run needs no interrupt of another. */
static int hold_here(struct bpf_program *program, const struct fault_args *a)
{
	int r = pin(a->cpu) ? 0 : -errno;
	for (unsigned i = 0; r == 0 && i < a->times; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, options);
		r = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
	}
	return r;
}

static int hold_at_tracepoint(const struct hold_bpf *bpf, struct bpf_program *program, const struct fault_args *a)
{
	bool needs_ticks = !streq(a->where, "netif_receive_skb");
	pid_t busy = needs_ticks ? keep_busy(a->cpu) : 0;
	if (busy)
		fault_say("busy_pid", "%d", busy);
	struct bpf_link *link = bpf_program__attach(program);
	uint64_t deadline = clock_now(CLOCK_MONOTONIC) + DEADLINE_S * NS_PER_S;
	while (link && *(volatile uint32_t *)&bpf->bss->times_done < a->times && clock_now(CLOCK_MONOTONIC) < deadline)
		fault_sleep(0.01);
	bpf_link__destroy(link);
	if (busy) {
		kill(busy, SIGKILL);
		waitpid(busy, NULL, 0);
	}
	return link ? 0 : -errno;
}

int fault_hold(const struct fault_args *a)
{
	struct bpf_program *program;
	if (!getenv("TRACETRAP_VM") && a->seconds > HARMLESS_S) {
		fprintf(stderr, "hold: so long for the VM only\n");
		return 77;
	}
	prctl(PR_SET_NAME, "fault-hold");
	struct hold_bpf *bpf = load(a, &program);
	if (!bpf) {
		fprintf(stderr, "hold: cannot load '%s'\n", a->where);
		return 1;
	}
	bpf->bss->times_left = a->times;
	fault_say("comm", "fault-hold");
	fault_say("pid", "%d", getpid());
	fault_say("cpu", "%d", a->cpu);
	fault_say("where", "%s", a->where);
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	int r = streq(a->where, "test_run") ? hold_here(program, a) : hold_at_tracepoint(bpf, program, a);
	unsigned done = bpf->bss->times_done;
	fault_say("began_ns", "%llu", bpf->bss->began_ns);
	fault_say("held_ns", "%llu", bpf->bss->held_ns);
	fault_say("times", "%u", done);
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	hold_bpf__destroy(bpf);
	return r == 0 && done >= a->times ? 0 : 1;
}
