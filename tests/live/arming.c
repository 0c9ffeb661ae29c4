/* SPDX-License-Identifier: GPL-2.0-only */
/* Arming over and over, and dying while armed: the kernel is left as it was. */
#include "engine/base/clock.h"
#include "engine/detect/detect.h"
#include "tests/live/live.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define CYCLES	  1000
#define KILLS	  50
#define IDS_MAX	  256
#define ARM_NS	  (100 * NS_PER_MS)
#define GONE_MS	  10000

/* The kernel's ids of a process's programs and links. */
struct objects {
	uint32_t programs[IDS_MAX], links[IDS_MAX];
	size_t n_programs, n_links;
};

static void add_ids(FILE *f, struct objects *o)
{
	char line[128];
	unsigned id;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "link_id: %u", &id) == 1 && o->n_links < IDS_MAX)
			o->links[o->n_links++] = id;
		/* A link's fdinfo names its program too. */
		else if (sscanf(line, "prog_id: %u", &id) == 1 && o->n_programs < IDS_MAX)
			o->programs[o->n_programs++] = id;
	}
}

static void read_objects(struct objects *o)
{
	DIR *dir = opendir("/proc/self/fdinfo");
	*o = (struct objects){0};
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		char path[300];
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", e->d_name);
		_cleanup_fclose_ FILE *f = fopen(path, "re");
		if (f)
			add_ids(f, o);
	}
	closedir(dir);
}

static size_t count_living(const struct objects *o)
{
	size_t n = 0;
	for (size_t i = 0; i < o->n_programs; i++) {
		int fd = bpf_prog_get_fd_by_id(o->programs[i]);
		n += fd >= 0;
		close_fd(&fd);
	}
	for (size_t i = 0; i < o->n_links; i++) {
		int fd = bpf_link_get_fd_by_id(o->links[i]);
		n += fd >= 0;
		close_fd(&fd);
	}
	return n;
}

/* Objects are freed after a grace period. */
static bool are_gone(const struct objects *o)
{
	for (int ms = 0; ms < GONE_MS && count_living(o); ms += 10)
		poll(NULL, 0, 10);
	return count_living(o) == 0;
}

static struct detect *start(void)
{
	struct detect *d;
	assert_int_equal(detect_new(&(struct detect_options){0}, &d), 0);
	assert_int_equal(detect_start(d), 0);
	return d;
}

static bool is_armed_here(const struct detect *d, uint16_t i)
{
	struct detector_status s;
	detect_status(d, i, &s);
	return detector_defs[i].class == DETECTOR_ARMED && s.state != DETECTOR_UNSUPPORTED;
}

static int by_time(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* In turn, each as often as the others. */
static void a_thousand_times_armed_the_kernel_is_as_before(void **state _unused_)
{
	static uint64_t took[CYCLES];
	static struct objects before, during, after;
	struct detect *d = start();
	uint16_t i = 0;
	read_objects(&before);
	for (size_t n = 0; n < CYCLES; i = (uint16_t)((i + 1) % detector_defs_n)) {
		if (!is_armed_here(d, i))
			continue;
		uint64_t begin = clock_now(CLOCK_MONOTONIC);
		assert_int_equal(detect_arm(d, i), 0);
		took[n++] = clock_now(CLOCK_MONOTONIC) - begin;
		if (n == CYCLES)
			read_objects(&during);
		assert_int_equal(detect_disarm(d, i), 0);
	}
	read_objects(&after);
	qsort(took, CYCLES, sizeof(took[0]), by_time);
	printf("arming: median %llu us, 99 %% below %llu us, slowest %llu us\n", (unsigned long long)(took[CYCLES / 2] / 1000),
	       (unsigned long long)(took[CYCLES * 99 / 100] / 1000), (unsigned long long)(took[CYCLES - 1] / 1000));
	assert_true(during.n_links > before.n_links);
	assert_int_equal(after.n_links, before.n_links);
	assert_int_equal(after.n_programs, before.n_programs);
	assert_true(took[CYCLES / 2] < ARM_NS);
	detect_free(d);
	assert_true(are_gone(&during));
}

/* Tells what it holds, and waits to be killed. */
static void arm_all_and_wait(int to)
{
	static struct objects mine;
	struct detect *d = start();
	for (uint16_t i = 0; i < detector_defs_n; i++)
		if (is_armed_here(d, i))
			detect_arm(d, i);
	read_objects(&mine);
	if (write(to, &mine, sizeof(mine)) != sizeof(mine))
		_exit(1);
	for (;;)
		pause();
}

static void killed_while_armed_it_leaves_nothing_behind(void **state _unused_)
{
	static struct objects theirs;
	for (int round = 0; round < KILLS; round++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		pid_t pid = fork();
		if (pid == 0)
			arm_all_and_wait(ends[1]);
		assert_int_equal(read(ends[0], &theirs, sizeof(theirs)), sizeof(theirs));
		assert_true(theirs.n_links > 0 && theirs.n_programs > 0);
		assert_true(count_living(&theirs) > 0);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(ends[0]);
		close(ends[1]);
		assert_true(are_gone(&theirs));
	}
	printf("%d times killed with %zu links and %zu programs\n", KILLS, theirs.n_links, theirs.n_programs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_times_armed_the_kernel_is_as_before),
		cmocka_unit_test(killed_while_armed_it_leaves_nothing_behind),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
