/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network interfaces as rtnetlink tells of them, and what changed between two tellings. Pure: messages in, verdicts out;
 * the socket is rtnetlink.c's, the table of all links netdev.c's.
 *
 * The carrier is looked at only while an interface is up: what `ip link set down` does to it is no news of its own, so
 * NETDEV_CARRIER_DOWN is always a link that was lost under an interface that is to be up.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/util.h"

#include <linux/netlink.h>

#define LINK_ADDRESS_MAX 32 /* MAX_ADDR_LEN of the kernel; Ethernet has 6, InfiniBand 20 */
#define LINK_CHANGES_MAX 4

struct link_state {
	uint32_t ifindex, flags, mtu, master;
	char name[EVENT_NAME_LEN];
	char kind[EVENT_NAME_LEN]; /* "veth", "bridge"; empty for hardware */
	uint8_t address[LINK_ADDRESS_MAX];
	uint32_t address_len;
};

/* The interface that an RTM_NEWLINK or RTM_DELLINK message (of `len` bytes, as received) is about. false when it is
 * another message, is malformed, or is about one side of an interface only (AF_BRIDGE …). */
bool link_parse(const struct nlmsghdr *message, size_t len, struct link_state *ret);

/* What happened to an interface between two tellings, the deed before its effect. Returns how many of `ret` were written. */
size_t link_changes(const struct link_state *before, const struct link_state *after,
		    enum netdev_change ret[LINK_CHANGES_MAX]);

/* "linkstatus_carrierdown" */
const char *link_change_words(enum netdev_change change);
/* "52:54:00:12:34:56"; empty where it has no address. Returns `text`. */
const char *link_address(const struct link_state *l, char text[3 * LINK_ADDRESS_MAX + 1]);
