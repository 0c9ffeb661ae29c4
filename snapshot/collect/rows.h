/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of tasks for the collectors: what the iterators gave at the firing (each can be read once, so the first collector
 * that asks reads it into a scratch member and the others find it there), and how tasks and stacks are written as text.
 */
#pragma once

#include "engine/record/census.h"
#include "snapshot/collect/collect.h"
#include "snapshot/symbol/kallsyms.h"

/* The bytes of CAPTURE_FD_TASK_ROWS, _TASK_STACKS or _D_STACKS; they live until the collector ends. -EOPNOTSUPP when the
 * engine had no such iterator, -ENODATA when reading it failed for an earlier collector already. */
int rows_read(struct collect *c, enum capture_fd which, const void **ret_data, size_t *ret_len);

/* What rows_read() answered, as a clause. */
const char *rows_error(int error);

/* Like ps: R S D T t X Z P I. */
char row_state(const struct task_row *row);
/* "pid 12 (dd) tgid 12 ppid 1 state D …", names escaped for a terminal; no newline. */
void row_print(FILE *to, const struct task_row *row);
/* One line a frame, indented. */
void stack_print(FILE *to, const struct task_stack *stack, const struct kallsyms *symbols);
/* Same frames: the order for grouping equal stacks, as qsort wants it. */
int stack_compare(const struct task_stack *a, const struct task_stack *b);
/* All tasks of an array of struct task_stack, those with the same stack together, the largest group first. Returns the
 * number of groups, or -ENOMEM. */
int stacks_print(FILE *to, const struct task_stack *stacks, size_t n, const struct kallsyms *symbols);

/* Symbols of the kernel, or NULL with the reason as a sentence written to `to`. */
struct kallsyms *rows_symbols(struct collect *c, FILE *to);
