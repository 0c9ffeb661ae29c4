/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of each member: the last file of a bundle, and the reason why nothing in it goes missing in silence.
 */
#pragma once

#include "engine/base/buf.h"

#define LEDGER_BYTES_MAX (UINT64_C(16) << 20) /* of ledger.json, for who reads one */

enum member_state {
	MEMBER_COMPLETE,
	MEMBER_PARTIAL,	   /* begins later than intended; begin_ns is true */
	MEMBER_TRUNCATED,  /* cut at a size bound; without a file: left out whole for it */
	MEMBER_LOSSY,	   /* records lost inside; `lost` counts them */
	MEMBER_TIMEOUT,	   /* its collector's deadline came */
	MEMBER_DENIED,	   /* no permission */
	MEMBER_UNSUPPORTED, /* this kernel or machine has no such thing */
	MEMBER_SKIPPED,	   /* a choice: see reason */
	MEMBER_FAILED,
	MEMBER_STATE_MAX_,
};

const char *member_state_name(enum member_state s);
int member_state_of(const char *name); /* -1 */
/* What was there to be taken and is not, or not all of it. What this machine cannot give is no gap, nor is a past that
 * begins later than asked for, because the daemon had not run that long or a ring holds no more. */
bool member_state_is_gap(enum member_state s);

struct ledger_entry {
	char member[160];
	char collector[32];
	enum member_state state;
	char reason[192];
	uint64_t bytes;		 /* uncompressed; 0 when there is no file */
	uint8_t sha256[32];	 /* of those bytes */
	bool present;		 /* there is a file */
	uint64_t begin_ns, end_ns; /* what it covers, CLOCK_MONOTONIC */
	uint64_t cpu_ns;	 /* what taking it cost */
	uint64_t lost;
};

struct ledger_firing {
	char rule[128], entity_kind[16], entity[256];
	uint64_t fired_ns;
};

struct ledger {
	struct ledger_entry *entries;
	size_t n;
	struct ledger_firing *joined;
	size_t n_joined;
	uint64_t first_member_ns; /* when the first evidence was on the stage */
	uint64_t done_ns;
	uint64_t fired_ns;
};

struct ledger_entry *ledger_add(struct ledger *l, const char *member); /* NULL when out of memory */
const struct ledger_entry *ledger_find(const struct ledger *l, const char *member);
int ledger_add_firing(struct ledger *l, const struct ledger_firing *f);

/* ledger.json: {format, fired_ns, first_member_ns, done_ns, joined: […], members: [{member, collector, state, reason, bytes, sha256, …}]} */
int ledger_json(const struct ledger *l, struct buf *out);
int ledger_parse(const char *text, size_t len, struct ledger *ret); /* -EBADMSG */
void ledger_done(struct ledger *l);
