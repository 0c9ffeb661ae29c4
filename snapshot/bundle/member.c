/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/member.h"

#include <archive.h>
#include <archive_entry.h>

struct member_reader {
	int fd, error;
	struct frame frame;
	struct frame_reader *from;
	struct archive *tar;
	char id[BUNDLE_ID_MAX + 1], name[BUNDLE_NAME_MAX + 1];
	uint64_t bytes, read;
};

static la_ssize_t on_read(struct archive *tar, void *ctx, const void **ret_data)
{
	struct member_reader *m = ctx;
	ssize_t n = frame_reader_next(m->from, ret_data);
	if (n < 0) {
		m->error = (int)n;
		archive_set_error(tar, EBADMSG, "damaged frame");
		return ARCHIVE_FATAL;
	}
	return n;
}

/* What the frame itself said goes before what libarchive made of it. */
static int failure(const struct member_reader *m, int otherwise)
{
	return m->error ? m->error : otherwise;
}

static bool take_path(struct member_reader *m, const char *path)
{
	const char *slash = path ? strchr(path, '/') : NULL;
	if (!slash || (size_t)(slash - path) > BUNDLE_ID_MAX || !bundle_name_ok(slash + 1))
		return false;
	snprintf(m->id, sizeof(m->id), "%.*s", (int)(slash - path), path);
	snprintf(m->name, sizeof(m->name), "%s", slash + 1);
	return bundle_id_ok(m->id);
}

static int take_header(struct member_reader *m)
{
	struct archive_entry *e;
	int r = archive_read_next_header(m->tar, &e);
	if (r == ARCHIVE_EOF)
		return failure(m, -ENOENT);
	if (r != ARCHIVE_OK)
		return failure(m, -EBADMSG);
	if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e) || archive_entry_symlink(e) ||
	    archive_entry_sparse_count(e) || !take_path(m, archive_entry_pathname(e)))
		return -EPERM;
	la_int64_t bytes = archive_entry_size(e);
	if (!archive_entry_size_is_set(e) || bytes < 0)
		return -EBADMSG;
	m->bytes = (uint64_t)bytes;
	return m->bytes > BUNDLE_MEMBER_MAX ? -EFBIG : 0;
}

static int open_tar(struct member_reader *m)
{
	m->tar = archive_read_new();
	if (!m->tar || archive_read_support_format_tar(m->tar) != ARCHIVE_OK)
		return -ENOMEM;
	if (archive_read_open(m->tar, m, NULL, on_read, NULL) != ARCHIVE_OK)
		return failure(m, -EBADMSG);
	return take_header(m);
}

int member_open(int fd, const struct frame *f, struct member_reader **ret)
{
	_cleanup_member_ struct member_reader *m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->fd = fd;
	m->frame = *f;
	int r = frame_reader_new(fd, f->offset, f->offset + f->compressed, &m->from);
	if (r == 0)
		r = open_tar(m);
	if (r == 0)
		*ret = take_ptr(m);
	return r;
}

const char *member_id(const struct member_reader *m)
{
	return m->id;
}

const char *member_name(const struct member_reader *m)
{
	return m->name;
}

uint64_t member_bytes(const struct member_reader *m)
{
	return m->bytes;
}

ssize_t member_read(struct member_reader *m, void *ret, size_t len)
{
	la_ssize_t n = archive_read_data(m->tar, ret, len);
	if (n < 0)
		return failure(m, -EBADMSG);
	m->read += (uint64_t)n;
	return m->read > m->bytes ? -EBADMSG : n;
}

static bool frame_fits(const struct member_reader *m)
{
	uint8_t tail[4];
	return frame_reader_offset(m->from) == m->frame.offset + m->frame.compressed &&
	       frame_reader_plain(m->from) == m->frame.plain &&
	       read_at(m->fd, m->frame.offset + m->frame.compressed - 4, tail, 4) == 0 &&
	       le32(tail) == m->frame.checksum;
}

int member_finish(struct member_reader *m)
{
	struct archive_entry *e;
	if (m->read != m->bytes || archive_read_next_header(m->tar, &e) != ARCHIVE_EOF)
		return failure(m, -EBADMSG);
	const void *rest;
	return frame_reader_next(m->from, &rest) == 0 && frame_fits(m) ? 0 : -EBADMSG;
}

struct member_reader *member_close(struct member_reader *m)
{
	if (!m)
		return NULL;
	archive_read_free(m->tar);
	frame_reader_free(m->from);
	free(m);
	return NULL;
}
