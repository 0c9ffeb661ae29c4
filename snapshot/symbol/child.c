/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/symbol/child.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "engine/base/clock.h"

/* The sanitizers' run time needs more than the filter allows, and terabytes of address space. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define STUCK_MS 100 /* after SIGKILL; longer means D state */

#if defined(__x86_64__)
#define ARCH_NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH_NATIVE AUDIT_ARCH_AARCH64
#else
#error "no AUDIT_ARCH known for this machine"
#endif

#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* A 32 bit call on a 64 bit kernel has other numbers: 5 is open() there, and fstat() here. */
static int seccomp_confine(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_NATIVE, 1, 0), KILL,
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(read),	     ALLOW(pread64),   ALLOW(write),	  ALLOW(lseek),		ALLOW(close),
		ALLOW(fstat),	     ALLOW(newfstatat), ALLOW(fcntl),	  ALLOW(mmap),		ALLOW(munmap),
		ALLOW(mremap),	     ALLOW(mprotect),  ALLOW(madvise),	  ALLOW(brk),		ALLOW(futex),
		ALLOW(exit),	     ALLOW(exit_group), ALLOW(getrandom), ALLOW(clock_gettime), ALLOW(rt_sigprocmask),
		ALLOW(rt_sigreturn), KILL,
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(filter), .filter = filter};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* A kernel without seccomp says EINVAL: there the limits alone have to do. */
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 && errno != EINVAL ? -errno : 0;
}

static void limit(int which, uint64_t value)
{
	struct rlimit l = {.rlim_cur = value, .rlim_max = value};
	(void)setrlimit(which, &l);
}

static void close_between(int above, int below)
{
	if (above + 1 < below)
		(void)close_range((unsigned)above + 1, (unsigned)below - 1, 0);
}

static int confine(const struct child_bounds *b, int out)
{
	int low = MIN(b->keep_fd, out), high = MAX(b->keep_fd, out);
	close_between(STDERR_FILENO, MAX(low, STDERR_FILENO));
	close_between(MAX(low, STDERR_FILENO), high);
	close_between(high, INT32_MAX);
	limit(RLIMIT_CPU, b->ms / 1000 + 1);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
	if (SANITIZED)
		return 0;
	if (b->max_memory)
		limit(RLIMIT_AS, b->max_memory);
	return seccomp_confine();
}

_noreturn_ static void child_main(child_fn fn, void *ctx, const struct child_bounds *b, int out)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (b->confined && confine(b, out) < 0)
		_exit(1);
	_exit(fn(ctx, out) == 0 ? 0 : 1);
}

/* The milliseconds left, at least 0. */
static int left_ms(uint64_t deadline_ns)
{
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	return now >= deadline_ns ? 0 : (int)((deadline_ns - now) / NS_PER_MS) + 1;
}

/* Reads to the end of what the child writes. 0, -ETIMEDOUT, -EFBIG, -ENOMEM. */
static int output_read(int fd, uint64_t deadline_ns, size_t max, struct buf *output)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int ready = poll(&p, 1, left_ms(deadline_ns));
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return ready < 0 ? -errno : -ETIMEDOUT;
		char *to = buf_reserve(output, 65536);
		if (!to)
			return -ENOMEM;
		ssize_t n = read(fd, to, 65536);
		to[MAX(n, 0)] = '\0';
		if (n == 0)
			return 0;
		if (n > 0)
			output->len += (size_t)n;
		if (output->len > max)
			return -EFBIG;
	}
}

static bool gone_within(int fd, int ms)
{
	_cleanup_buf_ struct buf rest = {0};
	return output_read(fd, clock_now(CLOCK_MONOTONIC) + (uint64_t)ms * NS_PER_MS, SIZE_MAX / 4, &rest) == 0;
}

static int child_end(pid_t pid, int fd, int r)
{
	int status = 0;
	if (r < 0) {
		kill(pid, SIGKILL);
		if (!gone_within(fd, STUCK_MS))
			return r;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r < 0 ? r : WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EBADMSG;
}

int child_run(child_fn fn, void *ctx, const struct child_bounds *bounds, struct buf *ret_output)
{
	uint64_t deadline_ns = clock_now(CLOCK_MONOTONIC) + bounds->ms * NS_PER_MS;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_close_ int in = ends[0];
	pid_t pid = fork();
	if (pid == 0)
		child_main(fn, ctx, bounds, ends[1]);
	int error = errno;
	close(ends[1]);
	if (pid < 0)
		return -error;
	return child_end(pid, in, output_read(in, deadline_ns, bounds->max_output, ret_output));
}
