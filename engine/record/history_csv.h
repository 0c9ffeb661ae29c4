/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 1 Hz tier as text, all series of it: what else happened meanwhile, and further back than the input log reaches.
 *
 *     time,kind,entity,signal,last,least,greatest
 *     2026-11-20T17:23:01.990000000Z,host,host,cpu.sys[%],45.21,2.5,97
 *     2026-11-20T17:23:01.990000000Z,disk,vda,disk.await[s],0.003,,
 *
 * One row a second and series that was read in it; least and greatest stand where they differ from last. Values as in
 * samples_csv.h; names of entities are escaped, and quoted where they have a comma or a quote.
 */
#pragma once

#include "engine/base/vocabulary.h"

#include <stdio.h>

/* `ret_first_ns`: of the first row, 0 where there is none. 0; -EBADMSG: no history of this vocabulary (the rows before are
 * written), -ENOMEM. */
int history_csv(int ring_fd, const struct vocabulary *vocabulary, uint64_t from_ns, uint64_t to_ns, int64_t realtime_offset_ns,
		FILE *to, uint64_t *ret_first_ns);
