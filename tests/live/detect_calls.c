/* SPDX-License-Identifier: GPL-2.0-only */
/* The detectors over what processes ask of the kernel: exec, iotrace, syscall. */
#include "tests/live/watch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static bool is_our_call(const struct event *record, const void *what)
{
	const struct event_syscall *e = (const void *)record;
	return e->h.pid == (uint32_t)getpid() && e->nr == *(const uint32_t *)what;
}

#define RANDOM_BYTES (32 << 20)

static void a_slow_call_is_named_with_its_arguments_and_how_long_it_took(void **state _unused_)
{
	static const uint32_t nr = SYS_getrandom;
	static char room[RANDOM_BYTES];
	struct watch w = {.detector = detector_named("syscall"), .wanted = is_our_call, .what = &nr};
	struct detect *d = arm_with("syscall", 5 * NS_PER_MS);
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

static bool is_our_read_or_random(const struct event *record, const void *what _unused_)
{
	const struct event_syscall *e = (const void *)record;
	return e->h.pid == (uint32_t)getpid() && (e->nr == SYS_read || e->nr == SYS_getrandom);
}

static void a_call_that_was_asked_to_wait_is_no_slow_call(void **state _unused_)
{
	static char room[RANDOM_BYTES];
	struct watch w = {.detector = detector_named("syscall"), .wanted = is_our_read_or_random};
	struct detect *d = arm_with("syscall", 5 * NS_PER_MS);
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

#if defined(__x86_64__)
#define COMPAT_GETRANDOM 355

/* Entered as 32 bit programs do; a kernel without such calls kills who tries. */
static long getrandom_compat(void *room, unsigned bytes)
{
	long ret = COMPAT_GETRANDOM;
	__asm__ volatile("int $0x80" : "+a"(ret) : "b"(room), "c"(bytes), "d"(GRND_INSECURE) : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static bool is_of_pid(const struct event *record, const void *what)
{
	const struct event_syscall *e = (const void *)record;
	return e->h.pid == (uint32_t)*(const pid_t *)what && e->compat;
}

static void a_32_bit_call_is_told_apart(void **state _unused_)
{
	char *room = mmap(NULL, RANDOM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct watch w = {.detector = detector_named("syscall"), .wanted = is_of_pid};
	struct detect *d = arm_with("syscall", 5 * NS_PER_MS);
	int status = -1;
	assert_ptr_not_equal(room, MAP_FAILED);
	pid_t pid = fork();
	if (pid == 0)
		_exit(getrandom_compat(room, RANDOM_BYTES) != RANDOM_BYTES);
	waitpid(pid, &status, 0);
	w.what = &pid;
	bool found = status == 0 && wait_for(d, &w);
	detect_free(d);
	if (status != 0) {
		printf("unsupported: this kernel has no 32 bit calls\n");
		skip();
	}
	assert_true(found);
	assert_int_equal(w.got.syscall.nr, COMPAT_GETRANDOM);
	assert_string_equal(w.got.syscall.name, "getrandom (32 bit)");
	assert_int_equal(w.got.syscall.args[0], (uintptr_t)room);
	assert_int_equal(w.got.syscall.args[1], RANDOM_BYTES);
	assert_int_equal(w.got.syscall.args[2], GRND_INSECURE);
	assert_int_equal(w.got.syscall.ret, RANDOM_BYTES);
}
#endif

/* What is told of one process, by enum exec_what. */
struct life {
	pid_t pid;
	union watched told[EXEC_EXIT + 1];
};

static bool ends_life(const struct event *record, const void *what)
{
	struct life *l = (struct life *)(uintptr_t)what;
	const struct event_exec *e = (const void *)record;
	if (e->h.pid != (uint32_t)l->pid || e->what > EXEC_EXIT)
		return false;
	memcpy(&l->told[e->what], record, record->size);
	return e->what == EXEC_EXIT;
}

/* The tail of the record, in front of the context. */
static void check_args(const struct event_exec *e, const char *args)
{
	uint32_t end = e->h.context_at ?: e->h.size;
	assert_int_equal(end - sizeof(struct event_exec), strlen(args));
	assert_memory_equal(e + 1, args, strlen(args));
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

static void check_process(const struct event_exec *e)
{
	char comm[EVENT_COMM_LEN] = "";
	prctl(PR_GET_NAME, comm);
	assert_int_equal(e->h.tgid, e->h.pid);
	assert_int_equal(e->ppid, getpid());
	assert_string_equal(e->parent_comm, comm);
	assert_int_equal(e->uid, getuid());
	assert_int_not_equal(e->h.task_start_ns, 0);
}

static void a_process_is_told_of_as_it_begins_and_ends(void **state _unused_)
{
	static struct life life;
	struct watch w = {.detector = detector_named("exec"), .wanted = ends_life, .what = &life};
	struct detect *d = arm_with("exec", 0);
	uint64_t begin = clock_now(CLOCK_MONOTONIC);
	life.pid = run_sleep();
	waitpid(life.pid, NULL, 0);
	uint64_t took = clock_now(CLOCK_MONOTONIC) - begin;
	bool found = wait_for(d, &w);
	detect_free(d);
	assert_true(found);
	for (enum exec_what what = EXEC_FORK; what <= EXEC_EXIT; what++) {
		assert_int_equal(life.told[what].exec.what, what);
		check_process(&life.told[what].exec);
		check_args(&life.told[what].exec, what == EXEC_EXEC ? "sleep 0.2 0.1" : "");
	}
	assert_string_equal(w.got.record.comm, "sleep");
	assert_int_equal(w.got.exec.exit_code, 0);
	assert_int_equal(w.got.exec.exit_signal, 0);
	assert_in_range(w.got.exec.lifetime_ns, 300 * NS_PER_MS, took);
}

static void a_process_that_was_killed_tells_the_signal(void **state _unused_)
{
	static struct life life;
	struct watch w = {.detector = detector_named("exec"), .wanted = ends_life, .what = &life};
	struct detect *d = arm_with("exec", 0);
	life.pid = fork();
	if (life.pid == 0)
		for (;;)
			pause();
	kill(life.pid, SIGKILL);
	waitpid(life.pid, NULL, 0);
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

/* Sums over the seconds that it takes. */
static bool completes_ours(const struct event *record, const void *what)
{
	const struct event_iotrace *e = (const void *)record;
	struct written *w = (struct written *)(uintptr_t)what;
	if (e->h.tgid != (uint32_t)getpid() || e->file.inode != w->st.st_ino)
		return false;
	w->fs_write += e->fs_write_bytes;
	w->disk_write += e->disk_write_bytes;
	return MIN(w->fs_write, w->disk_write) >= WRITE_BYTES - WRITE_BYTES / 10;
}

static void create_file(struct written *f)
{
	*f = (struct written){0};
	snprintf(f->path, sizeof(f->path), "/var/tmp/tracetrap-live-%d", getpid());
	f->fd = open(f->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(f->fd >= 0);
	assert_int_equal(fstat(f->fd, &f->st), 0);
}

static void check_written(const struct written *f, const struct event_iotrace *e)
{
	printf("%s: asked %llu, disk %llu\n", e->file.path, (unsigned long long)f->fs_write, (unsigned long long)f->disk_write);
	assert_in_range(f->fs_write, WRITE_BYTES - WRITE_BYTES / 10, WRITE_BYTES);
	assert_in_range(f->disk_write, WRITE_BYTES - WRITE_BYTES / 10, WRITE_BYTES + WRITE_BYTES / 10);
	assert_int_equal(e->file.dev_major, major(f->st.st_dev));
	assert_int_equal(e->file.dev_minor, minor(f->st.st_dev));
	assert_string_equal(e->file.path, f->path);
}

/* Writes a file, has it put on the disk by `flush`, and holds what is told of it against that. */
static void write_and_flush(int (*flush)(int fd))
{
	static char block[1 << 20];
	static struct written f;
	create_file(&f);
	struct watch w = {.detector = detector_named("iotrace"), .wanted = completes_ours, .what = &f};
	struct detect *d = arm_with("iotrace", 1 << 20);
	for (size_t n = 0; n < WRITE_BYTES; n += sizeof(block))
		assert_int_equal(write(f.fd, block, sizeof(block)), sizeof(block));
	flush(f.fd);
	bool found = wait_for(d, &w);
	detect_free(d);
	close(f.fd);
	unlink(f.path);
	assert_true(found);
	check_written(&f, &w.got.iotrace);
}

static void a_files_bytes_are_summed_for_its_writer(void **state _unused_)
{
	write_and_flush(fsync);
}

/* syncfs() leaves the work to a kernel thread. */
static void what_is_written_back_later_is_summed_for_its_writer(void **state _unused_)
{
	write_and_flush(syncfs);
}

#define FILES_TOO_MANY 9000 /* the kernel's side has 8192 rows */

static void what_finds_no_row_is_counted_as_lost(void **state _unused_)
{
	char folder[] = "/var/tmp/tracetrap-live-XXXXXX", path[64];
	struct detector_status status;
	assert_non_null(mkdtemp(folder));
	struct detect *d = arm_with("iotrace", 1 << 20);
	for (int i = 0; i < FILES_TOO_MANY; i++) {
		snprintf(path, sizeof(path), "%s/%d", folder, i);
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(write(fd, "x", 1), 1);
		close(fd);
	}
	detect_status(d, detector_named("iotrace"), &status);
	detect_free(d);
	for (int i = 0; i < FILES_TOO_MANY; i++) {
		snprintf(path, sizeof(path), "%s/%d", folder, i);
		unlink(path);
	}
	rmdir(folder);
	assert_in_range(status.lost, 500, 1000000);
	assert_int_equal(status.seen, status.events + status.lost + status.limited);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_call_is_named_with_its_arguments_and_how_long_it_took),
		cmocka_unit_test(a_call_that_was_asked_to_wait_is_no_slow_call),
#if defined(__x86_64__)
		cmocka_unit_test(a_32_bit_call_is_told_apart),
#endif
		cmocka_unit_test(a_process_is_told_of_as_it_begins_and_ends),
		cmocka_unit_test(a_process_that_was_killed_tells_the_signal),
		cmocka_unit_test(a_files_bytes_are_summed_for_its_writer),
		cmocka_unit_test(what_is_written_back_later_is_summed_for_its_writer),
		cmocka_unit_test(what_finds_no_row_is_counted_as_lost),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
