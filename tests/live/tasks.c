/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/tasks.h"
#include "engine/base/io.h"
#include "engine/source/tasks_proc.h"
#include "snapshot/symbol/kallsyms.h"
#include "tests/live/live.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

/* A task in D state: the parent of a vfork() whose child waits for our end of the pipe to close. */
static pid_t spawn_blocked(int *ret_release)
{
	int pipe_fds[2];
	assert_int_equal(pipe(pipe_fds), 0);
	pid_t parent = fork();
	if (parent == 0) {
		char c;
		close(pipe_fds[1]);
		if (vfork() == 0) {
			(void)!read(pipe_fds[0], &c, 1);
			_exit(0);
		}
		_exit(0);
	}
	close(pipe_fds[0]);
	*ret_release = pipe_fds[1];
	return parent;
}

static bool find_row(int fd, pid_t pid, size_t row_bytes, void *ret)
{
	_cleanup_close_ int iterator = fd;
	_cleanup_buf_ struct buf rows = {0};
	assert_true(fd >= 0);
	assert_int_equal(io_read_all(iterator, 64 << 20, &rows), 0);
	assert_int_equal(rows.len % row_bytes, 0);
	for (size_t at = 0; at < rows.len; at += row_bytes) {
		const struct task_row *row = (const void *)(rows.data + at);
		if (row->pid != (uint32_t)pid)
			continue;
		memcpy(ret, row, row_bytes);
		return true;
	}
	return false;
}

/* One that is on its way to sleep is in D state too, but on a CPU yet: it has no stack to be seen. */
static bool has_blocked(struct tasks *t, pid_t pid, struct task_stack *ret)
{
	return find_row(tasks_stacks_fd(t, /* only_d= */ true), pid, sizeof(*ret), ret) && ret->n_frames;
}

static bool stack_has(const struct task_stack *s, const char *function)
{
	_cleanup_close_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct kallsyms *symbols = NULL;
	bool found = false;
	assert_int_equal(kallsyms_load(proc, &symbols), 0);
	for (uint32_t i = 0; i < s->n_frames; i++) {
		char text[128];
		found |= strstr(kallsyms_format(symbols, s->stack[i], text, sizeof(text)), function) != NULL;
	}
	kallsyms_free(symbols);
	return found;
}

static void a_task_blocked_in_vfork_is_in_d_state_with_its_stack(void **state)
{
	struct tasks *t = *state;
	struct task_stack s = {0};
	int release;
	pid_t pid = spawn_blocked(&release);
	while (!has_blocked(t, pid, &s) && waitpid(pid, NULL, WNOHANG) == 0)
		sched_yield();
	close(release);
	waitpid(pid, NULL, 0);
	assert_int_equal(s.task.pid, pid);
	assert_int_equal(s.task.ppid, getpid());
	assert_true(s.task.state & TASK_STATE_UNINTERRUPTIBLE);
	assert_true(s.n_frames > 3);
	for (uint32_t i = s.n_frames; i < ARRAY_SIZE(s.stack); i++)
		assert_int_equal(s.stack[i], 0);
	assert_true(stack_has(&s, "vfork"));
}

static void a_row_tells_what_proc_tells_of_the_same_task(void **state)
{
	struct task_row by_bpf, by_proc;
	assert_true(find_row(tasks_rows_fd(*state), getpid(), sizeof(by_bpf), &by_bpf));
	assert_true(find_row(tasks_proc_fd("/proc", TASKS_PROC_ROWS), getpid(), sizeof(by_proc), &by_proc));
	assert_string_equal(by_bpf.comm, by_proc.comm);
	assert_int_equal(by_bpf.tgid, by_proc.tgid);
	assert_int_equal(by_bpf.ppid, by_proc.ppid);
	assert_int_equal(by_bpf.flags, by_proc.flags);
	assert_int_equal(by_bpf.cgroup_id, by_proc.cgroup_id);
	assert_int_equal(by_bpf.start_ns / 10000000, by_proc.start_ns / 10000000);
	assert_in_range(by_bpf.rss_bytes, by_proc.rss_bytes / 2, by_proc.rss_bytes * 2);
	assert_in_range(by_bpf.anon_bytes, by_proc.anon_bytes / 4, by_proc.anon_bytes * 4);
}

/* A file system in memory accounts nothing, and then both say so. */
static void bytes_written_are_those_that_proc_counts(void **state)
{
	char path[] = "/var/tmp/tracetrap-live-XXXXXX";
	static char block[1 << 20];
	struct task_row by_bpf, by_proc;
	_cleanup_close_ int fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(io_write(fd, block, sizeof(block)), 0);
	assert_true(find_row(tasks_rows_fd(*state), getpid(), sizeof(by_bpf), &by_bpf));
	assert_true(find_row(tasks_proc_fd("/proc", TASKS_PROC_ROWS), getpid(), sizeof(by_proc), &by_proc));
	assert_int_equal(by_bpf.write_bytes, by_proc.write_bytes);
	assert_int_equal(by_bpf.read_bytes, by_proc.read_bytes);
}

static void iterators_do_not_outlive_an_exec(void **state)
{
	_cleanup_close_ int fd = tasks_rows_fd(*state);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static int open_tasks(void **state)
{
	return tasks_open("/proc", (struct tasks **)state);
}

static int close_tasks(void **state)
{
	tasks_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_blocked_in_vfork_is_in_d_state_with_its_stack),
		cmocka_unit_test(a_row_tells_what_proc_tells_of_the_same_task),
		cmocka_unit_test(bytes_written_are_those_that_proc_counts),
		cmocka_unit_test(iterators_do_not_outlive_an_exec),
	};
	struct tasks *t;
	live_require(geteuid() == 0, "not root");
	live_require(tasks_open("/proc", &t) == 0 && tasks_by_bpf(t), "no BPF task iterator");
	tasks_close(t);
	return cmocka_run_group_tests(tests, open_tasks, close_tasks);
}
