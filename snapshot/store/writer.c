/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/message.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "snapshot/wire.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

extern char **environ;

/* What has not been sent yet about one bundle or one state file, in the order they were first spoken of. */
struct pending {
	struct pending *next;
	enum message_kind first;  /* BEGIN or PUT; what follows BEGIN hangs on the same entry */
	char id[BUNDLE_ID_MAX + 1];
	int fd;		       /* to be passed with `first`; -1 once sent */
	uint64_t extent;       /* the latest; 0 when it was sent */
	uint64_t max_bytes;    /* of BEGIN */
	bool has_end;
	enum message_kind end;    /* PUBLISH or ABANDON */
};

struct writer {
	int socket;
	pid_t pid;
	bool ready;
	struct pending *pending;
};

/* Born with the signals blocked that it will ignore: one that comes before it gets to that must not end it. */
static void block_signals(posix_spawnattr_t *attributes)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	posix_spawnattr_setsigmask(attributes, &set);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK);
}

static int spawn(int socket, pid_t *ret)
{
	static char name[] = "tracetrap", command[] = "writer";
	char *argv[] = {name, command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
	block_signals(&attributes);
	int r = posix_spawn(ret, "/proc/self/exe", &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -r;
}

static int send_options(struct writer *w, const struct writer_options *o)
{
	struct message_options wire = {.bounds = o->bounds, .history = o->history};
	if (o->history)
		wire.history_bounds = *o->history;
	if (snprintf(wire.store_dir, sizeof(wire.store_dir), "%s", o->store_dir) >= (int)sizeof(wire.store_dir) ||
	    snprintf(wire.state_dir, sizeof(wire.state_dir), "%s", o->state_dir) >= (int)sizeof(wire.state_dir))
		return -ENAMETOOLONG;
	return wire_send(w->socket, &wire, sizeof(wire), NULL, 0, MSG_DONTWAIT);
}

int writer_spawn(const struct writer_options *options, struct writer **ret)
{
	int pair[2], r = wire_pair(pair);
	if (r < 0)
		return r;
	_cleanup_close_ int theirs = pair[1];
	struct writer *w = calloc(1, sizeof(*w));
	if (!w) {
		close(pair[0]);
		return -ENOMEM;
	}
	w->socket = pair[0];
	r = spawn(theirs, &w->pid);
	if (r == 0)
		r = send_options(w, options);
	if (r < 0)
		writer_free(w);
	else
		*ret = w;
	return r;
}

pid_t writer_pid(const struct writer *w)
{
	return w->pid;
}

int writer_fd(const struct writer *w)
{
	return w->socket;
}

bool writer_backlog(const struct writer *w)
{
	return w->pending;
}

static int tell(struct writer *w, enum message_kind kind, const char *id, uint64_t bytes, int fd)
{
	struct message m = {.kind = kind, .bytes = bytes};
	snprintf(m.id, sizeof(m.id), "%s", id);
	int r = wire_send(w->socket, &m, sizeof(m), &fd, fd >= 0, MSG_DONTWAIT);
	return r == -ETOOMANYREFS ? -EAGAIN : r; /* descriptors in flight are bounded as well */
}

/* Sends what is left of one entry; it can be dropped when 0 comes back. */
static int flush_one(struct writer *w, struct pending *p)
{
	if (p->fd >= 0) {
		int r = tell(w, p->first, p->id, p->max_bytes, p->fd);
		if (r < 0)
			return r;
		close(p->fd);
		p->fd = -1;
		p->extent = p->first == MESSAGE_PUT ? 0 : p->extent;
	}
	if (p->extent) {
		int r = tell(w, MESSAGE_EXTENT, p->id, p->extent, -1);
		if (r < 0)
			return r;
		p->extent = 0;
	}
	return p->has_end ? tell(w, p->end, p->id, 0, -1) : 0;
}

static void drop_first(struct writer *w)
{
	struct pending *p = w->pending;
	w->pending = p->next;
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

int writer_flush(struct writer *w)
{
	while (w->pending) {
		int r = flush_one(w, w->pending);
		if (r < 0)
			return r;
		drop_first(w);
	}
	return 0;
}

static struct pending *pending_for(struct writer *w, const char *id, enum message_kind first)
{
	struct pending **link = &w->pending;
	while (*link && ((*link)->first != first || !streq((*link)->id, id)))
		link = &(*link)->next;
	if (*link)
		return *link;
	struct pending *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	snprintf(p->id, sizeof(p->id), "%s", id);
	p->first = first;
	p->fd = -1;
	return *link = p;
}

static int flush_if_possible(struct writer *w)
{
	int r = writer_flush(w);
	return r == -EAGAIN || r == -EPIPE ? 0 : r;
}

int writer_begin(struct writer *w, const char *id, int stage_fd, uint64_t max_bytes)
{
	if (!bundle_id_ok(id))
		return -EINVAL;
	struct pending *p = pending_for(w, id, MESSAGE_BEGIN);
	if (!p)
		return -ENOMEM;
	if (p->fd >= 0)
		return -EEXIST;
	p->max_bytes = max_bytes;
	p->fd = fcntl(stage_fd, F_DUPFD_CLOEXEC, 0);
	return p->fd < 0 ? -errno : flush_if_possible(w);
}

int writer_extent(struct writer *w, const char *id, uint64_t bytes)
{
	struct pending *p = pending_for(w, id, MESSAGE_BEGIN);
	if (!p)
		return -ENOMEM;
	p->extent = MAX(p->extent, bytes);
	return flush_if_possible(w);
}

static int finish(struct writer *w, const char *id, enum message_kind end)
{
	struct pending *p = pending_for(w, id, MESSAGE_BEGIN);
	if (!p)
		return -ENOMEM;
	p->has_end = true;
	p->end = end;
	return flush_if_possible(w);
}

int writer_publish(struct writer *w, const char *id)
{
	return finish(w, id, MESSAGE_PUBLISH);
}

int writer_abandon(struct writer *w, const char *id)
{
	return finish(w, id, MESSAGE_ABANDON);
}

int writer_put(struct writer *w, const char *name, const char *text, size_t len)
{
	if (!bundle_id_ok(name))
		return -EINVAL;
	_cleanup_close_ int fd = io_memfd("state", 0);
	int r = fd < 0 ? fd : io_write(fd, text, len);
	struct pending *p = r < 0 ? NULL : pending_for(w, name, MESSAGE_PUT);
	if (!p)
		return r < 0 ? r : -ENOMEM;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = take_fd(fd);
	p->extent = len;
	return flush_if_possible(w);
}

static int tell_bytes(struct writer *w, enum message_kind kind, const void *data, size_t len)
{
	struct message_tailed t;
	if (len <= sizeof(t.tail)) {
		t.m = (struct message){.kind = kind, .bytes = len};
		copy_bytes(t.tail, data, len);
		return wire_send(w->socket, &t, sizeof(t.m) + len, NULL, 0, MSG_DONTWAIT);
	}
	_cleanup_close_ int fd = io_memfd("message", 0);
	int r = fd < 0 ? fd : io_write(fd, data, len);
	return r < 0 ? r : tell(w, kind, "", len, fd);
}

int writer_log(struct writer *w, const char *line, size_t len)
{
	return tell_bytes(w, MESSAGE_LOG, line, len);
}

int writer_history(struct writer *w, const struct buf *bytes)
{
	return tell_bytes(w, MESSAGE_HISTORY, bytes->data, bytes->len);
}

int writer_read(struct writer *w, struct writer_report *ret)
{
	int fds[WIRE_FDS_MAX], r;
	size_t n;
	while ((r = wire_receive(w->socket, ret, sizeof(*ret), fds, &n, MSG_DONTWAIT)) == 0 && ret->kind == WRITER_READY)
		w->ready = true;
	if (r == -EPIPE)
		w->ready = false;
	return r;
}

bool writer_is_ready(const struct writer *w)
{
	return w->ready;
}

int writer_wait(struct writer *w, uint64_t timeout_ns, struct writer_report *ret)
{
	uint64_t now, end = clock_now(CLOCK_MONOTONIC) + timeout_ns;
	for (int r; !w->ready && (r = writer_read(w, ret)) != -EPIPE;) {
		struct pollfd p = {.fd = w->socket, .events = POLLIN};
		if (r == 0 && ret->kind == WRITER_FAILED && !*ret->id)
			return ret->error;
		now = clock_now(CLOCK_MONOTONIC);
		if (!w->ready && now >= end)
			return -ETIMEDOUT;
		if (!w->ready && r == -EAGAIN)
			poll(&p, 1, (int)((end - now) / NS_PER_MS) + 1);
	}
	return w->ready ? 0 : -EPIPE;
}

/* What was never sent is lost here: the caller waits for writer_backlog() to end if it can. The process is left to finish;
 * it is reaped only if it has ended. */
struct writer *writer_free(struct writer *w)
{
	if (!w)
		return NULL;
	writer_flush(w);
	while (w->pending)
		drop_first(w);
	close(w->socket);
	if (w->pid > 0)
		waitpid(w->pid, NULL, WNOHANG);
	free(w);
	return NULL;
}
