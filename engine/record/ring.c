/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/ring.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "engine/record/ring_layout.h"

struct ring {
	struct ring_options options;
	int fd;
	struct ring_header *map;
	size_t bytes;
	uint64_t begun;	       /* segments so far */
	size_t used;	       /* of the current one; the shared copy is for readers */
	uint64_t pending_lost; /* before the first segment */
	bool in_preamble;
};

static size_t capacity(const struct ring *r)
{
	return r->options.segment_bytes - sizeof(struct ring_segment);
}

static struct ring_segment *current(const struct ring *r)
{
	size_t slot = (r->begun - 1) % r->options.segments;
	return (struct ring_segment *)((char *)(r->map + 1) + slot * r->options.segment_bytes);
}

/* All pages are there before the first append, so that appending neither faults nor fails. */
static int memory_new(const char *name, size_t bytes)
{
	_cleanup_close_ int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) < 0 || fallocate(fd, 0, 0, (off_t)bytes) < 0)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	return take_fd(fd);
}

static bool sizes_fit(const struct ring_options *o)
{
	return o->segments >= 2 && o->segments <= RING_SEGMENTS_MAX && o->segment_bytes >= RING_SEGMENT_MIN &&
	       o->segment_bytes <= RING_SEGMENT_MAX && o->segment_bytes % 8 == 0;
}

int ring_new(const struct ring_options *options, struct ring **ret)
{
	if (!sizes_fit(options))
		return -EINVAL;
	struct ring *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->options = *options;
	r->options.name = NULL;
	r->bytes = sizeof(struct ring_header) + (size_t)options->segment_bytes * options->segments;
	r->fd = memory_new(options->name, r->bytes);
	if (r->fd < 0) {
		int error = r->fd;
		free(r);
		return error;
	}
	r->map = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0);
	if (r->map == MAP_FAILED) {
		int error = -errno;
		r->map = NULL;
		ring_free(r);
		return error;
	}
	*r->map = (struct ring_header){.magic = RING_MAGIC,
				       .segment_bytes = options->segment_bytes,
				       .segments = options->segments};
	*ret = r;
	return 0;
}

int ring_fd(const struct ring *r)
{
	return r->fd;
}

static void segment_recycle(struct ring_segment *s, uint64_t seq, uint64_t t_ns)
{
	__atomic_store_n(&s->seq, seq - 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&s->first_ns, t_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&s->last_ns, t_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&s->used, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->lost, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&s->seq, seq, __ATOMIC_RELEASE);
}

void ring_begin(struct ring *r, uint64_t t_ns)
{
	r->begun++;
	r->used = 0;
	segment_recycle(current(r), 2 * r->begun, t_ns);
	if (r->pending_lost)
		ring_lost(r, r->pending_lost);
	r->pending_lost = 0;
	if (!r->options.begin_segment)
		return;
	r->in_preamble = true;
	r->options.begin_segment(r->options.ctx, r, t_ns);
	r->in_preamble = false;
}

size_t ring_room(const struct ring *r)
{
	size_t left = r->begun ? capacity(r) - r->used : 0;
	return left > sizeof(struct ring_record_header) ? left - sizeof(struct ring_record_header) : 0;
}

static void put(struct ring *r, uint64_t t_ns, uint32_t type, const void *data, size_t len)
{
	struct ring_segment *s = current(r);
	struct ring_record_header header = {.len = (uint32_t)len, .type = type};
	memcpy(s->records + r->used, &header, sizeof(header));
	copy_bytes(s->records + r->used + sizeof(header), data, len);
	r->used += ring_record_bytes(len);
	if (t_ns > s->last_ns)
		__atomic_store_n(&s->last_ns, t_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&s->used, r->used, __ATOMIC_RELEASE);
}

int ring_append(struct ring *r, uint64_t t_ns, uint32_t type, const void *data, size_t len)
{
	bool never = len > RING_SEGMENT_MAX || ring_record_bytes(len) > capacity(r);
	if (!never && !r->in_preamble && (!r->begun || ring_record_bytes(len) > capacity(r) - r->used))
		ring_begin(r, t_ns);
	if (never || ring_record_bytes(len) > capacity(r) - r->used) {
		ring_lost(r, 1);
		return -EMSGSIZE;
	}
	put(r, t_ns, type, data, len);
	return 0;
}

void ring_lost(struct ring *r, uint64_t n)
{
	if (r->begun)
		__atomic_fetch_add(&current(r)->lost, n, __ATOMIC_RELAXED);
	else
		r->pending_lost += n;
}

uint64_t ring_bytes(const struct ring *r)
{
	return r->bytes;
}

struct ring *ring_free(struct ring *r)
{
	if (r) {
		if (r->map)
			munmap(r->map, r->bytes);
		close(r->fd);
		free(r);
	}
	return NULL;
}
