/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/bundle.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "snapshot/bundle/frame.h"

#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>
#include <zstd.h>

#define ZSTD_LEVEL 3
#define TAR_BLOCK 512
#define KEEP_BYTES (UINT64_C(1) << 20) /* a larger frame's buffer is given back at once */

struct bundle_writer {
	int fd;
	int error; /* of a write to fd: nothing can follow it */
	char id[BUNDLE_ID_MAX + 1];
	time_t mtime_s;
	struct archive *tar;
	ZSTD_CCtx *zstd;
	bool into_frame;  /* what the tar writer emits goes into the frame, else into head */
	struct buf head;  /* tar header of the member, until the frame's length is known */
	struct buf out;	  /* the frame, whole before the first byte of it is written */
	uint64_t bytes, max_bytes;
	uint64_t plain;	  /* of the archive so far */
	struct frames frames;
	char **names;
	size_t n_names;
	crypto_hash_sha256_state seal;
};

static int compress(struct bundle_writer *w, const void *data, size_t len, ZSTD_EndDirective end)
{
	ZSTD_inBuffer in = {data, len, 0};
	for (;;) {
		size_t room = ZSTD_CStreamOutSize();
		char *to = buf_reserve(&w->out, room);
		if (!to)
			return -ENOMEM;
		ZSTD_outBuffer out = {to, room, 0};
		size_t left = ZSTD_compressStream2(w->zstd, &out, &in, end);
		if (ZSTD_isError(left))
			return -EIO;
		w->out.len += out.pos;
		if (end == ZSTD_e_end ? left == 0 : in.pos == in.size)
			return 0;
	}
}

static la_ssize_t on_tar(struct archive *tar _unused_, void *ctx, const void *data, size_t len)
{
	struct bundle_writer *w = ctx;
	if (w->into_frame)
		return compress(w, data, len, ZSTD_e_continue) < 0 ? ARCHIVE_FATAL : (la_ssize_t)len;
	buf_add(&w->head, data, len);
	return w->head.failed ? ARCHIVE_FATAL : (la_ssize_t)len;
}

/* No blocking factor: each call of ours comes out of libarchive before it returns, so frames end with their members. */
static struct archive *tar_new(struct bundle_writer *w)
{
	struct archive *tar = archive_write_new();
	if (tar && archive_write_set_format_pax_restricted(tar) == ARCHIVE_OK &&
	    archive_write_set_bytes_per_block(tar, 0) == ARCHIVE_OK &&
	    archive_write_set_bytes_in_last_block(tar, 1) == ARCHIVE_OK &&
	    archive_write_open(tar, w, NULL, on_tar, NULL) == ARCHIVE_OK)
		return tar;
	archive_write_free(tar);
	return NULL;
}

int bundle_writer_new(int fd, const char *id, uint64_t realtime_ns, struct bundle_writer **ret)
{
	if (!bundle_id_ok(id))
		return -EINVAL;
	struct bundle_writer *w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->fd = fd;
	w->max_bytes = UINT64_MAX;
	w->mtime_s = (time_t)(realtime_ns / NS_PER_S);
	strcpy(w->id, id);
	w->tar = tar_new(w);
	w->zstd = ZSTD_createCCtx();
	crypto_hash_sha256_init(&w->seal);
	if (!w->tar || !w->zstd) {
		bundle_writer_free(w);
		return -ENOMEM;
	}
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
	*ret = w;
	return 0;
}

void bundle_writer_limit(struct bundle_writer *w, uint64_t max_bytes)
{
	w->max_bytes = max_bytes;
}

uint64_t bundle_writer_bytes(const struct bundle_writer *w)
{
	return w->bytes;
}

static int entry_header(struct bundle_writer *w, const char *member, size_t len)
{
	char path[sizeof(w->id) + BUNDLE_NAME_MAX + 2];
	snprintf(path, sizeof(path), "%s/%s", w->id, member);
	struct archive_entry *e = archive_entry_new();
	if (!e)
		return -ENOMEM;
	archive_entry_set_pathname(e, path);
	archive_entry_set_size(e, (la_int64_t)len);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0640);
	archive_entry_set_mtime(e, w->mtime_s, 0);
	w->into_frame = false;
	buf_clear(&w->head);
	int r = archive_write_header(w->tar, e);
	archive_entry_free(e);
	return r == ARCHIVE_OK ? 0 : -EIO;
}

/* The frame's length is pledged, so that its header carries it and a miscount is an error. */
static int frame_begin(struct bundle_writer *w, uint64_t plain)
{
	buf_clear(&w->out);
	w->into_frame = true;
	if (ZSTD_isError(ZSTD_CCtx_reset(w->zstd, ZSTD_reset_session_only)) ||
	    ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(w->zstd, plain)))
		return -EIO;
	return compress(w, w->head.data, w->head.len, ZSTD_e_continue);
}

static int frame_put(struct bundle_writer *w, const struct frame *f)
{
	crypto_hash_sha256_update(&w->seal, (const uint8_t *)w->out.data, w->out.len);
	int r = frames_add(&w->frames, f);
	if (r == 0)
		r = io_write(w->fd, w->out.data, w->out.len);
	if (r < 0)
		return w->error = r;
	w->bytes += w->out.len;
	w->plain += f->plain;
	if (w->out.cap > KEEP_BYTES)
		buf_done(&w->out);
	return 0;
}

/* Refuses what our own readers would take for a bomb, and what no longer fits; nothing of it was written then. */
static int frame_end(struct bundle_writer *w, uint64_t plain)
{
	int r = compress(w, NULL, 0, ZSTD_e_end);
	if (r < 0)
		return r;
	if (w->out.len > UINT32_MAX || (plain > FRAME_RATIO_FROM && plain / FRAME_RATIO_MAX > w->out.len))
		return -EFBIG;
	if (w->out.len > w->max_bytes - MIN(w->bytes, w->max_bytes))
		return -ENOSPC;
	struct frame f = {
		.offset = w->bytes,
		.compressed = (uint32_t)w->out.len,
		.plain = (uint32_t)plain,
		.checksum = le32((const uint8_t *)w->out.data + w->out.len - 4),
	};
	return frame_put(w, &f);
}

static bool is_written(const struct bundle_writer *w, const char *member)
{
	for (size_t i = 0; i < w->n_names; i++)
		if (streq(w->names[i], member))
			return true;
	return false;
}

static int name_add(struct bundle_writer *w, const char *member)
{
	if (!(w->n_names & (w->n_names - 1))) {
		char **more = reallocarray(w->names, w->n_names ? 2 * w->n_names : 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		w->names = more;
	}
	w->names[w->n_names] = strdup(member);
	return w->names[w->n_names++] ? 0 : -ENOMEM;
}

static int check_new(const struct bundle_writer *w, const char *member, size_t len)
{
	if (w->error)
		return w->error;
	if (!bundle_name_ok(member))
		return -EINVAL;
	if (is_written(w, member))
		return -EEXIST;
	if (w->frames.n >= BUNDLE_MEMBERS_MAX)
		return -E2BIG;
	return len > BUNDLE_MEMBER_MAX || len > BUNDLE_PLAIN_MAX - MIN(w->plain, BUNDLE_PLAIN_MAX) ? -EFBIG : 0;
}

static int add_frame(struct bundle_writer *w, const char *member, const void *data, size_t len)
{
	int r = entry_header(w, member, len);
	if (r < 0)
		return r;
	uint64_t plain = w->head.len + (len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	r = frame_begin(w, plain);
	if (r < 0)
		return r;
	if ((len && archive_write_data(w->tar, data, len) != (la_ssize_t)len) ||
	    archive_write_finish_entry(w->tar) != ARCHIVE_OK)
		return -EIO;
	return frame_end(w, plain);
}

int bundle_add(struct bundle_writer *w, const char *member, const void *data, size_t len, struct ledger_entry *entry)
{
	int r = check_new(w, member, len);
	if (r == 0)
		r = add_frame(w, member, data, len);
	if (r == 0)
		r = name_add(w, member);
	if (r == -EIO || r == -ENOMEM)
		w->error = r; /* the tar writer stands in the middle of a member */
	if (r < 0 || !entry)
		return r;
	crypto_hash_sha256(entry->sha256, data, len);
	entry->bytes = len;
	entry->present = true;
	return 0;
}

static int add_seal(struct bundle_writer *w)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state so_far = w->seal;
	crypto_hash_sha256_final(&so_far, digest);
	buf_clear(&w->out);
	put_le32(&w->out, SEAL_MAGIC);
	put_le32(&w->out, SEAL_BYTES - 8);
	buf_add_str(&w->out, SEAL_TEXT);
	buf_add(&w->out, digest, sizeof(digest));
	if (w->out.failed)
		return -ENOMEM;
	return frame_put(w, &(struct frame){.offset = w->bytes, .compressed = SEAL_BYTES, .skippable = true});
}

static int add_table(struct bundle_writer *w)
{
	buf_clear(&w->out);
	seek_table_encode(&w->frames, &w->out);
	int r = w->out.failed ? -ENOMEM : io_write(w->fd, w->out.data, w->out.len);
	if (r == 0)
		w->bytes += w->out.len;
	return r;
}

/* The end of a tar is two blocks of zeros, which libarchive emits when it is closed. */
int bundle_finish(struct bundle_writer *w)
{
	if (w->error)
		return w->error;
	w->max_bytes = UINT64_MAX;
	w->into_frame = false;
	buf_clear(&w->head);
	if (archive_write_close(w->tar) != ARCHIVE_OK)
		return -EIO;
	uint64_t plain = w->head.len;
	int r = frame_begin(w, plain);
	if (r == 0)
		r = frame_end(w, plain);
	if (r == 0)
		r = add_seal(w);
	return r == 0 ? add_table(w) : r;
}

struct bundle_writer *bundle_writer_free(struct bundle_writer *w)
{
	if (!w)
		return NULL;
	w->into_frame = false;
	archive_write_free(w->tar);
	ZSTD_freeCCtx(w->zstd);
	for (size_t i = 0; i < w->n_names; i++)
		free(w->names[i]);
	free(w->names);
	frames_done(&w->frames);
	buf_done(&w->head);
	buf_done(&w->out);
	free(w);
	return NULL;
}
