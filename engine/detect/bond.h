/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports of bonds as rtnetlink tells of them, and what changed between two tellings. Pure: messages in, verdicts out; the
 * socket is lacp.c's.
 *
 * In 802.3ad a port carries traffic while it is active and its actor collects and distributes; in every other mode while
 * it is active.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/util.h"

#include <linux/netlink.h>

struct bond_port {
	uint32_t ifindex;
	uint32_t bond_ifindex; /* 0: no port of a bond */
	char name[EVENT_NAME_LEN];
	bool is_ad;    /* 802.3ad */
	bool carries;
	bool link_up; /* as the bond's own monitor sees it */
};

/* The interface that an RTM_NEWLINK or RTM_DELLINK message (of `len` bytes, as received) is about. false when it is
 * another message, is malformed, or is about one side of an interface only (AF_BRIDGE …). After RTM_DELLINK, and for an
 * interface that is no port of a bond, bond_ifindex is 0. */
bool bond_parse_link(const struct nlmsghdr *message, size_t len, struct bond_port *ret);

/* What happened to a port, `after` being NULL when it left its bond. Returns how many of `ret` were written. */
size_t bond_changes(const struct bond_port *before, const struct bond_port *after, enum lacp_change ret[2]);
