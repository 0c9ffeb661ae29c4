/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a collector's child and its worker say to each other. The child announces a member together with its memory file
 * before it writes the first byte, so what is there when the child is killed is not lost.
 *
 *     child ── OPEN name + fd ─ CLOSE state ─▶ worker         MISSING: a ledger line without a file
 *     child ── KEEP name + fd ──▶ worker                      scratch in one message, whether a member is open or not
 *     child ── READ name ──▶ worker ── struct channel_answer [+ fd] ──▶ child
 *
 * A name that begins with '.' is scratch: kept for READ by later collectors, never part of the bundle.
 */
#pragma once

#include "snapshot/collect/collect.h"
#include "snapshot/wire.h"

enum channel_kind { CHANNEL_OPEN = 1, CHANNEL_CLOSE, CHANNEL_MISSING, CHANNEL_READ, CHANNEL_KEEP };

struct channel_message {
	uint32_t kind;
	uint32_t state; /* enum member_state */
	uint64_t begin_ns, end_ns, cpu_ns, lost;
	char member[160], reason[192];
};

struct channel_answer {
	int32_t error; /* 0 with a descriptor, else -errno */
};

/* The worker's order to a waiting child. It is a fork of the worker, so pointers to code and tables hold in both. */
struct channel_order {
	const struct collector *collector;
	const struct vocabulary *vocabulary;
	uint64_t max_bytes; /* of one member */
	const uint64_t *until_ns; /* as in children.h */
	uint32_t absent;    /* as in wire_request */
};

/* What the child does with an order: runs the collector over the plan in plan_fd. Returns the exit status, 0 when the worker
 * was told of all that went wrong. */
int collect_child(int channel, const struct channel_order *order, int plan_fd, const int fds[CAPTURE_FD_MAX_]);

/* The ledger's word for an errno: denied, unsupported or failed. */
enum member_state member_state_of_errno(int error);
