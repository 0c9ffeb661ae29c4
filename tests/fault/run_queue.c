/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define GAPS_MAX     512
#define GAP_LEAST_NS (100 * NS_PER_MS)
#define HOG_BUSY_NS  (800 * NS_PER_MS) /* of a second: less than the 950 ms after which the kernel lets others run */

/* When a task that never sleeps did not run: it was runnable and waited. The last ones of each task. */
struct gaps {
	pid_t pid;
	unsigned n;
	struct gap {
		uint64_t end_ns, ns;
	} gaps[GAPS_MAX];
};

static void spin(struct gaps *g, uint64_t until_ns)
{
	g->pid = getpid();
	prctl(PR_SET_NAME, "fault-runq");
	for (uint64_t before = clock_now(CLOCK_MONOTONIC), now; before < until_ns; before = now) {
		now = clock_now(CLOCK_MONOTONIC);
		if (now - before > GAP_LEAST_NS)
			g->gaps[g->n++ % GAPS_MAX] = (struct gap){now, now - before};
	}
	_exit(0);
}

/* A real-time task that takes the CPU most of each second. */
static void hog(uint64_t until_ns)
{
	struct sched_param p = {.sched_priority = 1};
	prctl(PR_SET_NAME, "fault-hog");
	if (sched_setscheduler(0, SCHED_FIFO, &p) < 0)
		_exit(1);
	for (uint64_t now; (now = clock_now(CLOCK_MONOTONIC)) < until_ns;) {
		while (clock_now(CLOCK_MONOTONIC) - now < HOG_BUSY_NS)
			;
		fault_sleep(0.2);
	}
	_exit(0);
}

static void say_gaps(const struct gaps *all, unsigned tasks)
{
	const char *separator = "";
	printf("gaps=[");
	for (unsigned i = 0; i < tasks; i++)
		for (unsigned k = 0; k < MIN(all[i].n, (unsigned)GAPS_MAX); k++, separator = ",")
			printf("%s[%d,%lu,%lu]", separator, all[i].pid, all[i].gaps[k].end_ns, all[i].gaps[k].ns);
	printf("]\n");
	fflush(stdout);
}

int fault_run_queue(const struct fault_args *a)
{
	cpu_set_t last;
	uint64_t until = clock_now(CLOCK_MONOTONIC) + (uint64_t)(a->seconds * 1e9);
	int status, failed = 0;
	struct gaps *all = mmap(NULL, a->tasks * sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CPU_ZERO(&last);
	CPU_SET((int)sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	if (all == MAP_FAILED || sched_setaffinity(0, sizeof(last), &last) < 0)
		return 1;
	fault_say("comm", "fault-runq");
	fault_say("cpu", "%ld", sysconf(_SC_NPROCESSORS_ONLN) - 1);
	fault_say("onset_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	for (unsigned i = 0; i < a->tasks; i++)
		if (fork() == 0)
			spin(&all[i], until);
	pid_t pid = fork();
	if (pid == 0)
		hog(until);
	fault_say("hog_pid", "%d", pid);
	fault_say("hog_comm", "fault-hog");
	while (wait(&status) > 0)
		failed |= status;
	fault_say("end_ns", "%lu", clock_now(CLOCK_MONOTONIC));
	say_gaps(all, a->tasks);
	return failed ? 1 : 0;
}
