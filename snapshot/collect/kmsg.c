/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/kmsg.h"

#include "snapshot/collect/collectors.h"

#include <poll.h>

/* Dumps we asked for ourselves stand in sysrq/X.txt and are left out here. */
struct dump {
	char letter; /* 0: not inside one */
	unsigned lines;
};

static void print_record(FILE *to, const struct kmsg_record *r, struct dump *dump)
{
	char letter;
	enum kmsg_mark mark = kmsg_mark_of(r, &letter);
	if (mark == KMSG_END && dump->letter) {
		fprintf(to, "# %u lines are in sysrq/%c.txt\n", dump->lines, dump->letter);
		dump->letter = 0;
	}
	if (dump->letter && r->facility == 0) {
		dump->lines++;
		return;
	}
	kmsg_print(to, r);
	if (mark == KMSG_BEGIN)
		*dump = (struct dump){.letter = letter};
}

static int wait_until(int fd, uint64_t until_ns)
{
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	if (now >= until_ns)
		return 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, (int)((until_ns - now) / NS_PER_MS) + 1);
}

static int follow(struct kmsg *k, FILE *to, uint64_t until_ns)
{
	struct dump dump = {0};
	struct kmsg_record r;
	int more;
	do {
		while ((more = kmsg_next(k, &r)) > 0)
			print_record(to, &r, &dump);
		fflush(to);
	} while (more == 0 && wait_until(k->fd, until_ns) > 0);
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
	r = follow(k, to, collect_until_ns(c));
	if (r < 0)
		collect_close(c, MEMBER_FAILED, strerror(-r), k->lost);
	else
		collect_close(c, k->lost ? MEMBER_LOSSY : MEMBER_COMPLETE,
			      k->lost ? "the log went round before it was read" : NULL, k->lost);
	kmsg_close(k);
	free(k);
	return 0;
}
