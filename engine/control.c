/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/control.h"

#include <json-c/json.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/base/log.h"
#include "rules/run/limits.h"

#define CLIENTS_MAX 16
#define ANSWER_MAX (UINT64_C(16) << 20)
#define GROUPS_MAX 256

struct client {
	struct control *owner;
	int fd; /* -1: free */
	struct loop_watch *watch;
	uint64_t since; /* order of arrival */
};

struct control {
	struct engine *engine;
	struct loop *loop;
	int listener;
	char path[108];
	gid_t group; /* CONTROL_GROUP's */
	uint64_t arrivals;
	struct bucket strangers; /* what those without rights may still trigger */
	struct client clients[CLIENTS_MAX];
};

struct answer {
	int32_t error; /* 0 or -errno */
};

static int send_answer(int fd, int error, const struct buf *text)
{
	_cleanup_close_ int file = io_memfd("tracetrap-answer", 0);
	if (file < 0 || io_write(file, buf_str(text), text->len) < 0)
		return -EIO;
	struct answer a = {error};
	struct iovec iov = {&a, sizeof(a)};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.room)};
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static bool in_group(int fd, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(gid_t); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static bool privileged(const struct control *c, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return false;
	return who.uid == 0 || who.uid == geteuid() || (c->group != NO_GROUP && (who.gid == c->group || in_group(fd, c->group)));
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string) ? json_object_get_string(v)
												 : "";
}

static int do_status(struct control *c, struct json_object *request _unused_, struct buf *out)
{
	engine_status_json(c->engine, out);
	return 0;
}

static int do_why(struct control *c, struct json_object *request, struct buf *out)
{
	return engine_why_json(c->engine, text_of(request, "rule"), text_of(request, "entity"), out);
}

static int do_reload(struct control *c, struct json_object *request _unused_, struct buf *out)
{
	return engine_reload(c->engine, out);
}

static int do_trigger(struct control *c, struct json_object *request, struct buf *out)
{
	struct json_object *dry = NULL;
	json_object_object_get_ex(request, "dry_run", &dry);
	return engine_trigger(c->engine, text_of(request, "rule"), text_of(request, "entity"), json_object_get_boolean(dry), out);
}

/* Root and the group are not held back; for all others together a few captures an hour must do. */
static bool stranger_may(struct control *c)
{
	static const struct limit limit = {.burst = 4, .refill_ns = 900 * NS_PER_S};
	struct bucket *bucket = &c->strangers;
	const struct limit *limits = &limit;
	return buckets_take(&bucket, &limits, 1, clock_now(CLOCK_BOOTTIME));
}

static const struct {
	const char *name;
	bool anyone;
	int (*run)(struct control *c, struct json_object *request, struct buf *out);
} verbs[] = {
	{"reload", false, do_reload},
	{"status", false, do_status},
	{"trigger", true, do_trigger},
	{"why", false, do_why},
};

static int answer(struct control *c, int fd, struct json_object *request, struct buf *out)
{
	const char *name = text_of(request, "command");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!streq(verbs[i].name, name))
			continue;
		if (!verbs[i].anyone && !privileged(c, fd)) {
			buf_printf(out, "'%s' is for root and members of the group " CONTROL_GROUP, name);
			return -EACCES;
		}
		if (!privileged(c, fd) && !stranger_may(c)) {
			buf_printf(out, "too many requests by users outside the group " CONTROL_GROUP "; try again in 15 minutes");
			return -EBUSY;
		}
		int r = verbs[i].run(c, request, out);
		if (r == -ENOENT && !out->len)
			buf_printf(out, "there is no rule '%.64s' watching '%.64s'", text_of(request, "rule"),
				   *text_of(request, "entity") ? text_of(request, "entity") : "host");
		return r;
	}
	buf_printf(out, "unknown request '%.64s'", name);
	return -EINVAL;
}

static void hang_up(struct client *k)
{
	k->watch = loop_remove(k->owner->loop, k->watch);
	close(k->fd);
	k->fd = -1;
}

static void client_ready(void *ctx)
{
	struct client *k = ctx;
	char request[CONTROL_REQUEST_MAX + 1];
	ssize_t n = recv(k->fd, request, sizeof(request), MSG_DONTWAIT);
	_cleanup_buf_ struct buf out = {0};
	int r = -EINVAL;
	if (n <= 0) {
		hang_up(k);
		return;
	}
	if (n > CONTROL_REQUEST_MAX) {
		buf_printf(&out, "a request has at most %d bytes", CONTROL_REQUEST_MAX);
	} else {
		request[n] = '\0';
		struct json_object *o = json_tokener_parse(request);
		if (json_object_is_type(o, json_type_object))
			r = answer(k->owner, k->fd, o, &out);
		else
			buf_add_str(&out, "a request is one JSON object");
		json_object_put(o);
	}
	send_answer(k->fd, r, &out);
	hang_up(k);
}

static struct client *free_client(struct control *c)
{
	struct client *oldest = &c->clients[0];
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *k = &c->clients[i];
		if (k->fd < 0)
			return k;
		if (k->since < oldest->since)
			oldest = k;
	}
	hang_up(oldest);
	return oldest;
}

static void listener_ready(void *ctx)
{
	struct control *c = ctx;
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct client *k = free_client(c);
	*k = (struct client){.owner = c, .fd = fd, .since = c->arrivals++};
	k->watch = loop_add(c->loop, fd, client_ready, k);
	if (!k->watch)
		hang_up(k);
}

static int address(const char *run_dir, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	int n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/control.sock", run_dir);
	return n < 0 || (size_t)n >= sizeof(ret->sun_path) ? -ENAMETOOLONG : 0;
}

static int open_listener(struct control *c, const char *run_dir)
{
	struct sockaddr_un a;
	int r = address(run_dir, &a);
	if (r < 0)
		return r;
	if (mkdir(run_dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	_cleanup_close_ int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (probe >= 0 && connect(probe, (struct sockaddr *)&a, sizeof(a)) == 0)
		return -EADDRINUSE;
	unlink(a.sun_path);
	c->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listener < 0 || bind(c->listener, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	snprintf(c->path, sizeof(c->path), "%s", a.sun_path);
	if (chmod(c->path, 0666) < 0 || listen(c->listener, CLIENTS_MAX) < 0)
		return -errno;
	return 0;
}

int control_new(struct engine *engine, struct loop *loop, const char *run_dir, struct control **ret)
{
	struct control *c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct control){.engine = engine, .loop = loop, .listener = -1, .group = io_group(CONTROL_GROUP), .strangers = {.tokens = 4}};
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		c->clients[i].fd = -1;
	int r = open_listener(c, run_dir);
	if (r == 0 && !loop_add(loop, c->listener, listener_ready, c))
		r = -ENOMEM;
	if (r < 0) {
		control_free(c);
		return log_error_errno(r, "cannot listen on '%s/control.sock'%s", run_dir,
				       r == -EADDRINUSE ? " (another daemon does already)" : "");
	}
	*ret = c;
	return 0;
}

struct control *control_free(struct control *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0)
			hang_up(&c->clients[i]);
	if (c->listener >= 0)
		close(c->listener);
	if (*c->path)
		unlink(c->path);
	free(c);
	return NULL;
}

static int receive_answer(int fd, struct buf *ret_answer)
{
	struct answer a = {-EPROTO};
	struct iovec iov = {&a, sizeof(a)};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.room)};
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *h = n == sizeof(a) ? CMSG_FIRSTHDR(&m) : NULL;
	if (!h || h->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	_cleanup_close_ int file = -1;
	memcpy(&file, CMSG_DATA(h), sizeof(file));
	if (lseek(file, 0, SEEK_SET) < 0)
		return -errno;
	int r = io_read_all(file, ANSWER_MAX, ret_answer);
	return r < 0 ? r : a.error;
}

int control_ask(const char *run_dir, const char *request, struct buf *ret_answer)
{
	struct sockaddr_un a;
	int r = address(run_dir, &a);
	if (r < 0)
		return r;
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct timeval patience = {.tv_sec = 5};
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return errno == ENOENT ? -ECONNREFUSED : -errno;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -errno;
	return receive_answer(fd, ret_answer);
}
