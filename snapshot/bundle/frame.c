/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/frame.h"

#include "snapshot/bundle/bundle.h"

#include <zstd.h>

#define FRAME_MAGIC 0xFD2FB528U
#define SKIPPABLE_MAGIC 0x184D2A50U
#define SKIPPABLE_MASK 0xFFFFFFF0U
#define WINDOW_LOG_MAX 24 /* 16 MiB: what reading one may cost in memory; ours ask for 2 */
#define DAMAGED_MAX 64	  /* bounds the work on a file made of beginnings */

struct frame_reader {
	int fd;
	uint64_t at, limit, plain, began;
	ZSTD_DCtx *zstd;
	ZSTD_inBuffer in;
	bool done;
	uint8_t from[65536], to[131072];
};

int frame_reader_new(int fd, uint64_t offset, uint64_t limit, struct frame_reader **ret)
{
	struct frame_reader *r = malloc(sizeof(*r));
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	if (!r || !zstd) {
		free(r);
		ZSTD_freeDCtx(zstd);
		return -ENOMEM;
	}
	ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	r->fd = fd;
	r->at = r->began = offset;
	r->limit = limit;
	r->plain = 0;
	r->zstd = zstd;
	r->in = (ZSTD_inBuffer){r->from, 0, 0};
	r->done = false;
	*ret = r;
	return 0;
}

static int refill(struct frame_reader *r)
{
	size_t want = (size_t)MIN(sizeof(r->from), r->limit - MIN(r->at, r->limit));
	ssize_t n = pread(r->fd, r->from, want, (off_t)r->at);
	if (n <= 0)
		return n < 0 ? -errno : -ENODATA;
	r->at += (uint64_t)n;
	r->in = (ZSTD_inBuffer){r->from, (size_t)n, 0};
	return 0;
}

/* By the frame's whole length, not by what was read of it: an honest member may begin with a long run of zeros. */
static bool is_bomb(uint64_t plain, uint64_t compressed)
{
	return plain > FRAME_PLAIN_MAX || (plain > FRAME_RATIO_FROM && plain / FRAME_RATIO_MAX > compressed);
}

ssize_t frame_reader_next(struct frame_reader *r, const void **ret_data)
{
	while (!r->done) {
		ZSTD_outBuffer out = {r->to, sizeof(r->to), 0};
		size_t left = ZSTD_decompressStream(r->zstd, &out, &r->in);
		if (ZSTD_isError(left))
			return -EBADMSG;
		r->done = left == 0;
		r->plain += out.pos;
		if (is_bomb(r->plain, r->limit - r->began))
			return -EFBIG;
		*ret_data = r->to;
		if (out.pos)
			return (ssize_t)out.pos;
		int e = r->done || r->in.pos < r->in.size ? 0 : refill(r);
		if (e < 0)
			return e;
	}
	return 0;
}

uint64_t frame_reader_offset(const struct frame_reader *r)
{
	return r->at - (r->in.size - r->in.pos);
}

uint64_t frame_reader_plain(const struct frame_reader *r)
{
	return r->plain;
}

struct frame_reader *frame_reader_free(struct frame_reader *r)
{
	if (r)
		ZSTD_freeDCtx(r->zstd);
	free(r);
	return NULL;
}

static int decode_zstd(int fd, uint64_t limit, struct frame *f)
{
	struct frame_reader *r;
	int e = frame_reader_new(fd, f->offset, limit, &r);
	if (e < 0)
		return e;
	const void *data;
	ssize_t n;
	while ((n = frame_reader_next(r, &data)) > 0)
		;
	f->compressed = (uint32_t)(frame_reader_offset(r) - f->offset);
	f->plain = (uint32_t)frame_reader_plain(r);
	frame_reader_free(r);
	uint8_t checksum[4];
	if (n == 0 && is_bomb(f->plain, f->compressed))
		n = -EFBIG;
	if (n < 0 || (n = read_at(fd, f->offset + f->compressed - 4, checksum, 4)) < 0)
		return (int)n;
	f->checksum = le32(checksum);
	return 0;
}

/* The frame that begins at f->offset; -EBADMSG or -EFBIG when it is none, -ENODATA when the file ends inside. */
static int decode_any(int fd, uint64_t file_bytes, struct frame *f)
{
	uint8_t head[8];
	int r = read_at(fd, f->offset, head, sizeof(head));
	if (r < 0)
		return r;
	if (le32(head) == FRAME_MAGIC)
		return decode_zstd(fd, file_bytes, f);
	if ((le32(head) & SKIPPABLE_MASK) != SKIPPABLE_MAGIC)
		return -EBADMSG;
	uint64_t bytes = 8 + (uint64_t)le32(head + 4);
	if (bytes > file_bytes - f->offset)
		return -ENODATA;
	if (bytes > UINT32_MAX)
		return -EFBIG;
	f->compressed = (uint32_t)bytes;
	f->skippable = true;
	return 0;
}

/* The offset of the next beginning of a member's frame at or after `offset`; file_bytes when there is none. */
static uint64_t next_beginning(int fd, uint64_t file_bytes, uint64_t offset)
{
	static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
	_cleanup_free_ uint8_t *chunk = malloc(65536);
	while (chunk && offset + sizeof(magic) <= file_bytes) {
		ssize_t n = pread(fd, chunk, 65536, (off_t)offset);
		if (n < (ssize_t)sizeof(magic))
			break;
		const uint8_t *hit = memmem(chunk, (size_t)n, magic, sizeof(magic));
		if (hit)
			return offset + (uint64_t)(hit - chunk);
		offset += (uint64_t)n - (sizeof(magic) - 1);
	}
	return file_bytes;
}

static int add_damaged(int fd, uint64_t file_bytes, struct frame *f, struct frames *ret)
{
	uint64_t next = next_beginning(fd, file_bytes, f->offset + 1);
	f->compressed = (uint32_t)MIN(next - f->offset, (uint64_t)UINT32_MAX);
	f->plain = 0;
	f->damaged = true;
	return frames_add(ret, f);
}

int frames_walk(int fd, uint64_t file_bytes, struct frames *ret, uint64_t *ret_end)
{
	_cleanup_(frames_done) struct frames all = {0};
	uint64_t end = 0, plain = 0;
	unsigned damaged = 0;
	for (uint64_t at = 0; at < file_bytes && damaged < DAMAGED_MAX;) {
		struct frame f = {.offset = at};
		int r = decode_any(fd, file_bytes, &f);
		bool bad = r == -EBADMSG || r == -ENODATA || r == -EFBIG;
		damaged += bad;
		plain += f.plain;
		if (plain > FRAMES_PLAIN_MAX)
			return -EFBIG;
		r = bad ? add_damaged(fd, file_bytes, &f, &all) : r == 0 ? frames_add(&all, &f) : r;
		if (r == -E2BIG)
			break;
		if (r < 0)
			return r;
		at += f.compressed;
		end = bad ? end : at;
	}
	*ret = all;
	*ret_end = end;
	all = (struct frames){0};
	return 0;
}
