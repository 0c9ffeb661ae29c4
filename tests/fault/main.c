/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fault/fault.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>

static const struct fault faults[] = {
	{"blocked", "direct writes, each waiting for a slow device", fault_blocked, {.seconds = 12}},
	{"cpu-sys", "every CPU spins in getrandom(2) for a share of the time", fault_cpu_sys, {.seconds = 4, .share = 0.65, .tasks = 1}},
	{"d-state", "tasks in uninterruptible sleep, by vfork", fault_d_state, {.seconds = 8, .tasks = 40}},
	{"exec", "processes that come at once, sleep and go", fault_exec, {.seconds = 10, .tasks = 120}},
	{"file-read", "one page of a file is read from its disk: --path, and --sector of the disk", fault_file_read, {.path = "/bin/true"}},
	{"fsync", "one block made durable again and again", fault_fsync, {.seconds = 6, .path = "/var/tmp/fault-fsync"}},
	{"hold", "a CPU is held inside the kernel: --where test_run, local_timer_entry, softirq_entry, netif_receive_skb", fault_hold,
	 {.seconds = 0.06, .cpu = 1, .vec = -1, .times = 1, .where = "test_run"}},
	{"io", "synchronous direct writes as fast as the disk takes them", fault_io, {.seconds = 6, .path = "/var/tmp", .bytes = 1 << 20}},
	{"memory", "a process that takes memory within a second and keeps it", fault_memory, {.seconds = 4, .bytes = 512 << 20}},
	{"memory-failure", "a page of its own memory fails, as hardware would tell (madvise)", fault_memory_failure, {.bytes = 4096}},
	{"oom", "a memory cgroup (v2) runs over its limit", fault_oom, {.bytes = 40 << 20, .path = "/sys/fs/cgroup"}},
	{"receive", "packets over TCP from a peer in the network namespace --path to --where, read after --delay", fault_receive,
	 {.seconds = 5, .path = "/run/netns/fault-sender", .where = "127.0.0.1"}},
	{"reclaim", "a task swaps within its memory cgroup (v2)", fault_reclaim, {.seconds = 10, .bytes = 8 << 20, .path = "/sys/fs/cgroup"}},
	{"run-queue", "a real-time task takes a CPU from tasks that never sleep", fault_run_queue, {.seconds = 10, .tasks = 3}},
	{"tcp-drop", "TCP packets are dropped by the stack, at a device and at a full listener", fault_tcp_drop, {.seconds = 4}},
	{"tcp-retrans", "TCP segments are lost and sent again, in each of the ways there are", fault_tcp_retrans, {.seconds = 3}},
	{"write", "two files written through the page cache", fault_write, {.seconds = 6, .path = "/var/tmp", .bytes = 48 << 20}},
};

void fault_say(const char *key, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	printf("%s=", key);
	vprintf(fmt, ap);
	putchar('\n');
	fflush(stdout);
	va_end(ap);
}

void fault_sleep(double seconds)
{
	struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

bool fault_put(const char *dir, const char *file, const char *text)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, text, strlen(text)) > 0;
}

static int list(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		printf("%-14s %s\n", faults[i].name, faults[i].summary);
	return 2;
}

static bool parse(int argc, char **argv, struct fault_args *a)
{
	static const struct option options[] = {{"seconds", 1, NULL, 's'}, {"share", 1, NULL, 'p'}, {"bytes", 1, NULL, 'b'},
						{"tasks", 1, NULL, 't'},   {"path", 1, NULL, 'd'},
						{"cpu", 1, NULL, 'c'},	   {"times", 1, NULL, 'n'}, {"where", 1, NULL, 'w'},
						{"delay", 1, NULL, 'l'},  {"sector", 1, NULL, 'a'},	 {"vec", 1, NULL, 'v'},   {0}};
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (o) {
		case 's': a->seconds = atof(optarg); break;
		case 'p': a->share = atof(optarg); break;
		case 'b': a->bytes = strtoull(optarg, NULL, 10); break;
		case 't': a->tasks = (unsigned)atoi(optarg); break;
		case 'd': a->path = optarg; break;
		case 'c': a->cpu = atoi(optarg); break;
		case 'n': a->times = (unsigned)atoi(optarg); break;
		case 'a': a->sector = strtoull(optarg, NULL, 10); break;
		case 'w': a->where = optarg; break;
		case 'v': a->vec = atoi(optarg); break;
		case 'l': a->delay = atof(optarg); break;
		default: return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(faults); i++) {
		struct fault_args a = faults[i].defaults;
		if (streq(faults[i].name, argv[1]))
			return parse(argc - 1, argv + 1, &a) ? faults[i].run(&a) : 2;
	}
	return list();
}
