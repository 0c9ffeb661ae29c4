/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/kmsg.h"

#include "snapshot/collect/collectors.h"

#include <poll.h>

#define LOOK_NS (250 * NS_PER_MS) /* whether the window has been ended early */

void kmsg_filter_end(struct kmsg_filter *f, FILE *to)
{
	if (f->letter)
		fprintf(to, "# %u lines of a dump without an end are in sysrq/%c.txt, as far as it was read\n", f->lines, f->letter);
	f->letter = 0;
}

static void see_mark(struct kmsg_filter *f, FILE *to, const struct kmsg_record *r)
{
	char letter;
	enum kmsg_mark mark = kmsg_mark_of(r, &letter);
	if (mark == KMSG_NO_MARK || !kmsg_mark_is_of(r, f->id))
		return;
	if (mark == KMSG_END && letter == f->letter) {
		fprintf(to, "# %u lines are in sysrq/%c.txt\n", f->lines, f->letter);
		f->letter = 0;
	}
	kmsg_filter_end(f, to);
	if (mark == KMSG_BEGIN)
		*f = (struct kmsg_filter){.id = f->id, .letter = letter, .until_us = r->t_us + KMSG_DUMP_NS / NS_PER_US};
}

void kmsg_filter_print(struct kmsg_filter *f, FILE *to, const struct kmsg_record *r)
{
	if (r->t_us > f->until_us)
		kmsg_filter_end(f, to);
	see_mark(f, to, r);
	if (f->letter && r->facility == 0)
		f->lines++;
	else
		kmsg_print(to, r);
}

/* False when the window is over. */
static bool wait_for_more(const struct collect *c, int fd)
{
	uint64_t now = clock_now(CLOCK_MONOTONIC), until = collect_until_ns(c);
	if (now >= until)
		return false;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	poll(&p, 1, (int)(MIN(until - now, LOOK_NS) / NS_PER_MS) + 1);
	return true;
}

static int follow(const struct collect *c, struct kmsg *k, FILE *to)
{
	struct kmsg_filter filter = {.id = collect_plan(c)->id};
	struct kmsg_record r;
	int more;
	do {
		while ((more = kmsg_next(k, &r)) > 0)
			kmsg_filter_print(&filter, to, &r);
		fflush(to);
	} while (more == 0 && wait_for_more(c, k->fd));
	kmsg_filter_end(&filter, to);
	return more;
}

int collect_kmsg(struct collect *c)
{
	struct kmsg *k = malloc(sizeof(*k));
	int r = k ? kmsg_open(k, collect_proc_dirfd(c), /* at_end= */ false) : -ENOMEM;
	FILE *to = r < 0 ? NULL : collect_open(c, "kmsg.txt");
	if (r < 0 || !to) {
		free(k);
		return r;
	}
	fprintf(to, "# sequence number [seconds since boot] facility.level text\n");
	r = follow(c, k, to);
	if (r < 0)
		collect_close(c, MEMBER_FAILED, strerror(-r), k->lost);
	else
		collect_close(c, k->lost ? MEMBER_LOSSY : MEMBER_COMPLETE,
			      k->lost ? "the log went round before it was read" : NULL, k->lost);
	kmsg_close(k);
	free(k);
	return 0;
}
