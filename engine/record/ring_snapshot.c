/* SPDX-License-Identifier: GPL-2.0-only */
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/record/ring.h"
#include "engine/record/ring_layout.h"

struct piece {
	uint64_t seq, first_ns;
	size_t slot, used;
	uint8_t *records; /* our copy */
};

struct ring_snapshot {
	struct piece *pieces; /* by seq */
	size_t n, first, at, offset; /* pieces before `first` are no longer in one run with the rest */
	uint64_t lost, begin_ns, least_seq;
};

struct view {
	const struct ring_header *map;
	size_t bytes, segment_bytes, segments;
};

static void view_close(struct view *v)
{
	if (v->map)
		munmap((void *)v->map, v->bytes);
}

static int view_open(int fd, struct view *ret)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(struct ring_header))
		return -EBADMSG;
	struct view v = {.bytes = (size_t)st.st_size};
	void *map = mmap(NULL, v.bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	v.map = map;
	v.segment_bytes = v.map->segment_bytes;
	v.segments = v.map->segments;
	if (v.map->magic != RING_MAGIC || v.segments < 1 || v.segments > RING_SEGMENTS_MAX ||
	    v.segment_bytes < RING_SEGMENT_MIN || v.segment_bytes > RING_SEGMENT_MAX || v.segment_bytes % 8 ||
	    v.bytes != sizeof(struct ring_header) + v.segment_bytes * v.segments) {
		view_close(&v);
		return -EBADMSG;
	}
	*ret = v;
	return 0;
}

static const struct ring_segment *view_segment(const struct view *v, size_t slot)
{
	return (const struct ring_segment *)((const char *)(v->map + 1) + slot * v->segment_bytes);
}

/* Lists a segment that holds something of the span; the copy is made later, oldest first. */
static void piece_consider(struct ring_snapshot *s, const struct view *v, size_t slot, uint64_t from_ns, uint64_t to_ns)
{
	const struct ring_segment *segment = view_segment(v, slot);
	struct piece p = {.slot = slot, .seq = __atomic_load_n(&segment->seq, __ATOMIC_ACQUIRE)};
	if (p.seq == 0 || p.seq % 2)
		return;
	p.first_ns = __atomic_load_n(&segment->first_ns, __ATOMIC_RELAXED);
	uint64_t last_ns = __atomic_load_n(&segment->last_ns, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&segment->seq, __ATOMIC_RELAXED) != p.seq)
		return;
	s->begin_ns = MIN(s->begin_ns, p.first_ns);
	s->least_seq = MIN(s->least_seq, p.seq);
	if (p.first_ns <= to_ns && last_ns >= from_ns)
		s->pieces[s->n++] = p;
}

static int by_seq(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* 0, or -EAGAIN when the writer recycled the segment meanwhile. */
static int piece_copy(struct piece *p, const struct view *v, uint64_t *lost)
{
	const struct ring_segment *segment = view_segment(v, p->slot);
	p->used = __atomic_load_n(&segment->used, __ATOMIC_ACQUIRE);
	uint64_t here_lost = __atomic_load_n(&segment->lost, __ATOMIC_RELAXED);
	if (p->used > v->segment_bytes - sizeof(struct ring_segment))
		return -EBADMSG;
	p->records = malloc(MAX(p->used, (size_t)1));
	if (!p->records)
		return -ENOMEM;
	copy_bytes(p->records, segment->records, p->used);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&segment->seq, __ATOMIC_RELAXED) != p->seq) {
		free(p->records);
		p->records = NULL;
		return -EAGAIN;
	}
	*lost += here_lost;
	return 0;
}

/* When a segment goes away under our eyes, those before it are dropped too: what is left has no gap, it begins later. */
static int pieces_copy(struct ring_snapshot *s, const struct view *v)
{
	for (size_t i = 0; i < s->n; i++) {
		int r = piece_copy(&s->pieces[i], v, &s->lost);
		if (r < 0 && r != -EAGAIN)
			return r;
		if (r == -EAGAIN) {
			s->first = s->at = i + 1;
			s->least_seq = UINT64_MAX;
			s->begin_ns = s->at < s->n ? s->pieces[s->at].first_ns : UINT64_MAX;
		}
	}
	return 0;
}

int ring_snapshot_take(int fd, uint64_t from_ns, uint64_t to_ns, struct ring_snapshot **ret)
{
	_cleanup_(view_close) struct view v = {0};
	int r = view_open(fd, &v);
	if (r < 0)
		return r;
	struct ring_snapshot *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->begin_ns = s->least_seq = UINT64_MAX;
	s->pieces = calloc(v.segments, sizeof(*s->pieces));
	if (!s->pieces) {
		ring_snapshot_free(s);
		return -ENOMEM;
	}
	for (size_t slot = 0; slot < v.segments; slot++)
		piece_consider(s, &v, slot, from_ns, to_ns);
	qsort(s->pieces, s->n, sizeof(*s->pieces), by_seq);
	r = pieces_copy(s, &v);
	if (r < 0) {
		ring_snapshot_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

bool ring_snapshot_next(struct ring_snapshot *s, struct ring_record *ret)
{
	for (; s->at < s->n; s->at++, s->offset = 0) {
		const struct piece *p = &s->pieces[s->at];
		struct ring_record_header h;
		if (p->used - s->offset < sizeof(h))
			continue;
		memcpy(&h, p->records + s->offset, sizeof(h));
		if (ring_record_bytes(h.len) > p->used - s->offset)
			continue;
		*ret = (struct ring_record){.segment_first_ns = p->first_ns,
					    .type = h.type,
					    .len = h.len,
					    .data = p->records + s->offset + sizeof(h),
					    .first_of_segment = s->offset == 0};
		s->offset += ring_record_bytes(h.len);
		return true;
	}
	return false;
}

void ring_snapshot_rewind(struct ring_snapshot *s)
{
	s->at = s->first;
	s->offset = 0;
}

uint64_t ring_snapshot_lost(const struct ring_snapshot *s)
{
	return s->lost;
}

uint64_t ring_snapshot_begin(const struct ring_snapshot *s)
{
	return s->begin_ns;
}

bool ring_snapshot_wrapped(const struct ring_snapshot *s)
{
	return s->least_seq > RING_FIRST_SEQ && s->begin_ns != UINT64_MAX;
}

struct ring_snapshot *ring_snapshot_free(struct ring_snapshot *s)
{
	if (s) {
		for (size_t i = 0; s->pieces && i < s->n; i++)
			free(s->pieces[i].records);
		free(s->pieces);
		free(s);
	}
	return NULL;
}
