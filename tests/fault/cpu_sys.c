/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>

#define PERIOD_NS (20 * NS_PER_MS)

/* Kernel time with a name: the stream cipher behind getrandom(2). */
static void spin(uint64_t end_ns, double share)
{
	static char bytes[4096];
	for (uint64_t start = clock_now(CLOCK_MONOTONIC); start < end_ns; start += PERIOD_NS) {
		uint64_t busy_until = start + (uint64_t)(share * (double)PERIOD_NS);
		while (clock_now(CLOCK_MONOTONIC) < busy_until)
			(void)!getrandom(bytes, sizeof(bytes), 0);
		struct timespec next = {(time_t)((start + PERIOD_NS) / NS_PER_S), (long)((start + PERIOD_NS) % NS_PER_S)};
		if (share < 1)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
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

int fault_cpu_sys(const struct fault_args *a)
{
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
			spin(end, a->share);
			_exit(0);
		}
		fault_say("pid", "%d", pid);
	}
	while (wait(NULL) > 0)
		;
	end = clock_now(CLOCK_MONOTONIC);
	fault_say("end_ns", "%lu", end);
	fault_say("system_percent", "%.0f", (system_seconds() - system_before) * 1e11 / (double)(end - onset) /
						   (double)sysconf(_SC_NPROCESSORS_ONLN));
	return 0;
}
