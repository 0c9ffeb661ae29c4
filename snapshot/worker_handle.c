/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/wire.h"
#include "snapshot/worker.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define SOCKET_IN_WORKER 3
#define REAP_MS 20

struct worker {
	pid_t pid;
	struct worker_family family;
	int socket;
	bool over; /* the last report was given */
};

int worker_adopt(pid_t pid, int socket, struct worker **ret)
{
	struct worker *w = malloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct worker){.pid = pid, .socket = socket, .family.worker = pid};
	*ret = w;
	return 0;
}

/* Its own process group, so that a terminal's Ctrl-C reaches the daemon alone and the daemon decides. Born with the signal
 * blocked that it will ignore: one that comes before it gets to that must not end it. */
static int spawn_attributes(posix_spawnattr_t *attr)
{
	sigset_t term, all;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigfillset(&all);
	posix_spawnattr_init(attr);
	posix_spawnattr_setsigmask(attr, &term);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setpgroup(attr, 0);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

static int spawn(int socket, pid_t *ret_pid)
{
	char *const argv[] = {"tracetrap", "worker", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, socket, SOCKET_IN_WORKER);
	spawn_attributes(&attr);
	int r = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -r;
}

int worker_spawn(struct worker **ret)
{
	int ends[2];
	int r = wire_pair(ends);
	if (r < 0)
		return r;
	_cleanup_close_ int mine = ends[0], theirs = ends[1];
	pid_t pid;
	r = spawn(theirs, &pid);
	if (r < 0)
		return r;
	r = worker_adopt(pid, mine, ret);
	if (r == 0)
		(void)take_fd(mine);
	return r;
}

pid_t worker_pid(const struct worker *w)
{
	return w->pid;
}

int worker_fd(const struct worker *w)
{
	return w->socket;
}

int worker_start(struct worker *w, const struct plan *plan, const int fds[CAPTURE_FD_MAX_])
{
	_cleanup_free_ char *text = plan_json(plan);
	if (!text)
		return -ENOMEM;
	_cleanup_close_ int text_fd = wire_text("plan", text);
	if (text_fd < 0)
		return text_fd;
	struct wire_request request = {.kind = WIRE_START, .absent = wire_absent(fds)};
	return wire_send_capture(w->socket, &request, sizeof(request), text_fd, fds, MSG_DONTWAIT);
}

int worker_join(struct worker *w, const struct join *join)
{
	_cleanup_free_ char *text = join_json(join);
	if (!text)
		return -ENOMEM;
	_cleanup_close_ int text_fd = wire_text("join", text);
	if (text_fd < 0)
		return text_fd;
	struct wire_request request = {.kind = WIRE_JOIN};
	return wire_send(w->socket, &request, sizeof(request), &text_fd, 1, MSG_DONTWAIT);
}

int worker_truth(struct worker *w, uint64_t first_ns, uint64_t last_ns)
{
	struct wire_request request = {.kind = WIRE_TRUTH, .truth = {first_ns, last_ns}};
	return wire_send(w->socket, &request, sizeof(request), NULL, 0, MSG_DONTWAIT);
}

int worker_end(struct worker *w)
{
	struct wire_request request = {.kind = WIRE_END};
	return wire_send(w->socket, &request, sizeof(request), NULL, 0, MSG_DONTWAIT);
}

/* The worker's end of the socket closed before it said that it was done. */
static int read_death(struct worker *w, struct worker_report *ret)
{
	struct worker_report report = {.kind = WORKER_FAILED, .error = -ECHILD, .t_ns = clock_now(CLOCK_MONOTONIC)};
	w->over = true;
	*ret = report;
	return 0;
}

static int receive(struct worker *w, struct worker_report *ret)
{
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
	int r;
	while ((r = wire_receive(w->socket, ret, sizeof(*ret), fds, &n_fds, MSG_DONTWAIT)) == 0 && ret->kind == WORKER_CHILD)
		w->family.children[w->family.n_children++ % WORKER_CHILDREN_MAX] = ret->pid;
	return r;
}

const struct worker_family *worker_family(const struct worker *w)
{
	return &w->family;
}

bool worker_family_has(const struct worker_family *f, pid_t pid)
{
	for (size_t i = 0; i < MIN(f->n_children, (size_t)WORKER_CHILDREN_MAX); i++)
		if (f->children[i] == pid)
			return true;
	return f->worker && (pid == f->worker || getpgid(pid) == f->worker);
}

int worker_read(struct worker *w, struct worker_report *ret)
{
	struct worker_report report;
	if (w->over)
		return -ECHILD;
	int r = receive(w, &report);
	if (r == -EPIPE)
		return read_death(w, ret);
	if (r < 0)
		return r;
	w->over = report.kind != WORKER_EXTENT;
	report.member[sizeof(report.member) - 1] = '\0';
	*ret = report;
	return 0;
}

/* A killed process is gone within microseconds, unless it is stuck in D state. */
static void reap(pid_t pid)
{
	_cleanup_close_ int pidfd = pidfd_open(pid, 0);
	struct pollfd gone = {.fd = pidfd, .events = POLLIN};
	if (pidfd >= 0)
		poll(&gone, 1, REAP_MS);
	waitpid(pid, NULL, WNOHANG);
}

struct worker *worker_free(struct worker *w)
{
	if (!w)
		return NULL;
	close(w->socket);
	kill(w->pid, SIGKILL);
	reap(w->pid);
	free(w);
	return NULL;
}
