/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The samples of a sliding window in the order of their values, for exact quantiles: a weight-balanced tree whose nodes
 * stand beside the samples' ring, slot for slot. Adding, removing and the k-th cost O(log n) whatever the values are (a
 * bundle's values are foreign: no shape of tree may depend on luck).
 */
#pragma once

#include "rules/run/samples.h"

struct rank_node {
	uint32_t left, right, count; /* slots */
};

struct ranks {
	struct rank_node *nodes;
	uint32_t cap, root;
};

struct ranks *ranks_new(void);
/* Sample seq is the latest of [tail, seq] that are in the window. -ENOMEM. */
int ranks_add(struct ranks *r, const struct samples *s, uint32_t tail, uint32_t seq);
void ranks_remove(struct ranks *r, const struct samples *s, uint32_t seq);
uint32_t ranks_count(const struct ranks *r);
/* The k-th smallest value, k from 0 and less than the count. */
int64_t ranks_value(const struct ranks *r, const struct samples *s, uint32_t k);
struct ranks *ranks_free(struct ranks *r);
