/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/loop.h"

#include <sys/epoll.h>

struct loop_watch {
	int fd;
	bool removed;
	loop_fn fn;
	void *ctx;
	struct loop_watch *next;
};

struct loop {
	int epoll;
	bool stop;
	struct loop_watch *watches; /* removed ones are freed between two rounds */
};

int loop_new(struct loop **ret)
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct loop *l = calloc(1, sizeof(*l));
	if (!l || epoll < 0) {
		free(l);
		return epoll < 0 ? -errno : -ENOMEM;
	}
	l->epoll = take_fd(epoll);
	*ret = l;
	return 0;
}

struct loop_watch *loop_add(struct loop *l, int fd, loop_fn fn, void *ctx)
{
	struct loop_watch *w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	*w = (struct loop_watch){.fd = fd, .fn = fn, .ctx = ctx, .next = l->watches};
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = w};
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) < 0) {
		free(w);
		return NULL;
	}
	return l->watches = w;
}

struct loop_watch *loop_remove(struct loop *l, struct loop_watch *w)
{
	if (w && !w->removed) {
		w->removed = true;
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	}
	return NULL;
}

static void sweep(struct loop *l)
{
	for (struct loop_watch **link = &l->watches; *link;) {
		struct loop_watch *w = *link;
		if (!w->removed) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		free(w);
	}
}

static void dispatch(struct loop_watch *w)
{
	if (!w->removed)
		w->fn(w->ctx);
}

int loop_run(struct loop *l)
{
	struct epoll_event events[16];
	while (!l->stop) {
		int n = epoll_wait(l->epoll, events, ARRAY_SIZE(events), -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++)
			dispatch(events[i].data.ptr);
		sweep(l);
	}
	return 0;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	for (struct loop_watch *w = l->watches; w; w = w->next)
		loop_remove(l, w);
	sweep(l);
	close(l->epoll);
	free(l);
	return NULL;
}
