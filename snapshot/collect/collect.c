/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/channel.h"

#include "engine/base/io.h"
#include "snapshot/bundle/bundle.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define COPY_MAX (UINT64_C(16) << 20)
#define READS_MAX 32

struct mapping {
	void *data;
	size_t len;
};

struct collect {
	int channel;
	const struct collector *collector;
	const struct vocabulary *vocabulary;
	const uint64_t *until_ns;
	struct plan plan;
	int fds[CAPTURE_FD_MAX_];
	int proc_dirfd, sys_dirfd;

	FILE *file; /* the open member's */
	struct channel_message open;
	uint64_t begin_ns;	  /* as collect_begin_ns() said, 0 when it did not */
	uint64_t charged_ns;	  /* CPU time of this process that members before were charged with */
	bool unsaid;		  /* the worker was not told of something */
	struct mapping reads[READS_MAX];
	size_t n_reads;
};

const struct plan *collect_plan(const struct collect *c)
{
	return &c->plan;
}

const struct vocabulary *collect_vocabulary(const struct collect *c)
{
	return c->vocabulary;
}

int collect_fd(const struct collect *c, enum capture_fd which)
{
	return c->fds[which];
}

int collect_proc_dirfd(const struct collect *c)
{
	return c->proc_dirfd;
}

int collect_sys_dirfd(const struct collect *c)
{
	return c->sys_dirfd;
}

uint64_t collect_from_ns(const struct collect *c)
{
	return c->plan.fired_ns > c->plan.before_ns ? c->plan.fired_ns - c->plan.before_ns : 0;
}

uint64_t collect_until_ns(const struct collect *c)
{
	uint64_t planned = c->plan.fired_ns + c->plan.after_ns;
	return c->until_ns ? MIN(planned, __atomic_load_n(c->until_ns, __ATOMIC_RELAXED)) : planned;
}

enum member_state member_state_of_errno(int error)
{
	switch (abs(error)) {
	case EACCES:
	case EPERM:
	case EROFS:
		return MEMBER_DENIED;
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
	case ENOSYS:
	case EOPNOTSUPP:
		return MEMBER_UNSUPPORTED;
	default:
		return MEMBER_FAILED;
	}
}

static int say(struct collect *c, const struct channel_message *m, const int *fd)
{
	int r = wire_send(c->channel, m, sizeof(*m), fd, fd ? 1 : 0, /* flags= */ 0);
	c->unsaid |= r < 0 && m->kind != CHANNEL_OPEN;
	return r;
}

/* CPU time since the last member was closed: what this one cost. */
static uint64_t charge(struct collect *c)
{
	uint64_t total = clock_now(CLOCK_PROCESS_CPUTIME_ID), cost = total - c->charged_ns;
	c->charged_ns = total;
	return cost;
}

static int open_member(struct collect *c, FILE **ret)
{
	_cleanup_close_ int fd = io_memfd("member", 0);
	if (fd < 0)
		return fd;
	_cleanup_fclose_ FILE *file = fdopen(fd, "w");
	if (!file)
		return -ENOMEM;
	int told = take_fd(fd), r = say(c, &c->open, &told);
	if (r == 0)
		*ret = take_ptr(file);
	return r;
}

FILE *collect_open(struct collect *c, const char *member)
{
	if (c->file)
		collect_close(c, MEMBER_FAILED, "left open by its collector", 0);
	c->open = (struct channel_message){.kind = CHANNEL_OPEN, .begin_ns = clock_now(CLOCK_MONOTONIC)};
	c->begin_ns = 0;
	snprintf(c->open.member, sizeof(c->open.member), "%s", member);
	bundle_name_clean(c->open.member);
	int r = open_member(c, &c->file);
	if (r < 0 && member[0] != '.')
		collect_missing(c, c->open.member, MEMBER_FAILED, "no memory file for it: %s", strerror(-r));
	return c->file;
}

static void truncate_state(enum member_state *state, const char **reason)
{
	if (*state == MEMBER_COMPLETE || *state == MEMBER_PARTIAL) {
		*state = MEMBER_TRUNCATED;
		*reason = "larger than a member may be";
	}
}

void collect_close(struct collect *c, enum member_state state, const char *reason, uint64_t lost)
{
	if (!c->file)
		return;
	bool cut = ferror(c->file);
	cut |= fclose(take_ptr(c->file)) != 0;
	if (cut)
		truncate_state(&state, &reason);
	struct channel_message m = c->open;
	m.kind = CHANNEL_CLOSE;
	m.end_ns = clock_now(CLOCK_MONOTONIC);
	m.cpu_ns = charge(c);
	m.lost = lost;
	if (c->begin_ns)
		m.begin_ns = c->begin_ns;
	if (c->begin_ns > collect_from_ns(c) && state == MEMBER_COMPLETE) {
		char late[CLOCK_TEXT_MAX];
		state = MEMBER_PARTIAL;
		snprintf(m.reason, sizeof(m.reason), "begins %s later than asked for",
			 clock_span(c->begin_ns - collect_from_ns(c), late));
	}
	m.state = state;
	if (reason)
		snprintf(m.reason, sizeof(m.reason), "%s", reason);
	say(c, &m, NULL);
}

void collect_begin_ns(struct collect *c, uint64_t begin_ns)
{
	c->begin_ns = begin_ns;
}

void collect_missing(struct collect *c, const char *member, enum member_state state, const char *fmt, ...)
{
	struct channel_message m = {.kind = CHANNEL_MISSING, .state = state, .begin_ns = clock_now(CLOCK_MONOTONIC)};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(m.reason, sizeof(m.reason), fmt, ap);
	va_end(ap);
	snprintf(m.member, sizeof(m.member), "%s", member);
	m.end_ns = m.begin_ns;
	m.cpu_ns = charge(c);
	say(c, &m, NULL);
}

static void missing_errno(struct collect *c, const char *member, const char *path, int error)
{
	collect_missing(c, member, member_state_of_errno(error), "%s: %s", path, strerror(abs(error)));
}

/* 0 at the end of the file, -EFBIG, -errno. */
static int copy_rest(int fd, const void *first, size_t len, FILE *to)
{
	char block[65536];
	uint64_t copied = 0;
	copy_bytes(block, first, len);
	for (ssize_t n = (ssize_t)len; n != 0; n = read(fd, block, sizeof(block))) {
		if (n < 0)
			return -errno;
		fwrite(block, 1, (size_t)n, to);
		copied += (uint64_t)n;
		if (copied > COPY_MAX)
			return -EFBIG;
	}
	return 0;
}

void collect_copy(struct collect *c, int dirfd, const char *path, const char *member)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char first[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, first, sizeof(first));
	if (n < 0) {
		missing_errno(c, member, path, errno);
		return;
	}
	FILE *to = collect_open(c, member);
	if (!to)
		return;
	int r = copy_rest(fd, first, (size_t)n, to);
	if (r == -EFBIG)
		collect_close(c, MEMBER_TRUNCATED, "cut at 16 MiB", 0);
	else
		collect_close(c, r < 0 ? MEMBER_FAILED : MEMBER_COMPLETE, r < 0 ? strerror(-r) : NULL, 0);
}

int collect_read(struct collect *c, const char *member, const void **ret_data, size_t *ret_len)
{
	struct channel_message m = {.kind = CHANNEL_READ};
	struct channel_answer answer;
	int fds[WIRE_FDS_MAX];
	size_t n_fds = 0;
	if (c->n_reads == READS_MAX)
		return -ENOSPC;
	snprintf(m.member, sizeof(m.member), "%s", member);
	int r = say(c, &m, NULL);
	if (r == 0)
		r = wire_receive(c->channel, &answer, sizeof(answer), fds, &n_fds, 0);
	if (r < 0)
		return r;
	if (answer.error < 0 || n_fds == 0)
		return answer.error < 0 ? answer.error : -EBADMSG;
	r = wire_map(fds[0], ret_data, ret_len);
	close(fds[0]);
	if (r == 0 && *ret_len)
		c->reads[c->n_reads++] = (struct mapping){(void *)*ret_data, *ret_len};
	return r;
}

void collect_truth(struct collect *c, uint64_t *ret_first_ns, uint64_t *ret_last_ns)
{
	struct truth_span span = {c->plan.onset_ns, c->plan.fired_ns};
	const void *told;
	size_t len;
	if (collect_read(c, ".truth", &told, &len) == 0 && len == sizeof(span))
		memcpy(&span, told, sizeof(span));
	*ret_last_ns = MIN(span.last_ns, collect_until_ns(c));
	*ret_first_ns = MIN(MAX(span.first_ns, collect_from_ns(c)), *ret_last_ns);
}

int collect_keep(struct collect *c, const char *name, int fd)
{
	struct channel_message m = {.kind = CHANNEL_KEEP, .state = MEMBER_COMPLETE};
	snprintf(m.member, sizeof(m.member), "%s", name);
	return say(c, &m, &fd);
}

static void bound_files(uint64_t max_bytes)
{
	struct rlimit size = {.rlim_cur = max_bytes, .rlim_max = max_bytes}, none = {0};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &size);
	setrlimit(RLIMIT_CORE, &none);
}

static int collect_load(struct collect *c, int plan_fd)
{
	const void *text;
	size_t len;
	int r = wire_map(plan_fd, &text, &len);
	if (r < 0)
		return r;
	r = plan_parse(text, len, &c->plan);
	if (len)
		munmap((void *)text, len);
	if (r < 0)
		return r;
	c->proc_dirfd = open(c->plan.proc_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	c->sys_dirfd = open(c->plan.sys_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static void collect_unload(struct collect *c)
{
	if (c->file)
		collect_close(c, MEMBER_FAILED, "left open by its collector", 0);
	for (size_t i = 0; i < c->n_reads; i++)
		munmap(c->reads[i].data, c->reads[i].len);
	plan_done(&c->plan);
}

int collect_child(int channel, const struct channel_order *order, int plan_fd, const int fds[CAPTURE_FD_MAX_])
{
	struct collect c = {.channel = channel,
			    .collector = order->collector,
			    .vocabulary = order->vocabulary,
			    .until_ns = order->until_ns};
	memcpy(c.fds, fds, sizeof(c.fds));
	bound_files(order->max_bytes);
	int r = collect_load(&c, plan_fd);
	if (r == 0)
		r = c.collector->run(&c);
	if (r < 0)
		missing_errno(&c, c.collector->name, c.collector->name, r);
	collect_unload(&c);
	return c.unsaid;
}
