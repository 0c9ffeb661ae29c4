/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"
#include "engine/detect/syscall.h"

#include "bpf/syscall.skel.h"

#include <seccomp.h>

/* Calls that wait because they were asked to: for a time, another task, the other end, or all that is to be written. */
static const char *const waiting[] = {
	"accept", "accept4", "clock_nanosleep", "clock_nanosleep_time64", "connect", "epoll_pwait", "epoll_pwait2",
	"epoll_wait", "epoll_wait_old", "exit", "exit_group", "fcntl", "fcntl64", "flock", "futex", "futex_time64",
	"futex_waitv", "io_getevents", "io_pgetevents", "io_pgetevents_time64", "io_uring_enter", "ipc", "mq_timedreceive",
	"mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64", "msgrcv", "msgsnd", "nanosleep", "_newselect", "pause",
	"poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64", "ptrace", "recv", "recvfrom", "recvmmsg",
	"recvmmsg_time64", "recvmsg", "restart_syscall", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64", "select",
	"semop", "semtimedop", "semtimedop_time64", "send", "sendmmsg", "sendmsg", "sendto", "shutdown", "sigsuspend",
	"socketcall", "sync", "syncfs", "vfork", "wait4", "waitid", "waitpid",
};

/* Calls that wait on a pipe, a socket or a terminal, and work on a file. */
static const char *const waiting_unless_file[] = {
	"copy_file_range", "ioctl", "read", "readv", "sendfile", "sendfile64", "splice", "tee", "vmsplice", "write", "writev",
};

static uint32_t arch_of(bool compat)
{
	if (!compat)
		return seccomp_arch_native();
	return seccomp_arch_native() == SCMP_ARCH_AARCH64 ? SCMP_ARCH_ARM : SCMP_ARCH_X86;
}

/* Of the kernel side. */
enum call_kind { CALL_WORKS, CALL_WAITS, CALL_WAITS_UNLESS_FILE, CALL_CLONE, CALL_CLONE3 };

static void mark(struct syscall_bpf *bpf, const char *const *names, size_t n, enum call_kind kind)
{
	for (int compat = 0; compat < 2; compat++)
		for (size_t i = 0; i < n; i++) {
			int nr = seccomp_syscall_resolve_name_arch(arch_of(compat), names[i]);
			if (nr >= 0 && (size_t)nr < ARRAY_SIZE(bpf->rodata->call_kinds[compat]))
				bpf->rodata->call_kinds[compat][nr] = (uint8_t)kind;
		}
}

static int load(struct detector *d)
{
	struct syscall_bpf *bpf = syscall_bpf__open();
	if (!bpf)
		return -errno;
	detector_open(d, bpf);
	mark(bpf, waiting, ARRAY_SIZE(waiting), CALL_WAITS);
	mark(bpf, waiting_unless_file, ARRAY_SIZE(waiting_unless_file), CALL_WAITS_UNLESS_FILE);
	mark(bpf, (const char *const[]){"clone"}, 1, CALL_CLONE);
	mark(bpf, (const char *const[]){"clone3"}, 1, CALL_CLONE3);
	snprintf(d->hook, sizeof(d->hook), "tp_btf/sys_exit");
	return detector_load(d, bpf);
}

void syscall_name(uint32_t nr, bool compat, char *ret_name, size_t size)
{
	_cleanup_free_ char *name = seccomp_syscall_resolve_num_arch(arch_of(compat), (int)nr);
	if (name)
		snprintf(ret_name, size, "%s%s", name, compat ? " (32 bit)" : "");
	else
		snprintf(ret_name, size, "number %u%s", nr, compat ? " (32 bit)" : "");
}

static void finish(struct detector *d _unused_, struct event *record, uint32_t *len _unused_, char *entity _unused_)
{
	struct event_syscall *e = (struct event_syscall *)record;
	syscall_name(e->nr, e->compat, e->name, sizeof(e->name));
}

const struct detector_ops syscall_ops = {.load = load, .finish = finish};
