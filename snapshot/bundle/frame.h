/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The zstd frames a bundle is made of, below the tar. Everything here takes foreign bytes: no length is believed, memory is
 * bounded by one window and two buffers.
 *
 *     tar members and zeros    zstd frames with a content checksum
 *     seal                     skippable frame: SEAL_MAGIC, length, "tracetrap", SHA-256 of every byte before it
 *     seek table               skippable frame of zstd's seekable format, with checksums; the seal is in it as a frame
 *                              of no content
 *
 * The seal is what makes every flipped bit a finding: a zstd frame has bits that no decoder looks at.
 */
#pragma once

#include "engine/base/buf.h"

#define FRAMES_MAX (BUNDLE_MEMBERS_MAX + 128) /* with the end of the archive, seal, seek table, and what damage lies between */
#define FRAME_HEADERS_MAX 65536		      /* a member's, of tar */
#define FRAME_PLAIN_MAX (BUNDLE_MEMBER_MAX + FRAME_HEADERS_MAX)
#define FRAMES_PLAIN_MAX (BUNDLE_PLAIN_MAX + (uint64_t)FRAMES_MAX * FRAME_HEADERS_MAX)
#define FRAME_RATIO_MAX 2000			    /* beyond FRAME_RATIO_FROM bytes: nothing honest compresses so well */
#define FRAME_RATIO_FROM (UINT64_C(64) << 20)
#define FRAME_EMPTY_CHECKSUM 0x51D8E999U /* XXH64 of nothing, low half: what a skippable frame's seek entry says */

#define SEAL_MAGIC 0x184D2A54U
#define SEAL_TEXT "tracetrap"
#define SEAL_BYTES (8 + sizeof(SEAL_TEXT) - 1 + 32)

struct frame {
	uint64_t offset;
	uint32_t compressed, plain;
	uint32_t checksum; /* the low half of XXH64 of the content, as the frame's own last four bytes have it */
	bool skippable;
	bool damaged; /* found by walking: begins like a frame, but cannot be decoded to its end */
};

struct frames {
	struct frame *frame;
	size_t n;
};

/* 0; -ENOMEM, -E2BIG beyond FRAMES_MAX. */
int frames_add(struct frames *f, const struct frame *frame);
void frames_done(struct frames *f);

/* The seek table of these frames as a whole skippable frame. */
void seek_table_encode(const struct frames *f, struct buf *out);

/* The frames a file's seek table names, when it is well formed, accounts for every byte and for no more than
 * FRAMES_PLAIN_MAX of content; -EBADMSG when not. */
int seek_table_read(int fd, uint64_t file_bytes, struct frames *ret);

/* The frames as they lie, each decoded to its end. *ret_end is where the last whole one ends: short of file_bytes when the
 * file was cut. After a damaged frame it looks for the next beginning. 0; -EFBIG when all of it is more than FRAMES_PLAIN_MAX;
 * -errno of reading. */
int frames_walk(int fd, uint64_t file_bytes, struct frames *ret, uint64_t *ret_end);

/* One frame's content, chunk by chunk. */
struct frame_reader;
int frame_reader_new(int fd, uint64_t offset, uint64_t limit, struct frame_reader **ret); /* reads nothing past limit */
/* Bytes of the next chunk (valid until the next call), 0 after the last, when the checksum fitted; -EBADMSG damaged,
 * -ENODATA cut at the limit, -EFBIG beyond the bounds. */
ssize_t frame_reader_next(struct frame_reader *r, const void **ret_data);
uint64_t frame_reader_offset(const struct frame_reader *r); /* of the byte after what was decoded */
uint64_t frame_reader_plain(const struct frame_reader *r);
struct frame_reader *frame_reader_free(struct frame_reader *r);

/* All of len bytes at offset; -ENODATA when the file ends before. */
int read_at(int fd, uint64_t offset, void *ret, size_t len);

static inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void put_le32(struct buf *out, uint32_t v)
{
	uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
	buf_add(out, bytes, sizeof(bytes));
}
