/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attributes of a netlink message, one after the other, with every length checked against what is really there. Pure.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/util.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

struct attributes {
	const char *at, *end;
};

struct attribute {
	uint16_t type; /* without the nested flag */
	uint16_t len;
	const char *data; /* not aligned */
};

/* What is behind the head of an RTM_NEWLINK or RTM_DELLINK message of `len` bytes as received. false when it is another
 * message, is malformed, or is about one side of an interface only (AF_BRIDGE …). */
bool attributes_of_link(const struct nlmsghdr *message, size_t len, struct ifinfomsg *ret_link, struct attributes *ret);
/* Those inside of a nested one. */
struct attributes attributes_inside(const struct attribute *a);
/* false at the end, or where the rest is malformed. */
bool attributes_next(struct attributes *a, struct attribute *ret);

/* 0 where the attribute is too short. */
uint8_t attribute_u8(const struct attribute *a);
uint32_t attribute_u32(const struct attribute *a);
/* Cut to `size`; padded with NUL. */
void attribute_text(const struct attribute *a, char *ret, size_t size);
