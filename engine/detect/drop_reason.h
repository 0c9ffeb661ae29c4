/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel drops packets, in its own words: enum skb_drop_reason out of its BTF. The numbers differ from kernel to
 * kernel, and before 5.17 there are none; then every table is empty and every reason unnamed.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/util.h"

#include <bpf/btf.h>

struct drop_reason {
	uint32_t value;
	char name[EVENT_NAME_LEN]; /* "NETFILTER_DROP": without the prefix that all have */
};

struct drop_reasons {
	struct drop_reason *list; /* by the kernel's order */
	size_t n;
};

/* The number of them, 0 where the kernel has none; -ENOMEM. */
int drop_reasons_read(const struct btf *btf, struct drop_reasons *ret);
void drop_reasons_done(struct drop_reasons *r);

/* -1: the kernel has no such reason. */
int64_t drop_reasons_value(const struct drop_reasons *r, const char *name);

/* "" without reasons; of a subsystem with numbers of its own (the upper 16 bits, mac80211 or openvswitch), or of one that the
 * enum does not have: "SUBSYS_2_17", "REASON_99". */
void drop_reasons_name(const struct drop_reasons *r, uint32_t value, char ret[EVENT_NAME_LEN]);
