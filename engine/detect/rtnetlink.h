/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A socket that hears of every change of a network interface in its own network namespace. What a message means is
 * bond.c's and link.c's; what to do with it is the detector's.
 *
 * After opening, and again whenever the kernel had to drop news for us, it asks for all links: they come like any other
 * news, marked NLM_F_MULTI, and end in NLMSG_DONE. What changed while news was dropped shows in them.
 */
#pragma once

#include "engine/base/util.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

struct rtnetlink {
	int fd;
	bool asked; /* an answer is under way */
	bool again; /* ask once more behind it */
	bool interrupted; /* links came or went while it was written: it may lack some */
	uint32_t turn; /* of the question, and the sequence number of its answer */
	uint64_t lost; /* how often the kernel dropped news */
	char room[32 * 1024]; /* what the kernel fills at most while it answers */
};

struct detector;

/* 0 or -errno. */
int rtnetlink_open(struct rtnetlink *n);
/* For the `load` of a detector that hears of links and has no BPF: opens `n`, whose descriptor it polls; counts in its own
 * tally. 0, or -errno with the reason set. */
int rtnetlink_load(struct detector *d, struct rtnetlink *n, const char *hook);
/* Asks for all links; the descriptor becomes readable. */
void rtnetlink_ask(struct rtnetlink *n);

/* Each message that is there, of the kernel's alone. Never blocks. */
typedef void (*rtnetlink_fn)(void *ctx, const struct nlmsghdr *message);
void rtnetlink_take(struct rtnetlink *n, rtnetlink_fn fn, void *ctx);
void rtnetlink_close(struct rtnetlink *n);
