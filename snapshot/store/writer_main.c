/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/journal.h"
#include "snapshot/store/outgoing.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "snapshot/wire.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define STORE_GROUP "tracetrap" /* may read incidents */
#define STATE_BYTES_MAX (UINT64_C(16) << 20)
#define LOG_LINE_MAX 65536
#define ROOM_EVERY_NS (3600 * NS_PER_S) /* the bounds are looked at when nothing is published; more often only */
#define ROOM_LEAST_NS (100 * NS_PER_MS) /* where less than that is kept */

struct writing {
	int socket;
	int store, state; /* directories */
	gid_t group;	  /* of the store and what is in it; -1: as it comes */
	struct message_options options;
	struct outgoing *bundles;
	struct hours *hours; /* NULL: no history is kept */
	int history_error;   /* as told last */
	int room_error, reserve_error; /* the same */
	uint64_t room_due_ns;
	bool ended; /* the engine is gone */
};

/* A report that does not fit is dropped: the engine reads late or not at all, and must not hold up the disk. */
static void report(struct writing *w, enum writer_report_kind kind, int error, const char *id, const char *tail)
{
	struct writer_report r = {.kind = kind, .error = error, .t_ns = clock_now(CLOCK_MONOTONIC)};
	snprintf(r.id, sizeof(r.id), "%s", id);
	if (snprintf(r.path, sizeof(r.path), "%s/%s%s", w->options.store_dir, id, tail) >= (int)sizeof(r.path))
		r.path[0] = '\0';
	wire_send(w->socket, &r, sizeof(r), NULL, 0, MSG_DONTWAIT);
}

static int report_unusable(struct writing *w, int error, const char *dir)
{
	struct writer_report r = {.kind = WRITER_FAILED, .error = error, .t_ns = clock_now(CLOCK_MONOTONIC)};
	snprintf(r.path, sizeof(r.path), "%s", dir);
	wire_send(w->socket, &r, sizeof(r), NULL, 0, MSG_DONTWAIT);
	return error;
}

/* Each directory of the path is made as needed, 0750. */
static int open_dir(const char *path)
{
	char at[512];
	size_t len = (size_t)snprintf(at, sizeof(at), "%s", path);
	for (size_t i = 1; i <= len; i++) {
		if (at[i] != '/' && at[i] != '\0')
			continue;
		char kept = at[i];
		at[i] = '\0';
		if (mkdir(at, 0750) < 0 && errno != EEXIST && errno != EROFS)
			return -errno;
		at[i] = kept;
	}
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return -errno;
	return take_fd(fd);
}

static struct outgoing *bundle_of(struct writing *w, const char *id)
{
	struct outgoing *o = w->bundles;
	while (o && !streq(o->id, id))
		o = o->next;
	return o;
}

/* A store that others cannot read is still a store. */
static void give_to_group(const struct writing *w, int fd)
{
	if (w->group != NO_GROUP && fchown(fd, (uid_t)-1, w->group) < 0)
		return;
}

static void on_begin(struct writing *w, const char *id, uint64_t max_bytes, int stage)
{
	int error = -EINVAL;
	struct outgoing *o = NULL;
	if (stage >= 0 && bundle_id_ok(id) && !bundle_of(w, id))
		o = outgoing_new(w->store, id, stage, &error);
	else if (stage >= 0)
		close(stage);
	if (!o) {
		report(w, WRITER_FAILED, error, id, "");
		return;
	}
	o->max_bytes = max_bytes;
	give_to_group(w, o->fd);
	struct outgoing **last = &w->bundles;
	while (*last)
		last = &(*last)->next;
	*last = o;
}

static int put_file(struct writing *w, const char *name, const struct buf *text)
{
	char next[BUNDLE_ID_MAX + 16];
	snprintf(next, sizeof(next), ".%s.next", name);
	_cleanup_close_ int fd = openat(w->state, next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	int r = io_write(fd, text->data, text->len);
	if (r < 0)
		return r;
	return fsync(fd) < 0 || renameat(w->state, next, w->state, name) < 0 || fsync(w->state) < 0 ? -errno : 0;
}

static void on_put(struct writing *w, const char *name, int fd)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_close_ int from = fd;
	int r = from < 0 || !bundle_id_ok(name) ? -EINVAL : lseek(from, 0, SEEK_SET) < 0 ? -errno : 0;
	if (r == 0)
		r = io_read_all(from, STATE_BYTES_MAX, &text);
	if (r == 0)
		r = put_file(w, name, &text);
	if (r < 0)
		report(w, WRITER_FAILED, r, name, "");
}

/* What came behind the message or in its memory file. */
static int read_tail(const struct message_tailed *t, size_t len, int fd, size_t max, struct buf *ret)
{
	_cleanup_close_ int from = fd;
	if (from < 0)
		buf_add(ret, t->tail, len);
	else if (lseek(from, 0, SEEK_SET) < 0)
		return -errno;
	return from < 0 ? 0 : io_read_all(from, max, ret);
}

static void on_log(const struct message_tailed *t, size_t len, int fd)
{
	_cleanup_buf_ struct buf line = {0};
	if (read_tail(t, len, fd, LOG_LINE_MAX, &line) == 0)
		io_write(STDERR_FILENO, buf_str(&line), line.len);
}

static void tell_history(struct writing *w, int error)
{
	if (error < 0 && error != w->history_error)
		report(w, WRITER_FAILED, error, HOURS_DIR, "");
	w->history_error = error;
}

static void on_history(struct writing *w, const struct message_tailed *t, size_t len, int fd)
{
	_cleanup_buf_ struct buf bytes = {0};
	int r = read_tail(t, len, fd, HOURLOG_TAIL_MAX, &bytes);
	if (w->hours)
		tell_history(w, r < 0 ? r : hours_append(w->hours, buf_str(&bytes), bytes.len));
}

/* `len` bytes came behind it. */
static void on_message(struct writing *w, struct message_tailed *t, size_t len, int fd)
{
	struct message *m = &t->m;
	m->id[sizeof(m->id) - 1] = '\0';
	struct outgoing *o = bundle_of(w, m->id);
	switch (m->kind) {
	case MESSAGE_BEGIN:
		on_begin(w, m->id, m->bytes, fd);
		return;
	case MESSAGE_PUT:
		on_put(w, m->id, fd);
		return;
	case MESSAGE_LOG:
		on_log(t, len, fd);
		return;
	case MESSAGE_HISTORY:
		on_history(w, t, len, fd);
		return;
	case MESSAGE_EXTENT:
		if (o)
			o->wanted = MAX(o->wanted, m->bytes);
		break;
	case MESSAGE_PUBLISH:
	case MESSAGE_ABANDON:
		if (o) {
			o->has_end = true;
			o->end = (enum message_kind)m->kind;
		}
		break;
	}
	if (fd >= 0)
		close(fd);
}

/* Takes one message of up to `size` bytes; more descriptors than it is due are closed. */
static int receive(struct writing *w, void *ret, size_t size, size_t *ret_len, int flags, int *ret_fd)
{
	int fds[WIRE_FDS_MAX];
	size_t n = 0;
	int r = wire_receive_some(w->socket, ret, size, ret_len, fds, &n, flags);
	for (size_t i = 1; i < n; i++)
		close(fds[i]);
	*ret_fd = n ? fds[0] : -1;
	return r;
}

/* For a message, or until the bounds are due to be looked at. */
static void wait_for_message(const struct writing *w)
{
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	struct pollfd p = {.fd = w->socket, .events = POLLIN};
	if (now < w->room_due_ns)
		poll(&p, 1, (int)((w->room_due_ns - now) / NS_PER_MS) + 1);
}

/* All that are there, so that extents collapse. */
static void take_messages(struct writing *w)
{
	for (;;) {
		struct message_tailed t;
		size_t len = 0;
		int fd = -1, r = receive(w, &t, sizeof(t), &len, MSG_DONTWAIT, &fd);
		if (r == -EPIPE)
			w->ended = true;
		if (r == -EBADMSG)
			continue;
		if (r < 0)
			return;
		if (len >= sizeof(t.m))
			on_message(w, &t, len - sizeof(t.m), fd);
		else
			close_fd(&fd);
	}
}

static void on_evicted(void *ctx, const struct store_row *row)
{
	report(ctx, WRITER_EVICTED, 0, row->id, BUNDLE_SUFFIX);
}

static void tell_room(struct writing *w, int *told, int error, const char *id)
{
	if (error < 0 && error != *told)
		report(w, WRITER_NO_ROOM, error, id, "");
	*told = error;
}

static void make_room(struct writing *w)
{
	uint64_t age = w->options.bounds.max_age_ns;
	uint64_t every = age ? MAX(MIN(age, ROOM_EVERY_NS), ROOM_LEAST_NS) : ROOM_EVERY_NS;
	int r = store_make_room(w->store, w->options.store_dir, &w->options.bounds, on_evicted, w);
	tell_room(w, &w->room_error, r, "");
	w->room_due_ns = clock_now(CLOCK_MONOTONIC) + every;
}

/* When its first bytes are safe: looking at a full store takes its time. */
static void check_reserve(struct writing *w, const struct outgoing *o)
{
	uint64_t rest = o->max_bytes - MIN(o->max_bytes, o->copied);
	if (rest)
		tell_room(w, &w->reserve_error, store_has_room(w->store, w->options.store_dir, &w->options.bounds, rest), o->id);
}

static void publish(struct writing *w, struct outgoing *o)
{
	int r = outgoing_publish(o, w->store);
	if (r < 0) {
		report(w, WRITER_FAILED, r, o->id, BUNDLE_SUFFIX STORE_PARTIAL);
		return;
	}
	journal_add(w->store, "published", o->id, o->copied);
	report(w, WRITER_PUBLISHED, 0, o->id, BUNDLE_SUFFIX);
	make_room(w);
}

/* An error of an extent is not the end: it is tried again with the next, and judged at the publication. */
static void advance(struct writing *w, struct outgoing *o)
{
	bool first = o->copied == 0;
	if (outgoing_copy(o) > 0 && first) {
		report(w, WRITER_FIRST, 0, o->id, BUNDLE_SUFFIX STORE_PARTIAL);
		check_reserve(w, o);
	}
	if (o->has_end && o->end == MESSAGE_PUBLISH)
		publish(w, o);
	else if (o->has_end) {
		journal_add(w->store, "abandoned", o->id, o->copied);
		report(w, WRITER_ABANDONED, 0, o->id, BUNDLE_SUFFIX STORE_PARTIAL);
	}
}

static void advance_all(struct writing *w)
{
	for (struct outgoing **link = &w->bundles; *link;) {
		struct outgoing *o = *link;
		if (o->has_end || o->wanted > o->copied)
			advance(w, o);
		if (!o->has_end) {
			link = &o->next;
			continue;
		}
		*link = o->next;
		outgoing_free(o);
	}
}

/* It must outlive the signals that end the engine, to finish; the end of the socket is what ends it. */
static void stay_alive(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGQUIT};
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

static int start(struct writing *w)
{
	size_t len;
	int fd, r = receive(w, &w->options, sizeof(w->options), &len, 0, &fd);
	if (r < 0 || len != sizeof(w->options))
		return r < 0 ? r : -EBADMSG;
	w->options.store_dir[sizeof(w->options.store_dir) - 1] = '\0';
	w->options.state_dir[sizeof(w->options.state_dir) - 1] = '\0';
	umask(027);
	w->state = open_dir(w->options.state_dir);
	if (w->state < 0)
		return report_unusable(w, w->state, w->options.state_dir);
	w->store = open_dir(w->options.store_dir);
	if (w->store < 0)
		return report_unusable(w, w->store, w->options.store_dir);
	report(w, WRITER_READY, 0, "", "");
	w->group = geteuid() == 0 ? io_group(STORE_GROUP) : NO_GROUP;
	give_to_group(w, w->state);
	give_to_group(w, w->store);
	if (w->options.history)
		tell_history(w, hours_open(w->state, &w->options.history_bounds, w->group, &w->hours));
	return 0;
}

int writer_main(int socket)
{
	struct writing w = {.socket = socket};
	stay_alive();
	if (start(&w) < 0)
		return 1;
	make_room(&w);
	while (!w.ended) {
		wait_for_message(&w);
		take_messages(&w);
		advance_all(&w);
		if (clock_now(CLOCK_MONOTONIC) >= w.room_due_ns)
			make_room(&w);
	}
	for (struct outgoing *o = w.bundles, *next; o; o = next) {
		next = o->next;
		journal_add(w.store, "abandoned", o->id, o->copied);
		outgoing_free(o);
	}
	if (w.hours)
		hours_close(w.hours);
	return 0;
}
