/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/records.h"

#include "snapshot/profile/sample.h"

static void span_widen(struct records *r, uint64_t t_ns)
{
	r->first_ns = r->n == 0 ? t_ns : MIN(r->first_ns, t_ns);
	r->last_ns = MAX(r->last_ns, t_ns);
}

void records_add(struct records *r, const void *record, size_t readable)
{
	struct perf_event_header h;
	if (readable < sizeof(h)) {
		r->malformed++;
		return;
	}
	memcpy(&h, record, sizeof(h));
	if (h.size < sizeof(h) || h.size % 8 || h.size > readable) {
		r->malformed++;
		return;
	}
	char *to = r->bytes.len + h.size <= RECORDS_BYTES_MAX ? buf_reserve(&r->bytes, h.size) : NULL;
	if (!to) {
		r->lost++;
		return;
	}
	memcpy(to, record, h.size);
	r->bytes.len += h.size;
	span_widen(r, sample_time((const struct perf_event_header *)to));
	r->n++;
}

/* The time of a ring's payload, which may be cut anywhere. */
static uint64_t time_of(const struct ring_record *record)
{
	struct perf_event_header h = {0};
	if (record->len >= sizeof(h))
		memcpy(&h, record->data, sizeof(h));
	return h.size >= sizeof(h) && h.size <= record->len && (uintptr_t)record->data % 8 == 0
		       ? sample_time(record->data)
		       : 0;
}

int records_add_ring(struct records *r, int fd, uint64_t from_ns, uint64_t to_ns, uint64_t *ret_begin_ns)
{
	struct ring_snapshot *snapshot;
	struct ring_record record;
	/* A drain brings CPU after CPU: a segment that begins after to_ns may still hold something from before. */
	int error = ring_snapshot_take(fd, from_ns, UINT64_MAX, &snapshot);
	if (error < 0)
		return error;
	while (ring_snapshot_next(snapshot, &record)) {
		uint64_t t_ns = time_of(&record);
		if (t_ns == 0)
			r->malformed++;
		else if (t_ns > from_ns && t_ns <= to_ns)
			records_add(r, record.data, record.len);
	}
	r->lost += ring_snapshot_lost(snapshot);
	*ret_begin_ns = ring_snapshot_begin(snapshot);
	ring_snapshot_free(snapshot);
	return 0;
}

const struct perf_event_header *records_next(const struct records *r, size_t *at)
{
	if (*at >= r->bytes.len)
		return NULL;
	const struct perf_event_header *h = (const struct perf_event_header *)(r->bytes.data + *at);
	*at += h->size;
	return h;
}

void records_done(struct records *r)
{
	buf_done(&r->bytes);
}
