/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is made of the evidence when all of it is in: collectors of the END phase that read the others' members. They run
 * in a child of their own too, because evidence is full of foreign names and numbers.
 *
 *     culprits.json = {culprits: [{kind, name, pid, tasks, score, evidence}], note, true_span: {first_ns, last_ns}}, in the
 *                     order of suspects.h: who did what the rule watches, where, what happened beside it
 *     summary.md    = a page to paste into a ticket
 */
#pragma once

#include "snapshot/collect/collect.h"

/* In the order they run. */
extern const struct collector view_table[];
extern const size_t view_table_n;

int view_culprits(struct collect *c);
int view_summary(struct collect *c);
