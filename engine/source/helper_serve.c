/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "engine/source/helper.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>

static const helper_fn fns[HELPER_KINDS] = {[HELPER_CGROUPS] = helper_cgroups, [HELPER_MOUNTS] = helper_mounts};

struct channel {
	int fd;
	helper_fn fn;
	const char *proc_root, *sys_root;
};

/* A descriptor is kept open for each file of each cgroup. */
static void raise_file_limit(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = MIN(l.rlim_max, (rlim_t)65536);
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* Head and rows in one write: whoever finds the socket readable finds all of a small answer. */
static int answer(int fd, uint32_t seq, struct buf *rows)
{
	struct helper_answer a = {(uint32_t)(rows->len - sizeof(a)), seq};
	memcpy(rows->data, &a, sizeof(a));
	return io_write(fd, rows->data, rows->len);
}

/* Waits by poll(), not in read(): there, room that the daemon makes in its own queue would wake us as well. */
static bool next_question(int fd, struct helper_question *ret)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return false;
	return read(fd, ret, sizeof(*ret)) == sizeof(*ret);
}

static void *serve_channel(void *ctx)
{
	const struct channel *c = ctx;
	void *state = NULL;
	_cleanup_buf_ struct buf rows = {0};
	struct helper_question q;
	while (next_question(c->fd, &q)) {
		static const struct helper_answer later;
		buf_clear(&rows);
		buf_add(&rows, &later, sizeof(later));
		c->fn(&state, c->proc_root, c->sys_root, q.flags, &rows);
		if (rows.failed || answer(c->fd, q.seq, &rows) < 0)
			break;
	}
	_exit(0); /* nobody asks any more; the other thread may be stuck and is not waited for */
}

int helper_serve(const int fd[HELPER_KINDS], const char *proc_root, const char *sys_root)
{
	struct channel channel[HELPER_KINDS];
	pthread_attr_t attr;
	pthread_t thread;
	raise_file_limit();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	for (unsigned k = 0; k < HELPER_KINDS; k++) {
		channel[k] = (struct channel){fd[k], fns[k], proc_root, sys_root};
		if (k && pthread_create(&thread, &attr, serve_channel, &channel[k]) != 0)
			return 1;
	}
	serve_channel(&channel[0]);
	return 0;
}
