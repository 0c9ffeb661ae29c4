/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/perf_records.h"

#define PERIOD_NS UINT64_C(10101010)

static void add_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void add_ids(struct buf *b, uint32_t low, uint32_t high)
{
	buf_add(b, (uint32_t[]){low, high}, 8);
}

static size_t begin(struct buf *b, uint32_t type)
{
	size_t at = b->len;
	buf_add(b, &(struct perf_event_header){.type = type}, sizeof(struct perf_event_header));
	return at;
}

static void end(struct buf *b, size_t at)
{
	((struct perf_event_header *)(b->data + at))->size = (uint16_t)(b->len - at);
}

static void add_text_and_trailer(struct buf *b, const char *text, uint32_t pid, uint32_t tid, uint64_t t_ns)
{
	buf_add(b, text, strlen(text));
	do
		buf_add_char(b, '\0');
	while (b->len % 8);
	add_ids(b, pid, tid);
	add_u64(b, t_ns);
	add_ids(b, 0, 0);
}

void raw_sample(struct buf *to, uint32_t pid, uint32_t tid, uint64_t t_ns, const uint64_t *chain, size_t n)
{
	size_t at = begin(to, PERF_RECORD_SAMPLE);
	add_u64(to, n > 1 ? chain[1] : 0);
	add_ids(to, pid, tid);
	add_u64(to, t_ns);
	add_ids(to, 0, 0);
	add_u64(to, PERIOD_NS);
	add_u64(to, n);
	buf_add(to, chain, n * sizeof(*chain));
	end(to, at);
}

void raw_comm(struct buf *to, uint32_t pid, uint32_t tid, uint64_t t_ns, const char *comm)
{
	size_t at = begin(to, PERF_RECORD_COMM);
	add_ids(to, pid, tid);
	add_text_and_trailer(to, comm, pid, tid, t_ns);
	end(to, at);
}

void raw_fork(struct buf *to, uint32_t pid, uint32_t parent, uint64_t t_ns)
{
	size_t at = begin(to, PERF_RECORD_FORK);
	add_ids(to, pid, parent);
	add_ids(to, pid, parent);
	add_u64(to, t_ns);
	add_ids(to, pid, pid);
	add_u64(to, t_ns);
	add_ids(to, 0, 0);
	end(to, at);
}

void raw_mmap2(struct buf *to, uint32_t pid, uint64_t t_ns, uint64_t start, uint64_t len, uint64_t pgoff, uint64_t inode,
	       const char *path)
{
	size_t at = begin(to, PERF_RECORD_MMAP2);
	add_ids(to, pid, pid);
	add_u64(to, start);
	add_u64(to, len);
	add_u64(to, pgoff);
	add_ids(to, 8, 1);
	add_u64(to, inode);
	add_u64(to, 0);
	add_ids(to, 5, 2);
	add_text_and_trailer(to, path, pid, pid, t_ns);
	end(to, at);
}

void raw_each(const struct buf *records, raw_fn fn, void *ctx)
{
	for (size_t at = 0; at < records->len;) {
		const struct perf_event_header *h = (const struct perf_event_header *)(records->data + at);
		fn(ctx, h);
		at += h->size;
	}
}
