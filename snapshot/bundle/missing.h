/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a person should know of what is not there, out of a ledger. Members that begin late for the one reason that the
 * daemon had not run any longer are told in one sentence; they miss nothing that anybody had.
 */
#pragma once

#include "snapshot/bundle/ledger.h"

struct missing {
	const struct ledger *ledger;
	uint64_t started_ns, fired_ns, before_ns; /* as the plan and the manifest have them; started_ns 0: not known */
};

/* "the daemon had run for 13.2s only: 5 members begin up to 46.8s later than asked for"; false when there are none. */
bool missing_young(const struct missing *m, struct buf *out);
/* The next line that is neither complete nor told by that sentence; *at begins as 0. NULL at the end. */
const struct ledger_entry *missing_next(const struct missing *m, size_t *at);
