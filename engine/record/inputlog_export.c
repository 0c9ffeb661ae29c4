/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog.h"
#include "engine/record/inputlog_codec.h"

/* Counts segments while walking a snapshot: 1 in the first. */
static bool next_record(struct ring_snapshot *s, struct ring_record *ret, unsigned *segment)
{
	if (!ring_snapshot_next(s, ret))
		return false;
	*segment += ret->first_of_segment;
	return true;
}

/* The last segment with a checkpoint that began at or before from_ns; else the first with one; else the first. */
static unsigned find_start(struct ring_snapshot *s, uint64_t from_ns, uint64_t *ret_begin_ns)
{
	struct ring_record rec;
	unsigned segment = 0, start = 0;
	while (next_record(s, &rec, &segment)) {
		if (segment == 1 && start == 0 && rec.first_of_segment)
			*ret_begin_ns = rec.segment_first_ns;
		if (rec.type != RECORD_CHECKPOINT || (start && rec.segment_first_ns > from_ns))
			continue;
		start = segment;
		*ret_begin_ns = rec.segment_first_ns;
	}
	ring_snapshot_rewind(s);
	return segment ? MAX(start, 1U) : 0;
}

static void add_record(struct buf *out, const struct ring_record *rec)
{
	buf_add_varint(out, rec->type);
	buf_add_varint(out, rec->len);
	buf_add(out, rec->data, rec->len);
}

/* A header like the one before is left out: only a reload changes it. */
static void export_from(struct ring_snapshot *s, unsigned start, struct buf *out)
{
	struct ring_record rec, header = {0};
	unsigned segment = 0;
	buf_add(out, INPUTLOG_MAGIC, strlen(INPUTLOG_MAGIC));
	buf_add_varint(out, INPUTLOG_VERSION);
	while (next_record(s, &rec, &segment)) {
		if (segment < start)
			continue;
		if (rec.type == RECORD_HEADER) {
			if (header.len == rec.len && memcmp(header.data, rec.data, rec.len) == 0)
				continue;
			header = rec;
		}
		add_record(out, &rec);
	}
}

int inputlog_export(int ring_fd, uint64_t from_ns, uint64_t to_ns, struct buf *out, uint64_t *ret_begin_ns)
{
	struct ring_snapshot *s = NULL;
	int r = ring_snapshot_take(ring_fd, 0, to_ns, &s);
	if (r < 0)
		return r;
	uint64_t begin_ns = 0;
	unsigned start = find_start(s, from_ns, &begin_ns);
	if (start)
		export_from(s, start, out);
	ring_snapshot_free(s);
	if (!start)
		return -ENODATA;
	*ret_begin_ns = begin_ns;
	return out->failed ? -ENOMEM : 0;
}
