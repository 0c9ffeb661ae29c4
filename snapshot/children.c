/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/children.h"

#include "snapshot/collect/channel.h"

#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define CHILDREN_MAX 24
#define PIDS_MAX 256
#define LEAVE_BEHIND_NS (500 * NS_PER_MS)

struct child {
	pid_t pid; /* 0: free slot */
	int channel, pidfd;
	const struct collector *collector; /* NULL while it waits */
	uint64_t deadline_ns;
	bool killed;
	struct channel_message open; /* kind 0 while no member is open */
	int member_fd;
	uint64_t begin_ns, charged_ns;
};

struct children {
	struct children_options options;
	struct child slots[CHILDREN_MAX];
	struct child *waiting;
	uint32_t pids[PIDS_MAX];
	size_t n_pids;
};

int children_new(const struct children_options *options, struct children **ret)
{
	struct children *all = calloc(1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	all->options = *options;
	*ret = all;
	return 0;
}

/* The stage, members and channels of others: whoever holds one keeps it alive, or can write to it. */
static void close_inherited(int channel)
{
	if (channel > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, (unsigned)channel - 1, 0);
	(void)close_range((unsigned)channel + 1, ~0U, 0);
}

/* The child's side: nothing of the worker's stays open but its own channel. */
static _noreturn_ void child_main(int channel, pid_t worker)
{
	int received[WIRE_FDS_MAX], fds[CAPTURE_FD_MAX_];
	struct channel_order order;
	size_t n;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != worker)
		_exit(1);
	close_inherited(channel);
	if (wire_receive(channel, &order, sizeof(order), received, &n, 0) < 0 || n == 0 ||
	    wire_spread(order.absent, received + 1, n - 1, fds) < 0)
		_exit(1);
	_exit(collect_child(channel, &order, received[0], fds));
}

static struct child *free_slot(struct children *all)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (!all->slots[i].pid)
			return &all->slots[i];
	return NULL;
}

int children_prepare(struct children *all)
{
	int ends[2];
	struct child *slot = free_slot(all);
	if (all->waiting)
		return 0;
	int r = slot ? wire_pair(ends) : -EAGAIN;
	if (r < 0)
		return r;
	_cleanup_close_ int mine = ends[0], theirs = ends[1];
	pid_t worker = getpid(), pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child_main(theirs, worker);
	*slot = (struct child){.pid = pid, .channel = take_fd(mine), .pidfd = pidfd_open(pid, 0), .member_fd = -1};
	all->waiting = slot;
	all->pids[all->n_pids++ % PIDS_MAX] = (uint32_t)pid;
	if (all->options.forked)
		all->options.forked(all->options.ctx, pid);
	return 0;
}

int children_start(struct children *all, const struct collector *collector, uint64_t deadline_ns, int plan_fd,
		   const int fds[CAPTURE_FD_MAX_])
{
	int r = children_prepare(all);
	if (r < 0)
		return r;
	struct child *child = all->waiting;
	struct channel_order order = {.collector = collector,
				      .vocabulary = all->options.vocabulary,
				      .max_bytes = all->options.max_bytes,
				      .until_ns = all->options.until_ns,
				      .absent = wire_absent(fds)};
	r = wire_send_capture(child->channel, &order, sizeof(order), plan_fd, fds, /* flags= */ 0);
	if (r < 0)
		return r;
	child->collector = collector;
	child->begin_ns = clock_now(CLOCK_MONOTONIC);
	child->deadline_ns = deadline_ns;
	all->waiting = NULL;
	return 0;
}

void children_end_window(struct children *all, uint64_t now_ns)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *child = &all->slots[i];
		if (child->pid && child->collector && !child->killed)
			child->deadline_ns = MIN(child->deadline_ns, now_ns + child->collector->deadline_ms * NS_PER_MS);
	}
}

size_t children_running(const struct children *all)
{
	size_t n = 0;
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		n += all->slots[i].pid && all->slots[i].collector;
	return n;
}

const uint32_t *children_pids(const struct children *all, size_t *ret_n)
{
	*ret_n = MIN(all->n_pids, (size_t)PIDS_MAX);
	return all->pids;
}

static struct ledger_entry entry_of(const struct child *child, const struct channel_message *m)
{
	struct ledger_entry e = {.state = m->state < MEMBER_STATE_MAX_ ? m->state : MEMBER_FAILED,
				 .begin_ns = m->begin_ns,
				 .end_ns = m->end_ns,
				 .cpu_ns = m->cpu_ns,
				 .lost = m->lost};
	snprintf(e.member, sizeof(e.member), "%s", m->member);
	snprintf(e.reason, sizeof(e.reason), "%s", m->reason);
	snprintf(e.collector, sizeof(e.collector), "%s", child->collector->name);
	return e;
}

static void member_over(struct children *all, struct child *child, const struct channel_message *m)
{
	struct ledger_entry entry = entry_of(child, m);
	child->charged_ns += m->cpu_ns;
	all->options.member(all->options.ctx, &entry, m->kind == CHANNEL_MISSING ? -1 : child->member_fd);
	if (m->kind == CHANNEL_MISSING)
		return;
	close_fd(&child->member_fd);
	child->member_fd = -1;
	child->open.kind = 0;
}

static void answer_read(struct children *all, struct child *child, const char *member)
{
	_cleanup_close_ int fd = all->options.read(all->options.ctx, member);
	struct channel_answer answer = {.error = fd < 0 ? fd : 0};
	wire_send(child->channel, &answer, sizeof(answer), &fd, fd >= 0, MSG_DONTWAIT);
}

/* Its announcement came without the file, which happens when we have no descriptor left. */
static void lost_file(struct children *all, struct child *child, struct channel_message *m)
{
	m->kind = CHANNEL_MISSING;
	m->state = MEMBER_FAILED;
	snprintf(m->reason, sizeof(m->reason), "its memory file did not reach the worker");
	member_over(all, child, m);
}

static void take_message(struct children *all, struct child *child, struct channel_message *m, int fd)
{
	m->member[sizeof(m->member) - 1] = m->reason[sizeof(m->reason) - 1] = '\0';
	if (m->kind == CHANNEL_OPEN && fd >= 0 && child->member_fd < 0) {
		child->open = *m;
		child->member_fd = fd;
		return;
	}
	if (m->kind == CHANNEL_KEEP && fd >= 0 && m->member[0] == '.') {
		struct ledger_entry entry = entry_of(child, m);
		all->options.member(all->options.ctx, &entry, fd);
	}
	close_fd(&fd);
	if (m->kind == CHANNEL_READ)
		answer_read(all, child, m->member);
	else if (m->kind == CHANNEL_CLOSE && child->member_fd < 0)
		lost_file(all, child, m);
	else if (m->kind == CHANNEL_MISSING || m->kind == CHANNEL_CLOSE)
		member_over(all, child, m);
}

/* 0 when there is nothing more for now, -EPIPE when the child closed its end. */
static int take_messages(struct children *all, struct child *child)
{
	for (;;) {
		int fds[WIRE_FDS_MAX];
		size_t n = 0;
		struct channel_message m;
		int r = wire_receive(child->channel, &m, sizeof(m), fds, &n, MSG_DONTWAIT);
		if (r < 0)
			return r == -EAGAIN ? 0 : r;
		for (size_t i = 1; i < n; i++)
			close(fds[i]);
		take_message(all, child, &m, n ? fds[0] : -1);
	}
}

static void why_ended(const struct child *child, int status, struct channel_message *m)
{
	char span[CLOCK_TEXT_MAX];
	if (child->killed) {
		m->state = MEMBER_TIMEOUT;
		snprintf(m->reason, sizeof(m->reason), "killed at its deadline, %s after it began",
			 clock_span(m->end_ns > m->begin_ns ? m->end_ns - m->begin_ns : 0, span));
	} else if (WIFSIGNALED(status)) {
		snprintf(m->reason, sizeof(m->reason), "the collector died of signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	} else {
		snprintf(m->reason, sizeof(m->reason), "the collector ended before it was done (exit %d)", WEXITSTATUS(status));
	}
}

static void name_line(const struct child *child, struct channel_message *line)
{
	line->kind = CHANNEL_MISSING;
	snprintf(line->member, sizeof(line->member), "%s", child->collector->name);
}

/* What is to be closed in the child's place: its open member, or where there is none a line by the collector's name. */
static struct channel_message leftover(const struct child *child)
{
	struct channel_message m = child->open;
	bool open = child->member_fd >= 0;
	m.kind = CHANNEL_CLOSE;
	m.state = MEMBER_FAILED;
	m.end_ns = clock_now(CLOCK_MONOTONIC);
	if (!open || !m.begin_ns)
		m.begin_ns = child->begin_ns;
	if (!open)
		name_line(child, &m);
	return m;
}

/* Scratch is no member: that it was cut is told by the collector's name as well. */
static void close_leftover(struct children *all, struct child *child, const struct channel_message *m)
{
	struct channel_message line = *m;
	member_over(all, child, m);
	if (m->member[0] != '.')
		return;
	name_line(child, &line);
	line.cpu_ns = 0;
	member_over(all, child, &line);
}

static void retire(struct children *all, struct child *child)
{
	const struct collector *collector = child->collector;
	close(child->channel);
	close_fd(&child->pidfd);
	close_fd(&child->member_fd);
	if (all->waiting == child)
		all->waiting = NULL;
	*child = (struct child){.member_fd = -1};
	if (collector)
		all->options.ended(all->options.ctx, collector);
}

static uint64_t rusage_ns(const struct rusage *u)
{
	return (uint64_t)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * NS_PER_S +
	       (uint64_t)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) * NS_PER_US;
}

static void take_end(struct children *all, struct child *child, int status, uint64_t cpu_ns)
{
	if (child->member_fd < 0 && !child->killed && status == 0)
		return;
	struct channel_message m = leftover(child);
	m.cpu_ns = cpu_ns > child->charged_ns ? cpu_ns - child->charged_ns : 0;
	why_ended(child, status, &m);
	close_leftover(all, child, &m);
}

static void reap(struct children *all, struct child *child)
{
	struct rusage usage = {0};
	int status = 0;
	take_messages(all, child);
	if (wait4(child->pid, &status, WNOHANG, &usage) != child->pid)
		return;
	if (child->collector)
		take_end(all, child, status, rusage_ns(&usage));
	retire(all, child);
}

/* SIGKILL does not end a task in D state: what it wrote is taken, the task stays behind for init. */
static void leave_behind(struct children *all, struct child *child)
{
	take_messages(all, child);
	struct channel_message m = leftover(child);
	m.state = MEMBER_TIMEOUT;
	snprintf(m.reason, sizeof(m.reason), "stuck in the kernel beyond its deadline and SIGKILL (D state): pid %d left behind",
		 (int)child->pid);
	close_leftover(all, child, &m);
	retire(all, child);
}

static void check_deadline(struct children *all, struct child *child, uint64_t now_ns)
{
	if (now_ns < child->deadline_ns)
		return;
	if (child->killed) {
		leave_behind(all, child);
		return;
	}
	kill(child->pid, SIGKILL);
	child->killed = true;
	child->deadline_ns = now_ns + LEAVE_BEHIND_NS;
}

static void check_child(struct children *all, struct child *child, const struct pollfd polled[2], uint64_t now_ns)
{
	if (polled[1].revents)
		reap(all, child);
	else if (polled[0].revents)
		take_messages(all, child);
	if (child->pid && child->collector)
		check_deadline(all, child, now_ns);
}

bool children_wait(struct children *all, int extra_fd, uint64_t until_ns)
{
	struct pollfd polled[1 + 2 * CHILDREN_MAX];
	uint64_t now = clock_now(CLOCK_MONOTONIC), first = until_ns;
	polled[0] = (struct pollfd){.fd = extra_fd, .events = POLLIN};
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		const struct child *child = &all->slots[i];
		bool used = child->pid && child->collector;
		polled[1 + 2 * i] = (struct pollfd){.fd = used && !child->killed ? child->channel : -1, .events = POLLIN};
		polled[2 + 2 * i] = (struct pollfd){.fd = child->pid ? child->pidfd : -1, .events = POLLIN};
		if (used)
			first = MIN(first, child->deadline_ns);
	}
	uint64_t wait_ns = first > now ? MIN(first - now, 3600 * NS_PER_S) : 0;
	struct timespec wait = {.tv_sec = (time_t)(wait_ns / NS_PER_S), .tv_nsec = (long)(wait_ns % NS_PER_S)};
	if (ppoll(polled, ARRAY_SIZE(polled), &wait, NULL) < 0)
		return false;
	now = clock_now(CLOCK_MONOTONIC);
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (all->slots[i].pid)
			check_child(all, &all->slots[i], &polled[1 + 2 * i], now);
	return polled[0].revents != 0;
}

struct children *children_free(struct children *all)
{
	if (!all)
		return NULL;
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *child = &all->slots[i];
		if (!child->pid)
			continue;
		kill(child->pid, SIGKILL);
		close(child->channel);
		close_fd(&child->pidfd);
		close_fd(&child->member_fd);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	free(all);
	return NULL;
}
