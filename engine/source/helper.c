/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/helper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static bool is_tracetrap(void)
{
	char path[512] = "";
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *base = n > 0 ? strrchr(path, '/') : NULL;
	return base && starts_with(base, "/tracetrap");
}

_noreturn_ static void become(const int fd[HELPER_KINDS], const struct env *env, pid_t parent)
{
	char number[HELPER_KINDS][16];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	if (!is_tracetrap())
		_exit(helper_serve(fd, env->proc_root, env->sys_root));
	for (unsigned k = 0; k < HELPER_KINDS; k++) {
		fcntl(fd[k], F_SETFD, 0);
		snprintf(number[k], sizeof(number[k]), "%d", fd[k]);
	}
	char *argv[] = {"tracetrap", "helper", number[HELPER_CGROUPS], number[HELPER_MOUNTS],
			(char *)env->proc_root, (char *)env->sys_root, NULL};
	execv("/proc/self/exe", argv);
	_exit(127);
}

static void close_channels(struct helper *h)
{
	for (unsigned k = 0; k < HELPER_KINDS; k++) {
		struct helper_channel *c = &h->channel[k];
		close_fd(&c->fd);
		c->fd = -1;
		c->waiting = false;
	}
}

static int open_channels(struct helper *h, int ret_far[HELPER_KINDS])
{
	for (unsigned k = 0; k < HELPER_KINDS; k++)
		ret_far[k] = -1;
	for (unsigned k = 0; k < HELPER_KINDS; k++) {
		int pair[2];
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
			return -errno;
		h->channel[k].fd = pair[0];
		ret_far[k] = pair[1];
	}
	return 0;
}

static int spawn(struct helper *h, const struct env *env)
{
	int far[HELPER_KINDS];
	pid_t parent = getpid(), pid = -1;
	h->spawned_ns = env->now_ns;
	int r = open_channels(h, far);
	if (r >= 0) {
		pid = fork();
		if (pid == 0) {
			close_channels(h); /* else we would never see that the daemon closed its ends */
			become(far, env, parent);
		}
		r = pid < 0 ? -errno : 0;
	}
	for (unsigned k = 0; k < HELPER_KINDS; k++)
		close_fd(&far[k]);
	if (r < 0)
		close_channels(h);
	h->pid = pid > 0 ? pid : 0;
	return r;
}

static void bury(struct helper *h)
{
	close_channels(h);
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		/* One stuck in the kernel is left behind; init reaps it after us. */
		waitpid(h->pid, NULL, WNOHANG);
	}
	h->pid = 0;
}

struct helper *helper_get(struct env *env)
{
	if (env->helper)
		return env->helper;
	struct helper *h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	for (unsigned k = 0; k < HELPER_KINDS; k++)
		h->channel[k].fd = -1;
	int r = spawn(h, env);
	if (r < 0) {
		helper_free(h);
		errno = -r;
		return NULL;
	}
	return env->helper = h;
}

void helper_ask(struct helper *h, const struct env *env, enum helper_kind kind, uint32_t flags)
{
	struct helper_channel *c = &h->channel[kind];
	if (!h->pid && env->now_ns >= h->spawned_ns + HELPER_RESPAWN_NS)
		spawn(h, env);
	if (!h->pid || c->waiting)
		return;
	struct helper_question q = {++c->seq, flags};
	if (send(c->fd, &q, sizeof(q), MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof(q)) {
		bury(h);
		return;
	}
	buf_clear(&c->in);
	c->waiting = true;
}

bool helper_is_late(const struct helper *h, enum helper_kind kind)
{
	return !h->pid || h->channel[kind].waiting;
}

static bool is_whole(const struct helper_channel *c, struct helper_answer *ret)
{
	if (c->in.len < sizeof(*ret))
		return false;
	memcpy(ret, c->in.data, sizeof(*ret));
	return c->in.len >= sizeof(*ret) + ret->bytes;
}

static ssize_t receive(struct helper_channel *c)
{
	char *to = buf_reserve(&c->in, 65536);
	ssize_t n = to ? recv(c->fd, to, 65536, MSG_DONTWAIT) : -1;
	if (n > 0)
		c->in.len += (size_t)n;
	return n;
}

int helper_take(struct helper *h, enum helper_kind kind, struct cursor *ret)
{
	struct helper_channel *c = &h->channel[kind];
	struct helper_answer a = {0};
	if (!h->pid || !c->waiting)
		return 0;
	ssize_t n;
	while ((n = receive(c)) > 0 && !is_whole(c, &a) && c->in.len <= HELPER_ANSWER_MAX)
		;
	if (n == 0 || c->in.len > HELPER_ANSWER_MAX || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		bury(h);
		return 0;
	}
	if (!is_whole(c, &a) || a.seq != c->seq)
		return 0;
	c->waiting = false;
	*ret = cursor_over(c->in.data + sizeof(a), a.bytes);
	return 1;
}

void helper_add_row(struct buf *rows, const char *name, uint32_t mask, const uint64_t *values)
{
	size_t len = strlen(name);
	buf_add_varint(rows, len);
	buf_add(rows, name, len);
	buf_add_varint(rows, mask);
	for (unsigned i = 0; i < HELPER_COLUMNS_MAX; i++)
		if (mask & 1U << i)
			buf_add_varint(rows, values[i]);
}

bool helper_next_row(struct cursor *c, struct helper_row *ret)
{
	if (!cursor_left(c))
		return false;
	uint64_t len = cursor_varint(c);
	const void *name = len < sizeof(ret->name) ? cursor_bytes(c, len) : NULL;
	if (!name)
		return false;
	memset(ret, 0, sizeof(*ret));
	copy_bytes(ret->name, name, len);
	ret->mask = (uint32_t)cursor_varint(c);
	for (unsigned i = 0; i < HELPER_COLUMNS_MAX; i++)
		if (ret->mask & 1U << i)
			ret->values[i] = cursor_varint(c);
	return !c->bad;
}

struct helper *helper_free(struct helper *h)
{
	if (!h)
		return NULL;
	pid_t pid = h->pid;
	bury(h);
	for (int ms = 0; pid > 0 && ms < 20 && waitpid(pid, NULL, WNOHANG) == 0; ms++)
		usleep(1000);
	for (unsigned k = 0; k < HELPER_KINDS; k++)
		buf_done(&h->channel[k].in);
	free(h);
	return NULL;
}
