/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's list of a hash bucket, as the rooms about files and about packets walk it. */
#pragma once

#include "bpf/lib/task.bpf.h"

struct hlist_node {
	struct hlist_node *next;
} CORE;

struct hlist_head {
	struct hlist_node *first;
} CORE;
