/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One epoll loop over a handful of descriptors. Callbacks never block. A watch stays the loop's until it is removed or the
 * loop is freed; the descriptor stays the caller's. There are no timers: what is due each second rides on the source's wake-ups.
 */
#pragma once

#include "engine/base/util.h"

typedef void (*loop_fn)(void *ctx);

struct loop;
struct loop_watch;

int loop_new(struct loop **ret);

/* NULL when out of memory or epoll refuses. */
struct loop_watch *loop_add(struct loop *l, int fd, loop_fn fn, void *ctx);
/* Safe from inside any callback; takes NULL and returns NULL. */
struct loop_watch *loop_remove(struct loop *l, struct loop_watch *w);

/* Until loop_stop(). 0 or -errno of epoll_wait. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);
struct loop *loop_free(struct loop *l);
