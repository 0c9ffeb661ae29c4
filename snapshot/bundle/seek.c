/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/frame.h"

#include "snapshot/bundle/bundle.h"

/* zstd's contrib/seekable_format: entries of {compressed, plain, checksum}, then {count, descriptor, magic}. */
#define TABLE_MAGIC 0x184D2A5EU
#define FOOTER_MAGIC 0x8F92EAB1U
#define FOOTER_BYTES 9
#define ENTRY_BYTES 12
#define WITH_CHECKSUMS 0x80

int frames_add(struct frames *f, const struct frame *frame)
{
	if (f->n >= FRAMES_MAX)
		return -E2BIG;
	if (!(f->n & (f->n - 1))) {
		struct frame *more = reallocarray(f->frame, f->n ? 2 * f->n : 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		f->frame = more;
	}
	f->frame[f->n++] = *frame;
	return 0;
}

void frames_done(struct frames *f)
{
	free(f->frame);
	*f = (struct frames){0};
}

int read_at(int fd, uint64_t offset, void *ret, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(fd, (char *)ret + done, len - done, (off_t)(offset + done));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ENODATA;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

void seek_table_encode(const struct frames *f, struct buf *out)
{
	put_le32(out, TABLE_MAGIC);
	put_le32(out, (uint32_t)(f->n * ENTRY_BYTES + FOOTER_BYTES));
	for (size_t i = 0; i < f->n; i++) {
		put_le32(out, f->frame[i].compressed);
		put_le32(out, f->frame[i].plain);
		put_le32(out, f->frame[i].skippable ? FRAME_EMPTY_CHECKSUM : f->frame[i].checksum);
	}
	put_le32(out, (uint32_t)f->n);
	buf_add_char(out, (char)WITH_CHECKSUMS);
	put_le32(out, FOOTER_MAGIC);
}

static int read_footer(int fd, uint64_t file_bytes, size_t *ret_n)
{
	uint8_t footer[FOOTER_BYTES];
	if (file_bytes < FOOTER_BYTES + 8)
		return -EBADMSG;
	int r = read_at(fd, file_bytes - FOOTER_BYTES, footer, sizeof(footer));
	if (r < 0)
		return r;
	*ret_n = le32(footer);
	bool ours = le32(footer + 5) == FOOTER_MAGIC && footer[4] == WITH_CHECKSUMS;
	return ours && *ret_n > 0 && *ret_n <= FRAMES_MAX ? 0 : -EBADMSG;
}

/* Sums of at most FRAMES_MAX 32-bit lengths: no overflow in 64 bits. */
static int decode_entries(const uint8_t *at, size_t n, struct frames *ret, uint64_t *ret_end)
{
	uint64_t offset = 0, plain = 0;
	for (size_t i = 0; i < n; i++, at += ENTRY_BYTES) {
		struct frame f = {
			.offset = offset,
			.compressed = le32(at),
			.plain = le32(at + 4),
			.checksum = le32(at + 8),
		};
		f.skippable = f.plain == 0;
		plain += f.plain;
		if (f.compressed < 8 || f.plain > FRAME_PLAIN_MAX || plain > FRAMES_PLAIN_MAX)
			return -EBADMSG;
		int r = frames_add(ret, &f);
		if (r < 0)
			return r;
		offset += f.compressed;
	}
	*ret_end = offset;
	return 0;
}

int seek_table_read(int fd, uint64_t file_bytes, struct frames *ret)
{
	size_t n;
	int r = read_footer(fd, file_bytes, &n);
	if (r < 0)
		return r;
	size_t bytes = 8 + n * ENTRY_BYTES + FOOTER_BYTES;
	if (bytes > file_bytes)
		return -EBADMSG;
	_cleanup_free_ uint8_t *table = malloc(bytes);
	if (!table)
		return -ENOMEM;
	r = read_at(fd, file_bytes - bytes, table, bytes);
	if (r < 0)
		return r;
	if (le32(table) != TABLE_MAGIC || le32(table + 4) != bytes - 8)
		return -EBADMSG;
	_cleanup_(frames_done) struct frames f = {0};
	uint64_t end;
	r = decode_entries(table + 8, n, &f, &end);
	if (r < 0)
		return r;
	if (end + bytes != file_bytes)
		return -EBADMSG;
	*ret = f;
	f = (struct frames){0};
	return 0;
}
