/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of the 1 Hz tier in its ring, shared by history.c and history_read.c. It lives in memory between processes of
 * one build, so signals go by index. Numbers as in inputlog_codec.h.
 *
 *     DICTIONARY  first of each segment: number signals, number slots, number t_ns,
 *                 number n, n × living entity {number slot, byte kind, text name}
 *     BORN        number slot, byte kind, text name            GONE  number slot
 *     SECOND      number dt to the t_ns before, number n, then n points in ascending order of series = slot × signals + signal:
 *                     number (series − series before) × 2 + changed
 *                     if changed: signed last − last before (0 at first), number last − least, number greatest − last
 *                     else last, least and greatest are all as last before
 */
#pragma once

enum history_record { HISTORY_DICTIONARY = 1, HISTORY_BORN = 2, HISTORY_GONE = 3, HISTORY_SECOND = 4 };
