/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/hourlog.h"

#include <zstd.h>

#include "engine/base/clock.h"
#include "engine/record/hourlog_codec.h"

#define ZSTD_LEVEL 3

int hourlog_block_open(const void *block, size_t len, struct hourlog_block *ret)
{
	struct cursor c = cursor_over(block, len);
	const char *magic = cursor_bytes(&c, strlen(HOURLOG_MAGIC));
	if (!magic || memcmp(magic, HOURLOG_MAGIC, 3) != 0)
		return -EBADMSG;
	if (magic[3] != HOURLOG_MAGIC[3])
		return magic[3] > HOURLOG_MAGIC[3] ? -EPROTONOSUPPORT : -EBADMSG;
	struct hourlog_block b = {.run = cursor_varint(&c)};
	b.begin_ns = cursor_varint(&c);
	b.end_ns = cursor_varint(&c);
	b.realtime_offset_ns = cursor_zigzag(&c);
	b.log = c.at;
	b.len = cursor_left(&c);
	if (c.bad || b.end_ns < b.begin_ns)
		return -EBADMSG;
	*ret = b;
	return 0;
}

int hourlog_pack(const struct buf *block, struct buf *out)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(block->len);
	char *to = zstd ? buf_reserve(out, bound) : NULL;
	size_t n = 0;
	if (to) {
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
		n = ZSTD_compress2(zstd, to, bound, block->data, block->len);
	}
	ZSTD_freeCCtx(zstd);
	if (!to || ZSTD_isError(n))
		return -ENOMEM;
	out->len += n;
	out->data[out->len] = '\0';
	return 0;
}

/* The bytes of the frame that begins here, 0 when it is none of ours or not all there. */
static size_t frame_bytes(const void *at, size_t left, size_t *ret_plain)
{
	size_t n = ZSTD_findFrameCompressedSize(at, left);
	unsigned long long plain = ZSTD_isError(n) ? ZSTD_CONTENTSIZE_ERROR : ZSTD_getFrameContentSize(at, left);
	if (plain == ZSTD_CONTENTSIZE_ERROR || plain == ZSTD_CONTENTSIZE_UNKNOWN || plain > HOURLOG_BLOCK_MAX)
		return 0;
	*ret_plain = (size_t)plain;
	return n;
}

static int unpack_frame(const void *at, size_t n, size_t plain, struct buf *ret)
{
	buf_clear(ret);
	char *to = buf_reserve(ret, plain);
	if (!to)
		return -ENOMEM;
	size_t got = ZSTD_decompress(to, plain, at, n);
	if (ZSTD_isError(got) || got != plain)
		return 0;
	ret->len = plain;
	to[plain] = '\0';
	return 1;
}

int hourlog_unpack(const void *hour, size_t len, size_t *at, struct buf *ret_block, uint64_t *damaged)
{
	static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};
	bool stray = false;
	for (size_t i = *at; i < len;) {
		const uint8_t *frame = memmem((const uint8_t *)hour + i, len - i, magic, sizeof(magic));
		size_t plain = 0, begin = frame ? (size_t)(frame - (const uint8_t *)hour) : len;
		size_t n = frame ? frame_bytes(frame, len - begin, &plain) : 0;
		int r = n ? unpack_frame(frame, n, plain, ret_block) : 0;
		stray |= begin > i || !r;
		if (r) {
			*damaged += stray;
			*at = begin + n;
			return r;
		}
		i = begin + 1;
	}
	*damaged += stray;
	return 0;
}

const char *hourlog_name(uint64_t realtime_ns, char name[HOURLOG_NAME_MAX])
{
	time_t t = (time_t)(realtime_ns / NS_PER_S);
	struct tm tm;
	gmtime_r(&t, &tm);
	strftime(name, HOURLOG_NAME_MAX, "%Y%m%dT%HZ.tth", &tm);
	return name;
}

bool hourlog_name_parse(const char *name, uint64_t *ret_realtime_ns)
{
	struct tm tm = {0};
	char again[HOURLOG_NAME_MAX];
	if (strlen(name) != strlen("20261121T15Z.tth") ||
	    sscanf(name, "%4d%2d%2dT%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour) != 4)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	time_t t = timegm(&tm);
	if (t < 0)
		return false;
	*ret_realtime_ns = (uint64_t)t * NS_PER_S;
	return streq(hourlog_name(*ret_realtime_ns, again), name);
}
