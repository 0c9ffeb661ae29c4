/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on demand: one file and one row each. A fault prints what it knows about itself as `key=value` lines (pid, comm,
 * onset_ns and end_ns on CLOCK_MONOTONIC, what should be blamed), so that a test can hold the evidence against it.
 */
#pragma once

#include "engine/base/clock.h"
#include "engine/base/util.h"

struct fault_args {
	double seconds; /* how long */
	double share;	/* of the machine's CPU, 0..1 */
	uint64_t bytes;
	unsigned tasks; /* per CPU for cpu-sys, in all for the others */
	const char *path;
	/* of `hold`: */
	int cpu; /* -1: any */
	int vec; /* of softirq_entry, -1: any */
	unsigned times;
	const char *where; /* a program of hold.bpf.c; of `receive` the address */
	double delay;	   /* seconds, of `receive`: before it reads what has come */
	uint64_t sector;   /* of file-read; 0: where the file begins */
};

struct fault {
	const char *name, *summary;
	int (*run)(const struct fault_args *a); /* exit status */
	struct fault_args defaults;
};

int fault_blocked(const struct fault_args *a);
int fault_cpu_sys(const struct fault_args *a);
int fault_d_state(const struct fault_args *a);
int fault_file_read(const struct fault_args *a);
int fault_hold(const struct fault_args *a);
int fault_exec(const struct fault_args *a);
int fault_fsync(const struct fault_args *a);
int fault_io(const struct fault_args *a);
int fault_memory(const struct fault_args *a);
int fault_memory_failure(const struct fault_args *a);
int fault_oom(const struct fault_args *a);
int fault_receive(const struct fault_args *a);
int fault_reclaim(const struct fault_args *a);
int fault_run_queue(const struct fault_args *a);
int fault_write(const struct fault_args *a);
int fault_tcp_drop(const struct fault_args *a);
int fault_tcp_retrans(const struct fault_args *a);

void fault_say(const char *key, const char *fmt, ...) _printf_(2, 3);
void fault_sleep(double seconds);
bool fault_put(const char *dir, const char *file, const char *text); /* into a file that there is */
