/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "tests/unit/support/profile_bench.h"

#include "tests/unit/support/kernel_names.h"

#include <fcntl.h>

void profile_bench_init(struct profile_bench *b, const char *kallsyms, const uint32_t *own, size_t n_own)
{
	tree_init(&b->tree);
	tree_write(&b->tree, "kallsyms", kallsyms);
	b->proc = open(b->tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(profile_init(&b->p, b->proc, own, n_own), 0);
	kernel_names_give(b->p.symbols, b->proc);
}

void profile_bench_done(struct profile_bench *b)
{
	profile_done(&b->p);
	close(b->proc);
	tree_done(&b->tree);
}

static void take(void *ctx, const struct perf_event_header *h)
{
	records_add(ctx, h, h->size);
}

void profile_bench_take(struct records *to, const struct buf *raw)
{
	raw_each(raw, take, to);
}
