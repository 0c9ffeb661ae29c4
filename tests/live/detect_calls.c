/* SPDX-License-Identifier: GPL-2.0-only */
/* The detectors over what processes ask of the kernel: exec, iotrace, syscall. */
#include "engine/base/clock.h"
#include "engine/detect/detect.h"
#include "tests/live/live.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define DEADLINE_NS (10 * NS_PER_S)

union record {
	struct event h;
	struct event_exec exec;
	struct event_iotrace iotrace;
	struct event_syscall syscall;
	char room[64 * 1024];
};

struct watch {
	uint16_t detector;
	bool (*wanted)(const union record *r, const void *what);
	const void *what;
	union record got; /* the last one wanted */
	uint32_t len;
	unsigned found;
};

static uint16_t detector_named(const char *name)
{
	uint16_t i = 0;
	while (i < detector_defs_n && strcmp(detector_defs[i].name, name) != 0)
		i++;
	assert_true(i < detector_defs_n);
	return i;
}

static struct detect *arm(struct watch *w, const char *name, int64_t threshold)
{
	struct detector_settings settings[32] = {0};
	struct detector_status status;
	struct detect *d;
	w->detector = detector_named(name);
	settings[w->detector] = (struct detector_settings){.threshold = threshold, .rate_per_s = 10000};
	assert_int_equal(detect_new(&(struct detect_options){.settings = settings}, &d), 0);
	assert_int_equal(detect_start(d), 0);
	detect_status(d, w->detector, &status);
	if (status.state == DETECTOR_UNSUPPORTED) {
		printf("unsupported: %s: %s\n", name, status.reason);
		detect_free(d);
		skip();
	}
	printf("%s: %s\n", name, status.hook);
	assert_int_equal(detect_arm(d, w->detector), 0);
	return d;
}

static void keep_wanted(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity _unused_)
{
	struct watch *w = ctx;
	if (detector != w->detector || !w->wanted((const union record *)record, w->what))
		return;
	w->found++;
	w->len = len;
	memset(&w->got, 0, sizeof(w->got));
	memcpy(w->got.room, record, len);
}

static bool wait_for(struct detect *d, struct watch *w)
{
	uint64_t end = clock_now(CLOCK_MONOTONIC) + DEADLINE_NS;
	while (!w->found && clock_now(CLOCK_MONOTONIC) < end) {
		struct pollfd p = {.fd = detect_fd(d), .events = POLLIN};
		poll(&p, 1, 200);
		assert_true(detect_take(d, keep_wanted, w) >= 0);
	}
	return w->found;
}

static bool is_our_call(const union record *r, const void *what)
{
	return r->h.pid == (uint32_t)getpid() && r->syscall.nr == *(const uint32_t *)what;
}

#define RANDOM_BYTES (32 << 20)

static void a_slow_call_is_named_with_its_arguments_and_how_long_it_took(void **state _unused_)
{
	static const uint32_t nr = SYS_getrandom;
	static char room[RANDOM_BYTES];
	static struct watch w = {.wanted = is_our_call, .what = &nr};
	struct detect *d = arm(&w, "syscall", 5 * NS_PER_MS);
	uint64_t begin = clock_now(CLOCK_MONOTONIC);
	ssize_t got = getrandom(room, sizeof(room), GRND_INSECURE);
	uint64_t took = clock_now(CLOCK_MONOTONIC) - begin;
	bool found = wait_for(d, &w);
	detect_free(d);
	assert_true(found);
	assert_int_equal(w.found, 1);
	assert_string_equal(w.got.syscall.name, "getrandom");
	assert_int_equal(w.got.syscall.compat, 0);
	assert_int_equal(w.got.syscall.ret, got);
	assert_int_equal(w.got.syscall.args[0], (uintptr_t)room);
	assert_int_equal(w.got.syscall.args[1], sizeof(room));
	assert_int_equal(w.got.syscall.args[2], GRND_INSECURE);
	assert_in_range(w.got.syscall.duration_ns, took - took / 10, took + took / 10);
	assert_int_equal(w.got.syscall.threshold_ns, 5 * NS_PER_MS);
	assert_int_not_equal(w.got.syscall.stack[0], 0);
}

static bool is_our_read_or_random(const union record *r, const void *what _unused_)
{
	return r->h.pid == (uint32_t)getpid() && (r->syscall.nr == SYS_read || r->syscall.nr == SYS_getrandom);
}

static void a_call_that_was_asked_to_wait_is_no_slow_call(void **state _unused_)
{
	static char room[RANDOM_BYTES];
	static struct watch w = {.wanted = is_our_read_or_random};
	struct detect *d = arm(&w, "syscall", 5 * NS_PER_MS);
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	if (pid == 0) {
		usleep(50000);
		_exit(write(pipes[1], "x", 1) != 1);
	}
	assert_int_equal(read(pipes[0], room, 1), 1);
	waitpid(pid, NULL, 0);
	getrandom(room, sizeof(room), GRND_INSECURE); /* what comes after it tells that it did not come */
	assert_true(wait_for(d, &w));
	detect_free(d);
	assert_int_equal(w.found, 1);
	assert_string_equal(w.got.syscall.name, "getrandom");
}

struct child {
	pid_t pid;
	enum exec_what what;
};

static bool is_of_child(const union record *r, const void *what)
{
	const struct child *c = what;
	return r->h.pid == (uint32_t)c->pid && r->exec.what == c->what;
}

/* The tail of the record, in front of the context. */
static void check_args(const struct watch *w, const char *args)
{
	uint32_t end = w->got.h.context_at ?: w->len;
	assert_int_equal(end - sizeof(struct event_exec), strlen(args));
	assert_memory_equal(&w->got.exec + 1, args, strlen(args));
}

static pid_t run_sleep(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/sleep", "sleep", "0.2", "0.1", NULL);
		_exit(127);
	}
	return pid;
}

static void check_process(const union record *r)
{
	char comm[EVENT_COMM_LEN] = "";
	prctl(PR_GET_NAME, comm);
	assert_int_equal(r->h.tgid, r->h.pid);
	assert_int_equal(r->exec.ppid, getpid());
	assert_string_equal(r->exec.parent_comm, comm);
	assert_int_equal(r->exec.uid, getuid());
	assert_int_not_equal(r->h.task_start_ns, 0);
}

static void a_process_is_told_of_as_it_begins_and_ends(void **state _unused_)
{
	static struct watch w = {.wanted = is_of_child};
	struct detect *d = arm(&w, "exec", 0);
	struct child child = {.pid = run_sleep()};
	w.what = &child;
	for (child.what = EXEC_FORK; child.what <= EXEC_EXIT; child.what++) {
		w.found = 0;
		assert_true(wait_for(d, &w));
		check_process(&w.got);
		check_args(&w, child.what == EXEC_EXEC ? "sleep 0.2 0.1" : "");
	}
	waitpid(child.pid, NULL, 0);
	detect_free(d);
	assert_string_equal(w.got.h.comm, "sleep");
	assert_int_equal(w.got.exec.exit_code, 0);
	assert_int_equal(w.got.exec.exit_signal, 0);
	assert_in_range(w.got.exec.lifetime_ns, 300 * NS_PER_MS, 400 * NS_PER_MS);
}

static void a_process_that_was_killed_tells_the_signal(void **state _unused_)
{
	static struct watch w = {.wanted = is_of_child};
	struct detect *d = arm(&w, "exec", 0);
	struct child child = {.pid = fork(), .what = EXEC_EXIT};
	w.what = &child;
	if (child.pid == 0)
		for (;;)
			pause();
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
	bool found = wait_for(d, &w);
	detect_free(d);
	assert_true(found);
	assert_int_equal(w.got.exec.exit_signal, SIGKILL);
	assert_int_equal(w.got.exec.exit_code, 0);
}

#define WRITE_BYTES (24 << 20)

struct written {
	char path[64];
	struct stat st;
	int fd;
	uint64_t fs_write, disk_write;
};

/* Sums over the seconds that the writing took. */
static bool add_ours(const union record *r, const void *what)
{
	struct written *w = (struct written *)(uintptr_t)what;
	if (r->h.tgid != (uint32_t)getpid() || r->iotrace.file.inode != w->st.st_ino)
		return false;
	w->fs_write += r->iotrace.fs_write_bytes;
	w->disk_write += r->iotrace.disk_write_bytes;
	return w->fs_write >= WRITE_BYTES - WRITE_BYTES / 10;
}

static void create_file(struct written *f)
{
	snprintf(f->path, sizeof(f->path), "/var/tmp/tracetrap-live-%d", getpid());
	f->fd = open(f->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(f->fd >= 0);
	assert_int_equal(fstat(f->fd, &f->st), 0);
}

static void a_files_bytes_are_summed_for_its_writer(void **state _unused_)
{
	static char block[1 << 20];
	static struct watch w = {.wanted = add_ours};
	static struct written f;
	create_file(&f);
	w.what = &f;
	struct detect *d = arm(&w, "iotrace", 1 << 20);
	for (size_t n = 0; n < WRITE_BYTES; n += sizeof(block))
		assert_int_equal(write(f.fd, block, sizeof(block)), sizeof(block));
	fsync(f.fd);
	bool found = wait_for(d, &w);
	detect_free(d);
	close(f.fd);
	unlink(f.path);
	assert_true(found);
	printf("%s: asked %llu, disk %llu\n", w.got.iotrace.file.path, (unsigned long long)f.fs_write,
	       (unsigned long long)f.disk_write);
	assert_in_range(f.fs_write, WRITE_BYTES - WRITE_BYTES / 10, WRITE_BYTES);
	assert_int_equal(w.got.iotrace.file.dev_major, major(f.st.st_dev));
	assert_int_equal(w.got.iotrace.file.dev_minor, minor(f.st.st_dev));
	assert_string_equal(w.got.iotrace.file.path, f.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_call_is_named_with_its_arguments_and_how_long_it_took),
		cmocka_unit_test(a_call_that_was_asked_to_wait_is_no_slow_call),
		cmocka_unit_test(a_process_is_told_of_as_it_begins_and_ends),
		cmocka_unit_test(a_process_that_was_killed_tells_the_signal),
		cmocka_unit_test(a_files_bytes_are_summed_for_its_writer),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
