/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>

#define STEER_NS (100 * NS_PER_MS)
#define CATCH_UP_S 0.3 /* a deficit is made good within so long */

/* The share that the spinners keep to, in ppm: one shared page, so that the parent can steer them. */
typedef _Atomic uint32_t aim;

/* Kernel time with a name: the stream cipher behind getrandom(2). Periods of 11 to 27 ms, so that they never fall into step
 * with the tick by which the kernel counts system time. */
static void spin(uint64_t end_ns, const aim *share_ppm)
{
	static char bytes[4096];
	uint32_t dice = (uint32_t)getpid();
	for (uint64_t start = clock_now(CLOCK_MONOTONIC), next; start < end_ns; start = next) {
		dice = dice * 1664525 + 1013904223;
		uint64_t period_ns = 11 * NS_PER_MS + (dice >> 8) % (16 * NS_PER_MS);
		uint64_t busy_until = start + period_ns * *share_ppm / 1000000;
		while (clock_now(CLOCK_MONOTONIC) < busy_until)
			(void)!getrandom(bytes, sizeof(bytes), 0);
		next = MAX(start + period_ns, busy_until);
		struct timespec at = {(time_t)(next / NS_PER_S), (long)(next % NS_PER_S)};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
}

/* Seconds of system time of all CPUs, as the kernel counts it: what a spike really was, whoever else had the machine. */
static double system_seconds(void)
{
	double user, nice, system = 0;
	FILE *f = fopen("/proc/stat", "re");
	if (!f || fscanf(f, "cpu %lf %lf %lf", &user, &nice, &system) != 3)
		system = 0;
	if (f)
		fclose(f);
	return system / (double)sysconf(_SC_CLK_TCK);
}

/* Of the machine, since then: 0..1. */
static double system_share(double system_before, uint64_t onset_ns)
{
	double wall = (double)(clock_now(CLOCK_MONOTONIC) - onset_ns) / 1e9;
	return (system_seconds() - system_before) / wall / (double)sysconf(_SC_NPROCESSORS_ONLN);
}

/* Until the end, the spinners do more or less as the kernel has counted too little or too much. */
static void steer(aim *share_ppm, double wanted, double system_before, uint64_t onset_ns, uint64_t end_ns)
{
	for (uint64_t now; (now = clock_now(CLOCK_MONOTONIC)) + STEER_NS < end_ns;) {
		fault_sleep((double)STEER_NS / 1e9);
		double elapsed = (double)(clock_now(CLOCK_MONOTONIC) - onset_ns) / 1e9;
		double deficit = (wanted - system_share(system_before, onset_ns)) * elapsed;
		*share_ppm = (uint32_t)(1e6 * CLAMP(wanted + deficit / CATCH_UP_S, 0.1, 1.0));
	}
}

int fault_cpu_sys(const struct fault_args *a)
{
	aim *share_ppm = mmap(NULL, sizeof(*share_ppm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (share_ppm == MAP_FAILED)
		return 1;
	*share_ppm = (uint32_t)(1e6 * a->share);
	double system_before = system_seconds();
	long n = sysconf(_SC_NPROCESSORS_ONLN) * a->tasks;
	uint64_t onset = clock_now(CLOCK_MONOTONIC), end = onset + (uint64_t)(a->seconds * 1e9);
	fault_say("comm", "fault-spin");
	fault_say("function", "chacha");
	fault_say("onset_ns", "%lu", onset);
	for (long i = 0; i < n; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			prctl(PR_SET_NAME, "fault-spin");
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			setsid(); /* autogroups share the CPUs by session: each of us is to count */
			spin(end, share_ppm);
			_exit(0);
		}
		fault_say("pid", "%d", pid);
	}
	if (a->share < 1)
		steer(share_ppm, a->share, system_before, onset, end);
	while (wait(NULL) > 0)
		;
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	fault_say("system_percent", "%.1f", 100 * system_share(system_before, onset));
	return 0;
}
