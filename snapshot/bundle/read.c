/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/bundle.h"

#include "engine/base/text.h"
#include "snapshot/bundle/manifest.h"
#include "snapshot/bundle/member.h"
#include "snapshot/bundle/open.h"

#include <fcntl.h>
#include <sys/stat.h>

int bundle_file_open(const char *path, uint64_t *ret_bytes)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret_bytes = (uint64_t)st.st_size;
	return take_fd(fd);
}

static int find_frames(struct bundle *b)
{
	uint64_t end;
	int r = seek_table_read(b->fd, b->bytes, &b->frames);
	b->cut = r == -EBADMSG;
	return b->cut ? frames_walk(b->fd, b->bytes, &b->frames, &end) : r;
}

static int member_add(struct bundle *b, const struct member_reader *m, size_t frame)
{
	if (!b->id[0])
		strcpy(b->id, member_id(m));
	if (!streq(b->id, member_id(m)) || bundle_find(b, member_name(m)) >= 0)
		return 0;
	struct bundle_member *at = &b->members[b->n];
	snprintf(at->name, sizeof(at->name), "%s", member_name(m));
	at->bytes = member_bytes(m);
	at->whole = !b->frames.frame[frame].damaged;
	b->frame_of[b->n++] = frame;
	return 0;
}

/* A frame that is no member of this bundle is passed over here; bundle_verify() is who names it. */
static int find_members(struct bundle *b)
{
	b->members = calloc(b->frames.n + 1, sizeof(*b->members));
	b->frame_of = calloc(b->frames.n + 1, sizeof(*b->frame_of));
	if (!b->members || !b->frame_of)
		return -ENOMEM;
	for (size_t i = 0; i < b->frames.n; i++) {
		_cleanup_member_ struct member_reader *m = NULL;
		int r = b->frames.frame[i].skippable ? -ENOENT : member_open(b->fd, &b->frames.frame[i], &m);
		if (r == 0 && b->n == BUNDLE_MEMBERS_MAX)
			return -EFBIG;
		if (r == 0)
			member_add(b, m, i);
		if (r == -ENOMEM)
			return r;
	}
	return b->n ? 0 : -EBADMSG;
}

/* A manifest that is lost or damaged keeps nobody from the other members. */
static int check_format(struct bundle *b, unsigned *ret_format)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_(manifest_done) struct manifest m = {0};
	if (bundle_read(b, "manifest.json", MANIFEST_BYTES_MAX, &text) < 0)
		return 0;
	int r = manifest_parse(text.data, text.len, &m);
	*ret_format = m.format;
	return r == -EPROTONOSUPPORT ? r : 0;
}

static int open_all(struct bundle *b, char *ret_error, size_t size)
{
	unsigned format = 0;
	b->fd = bundle_file_open(b->path, &b->bytes);
	if (b->fd < 0)
		return error_explain(b->fd, ret_error, size, "cannot open '%s': %s", b->path,
			       b->fd == -EINVAL ? "not a regular file" : strerror(-b->fd));
	int r = find_frames(b);
	if (r == 0)
		r = find_members(b);
	if (r == -EBADMSG)
		return error_explain(r, ret_error, size, "'%s' is not a bundle, or nothing of it can be read", b->path);
	if (r == -EFBIG)
		return error_explain(r, ret_error, size, "'%s' is larger than a bundle may be, or a decompression bomb", b->path);
	if (r < 0)
		return error_explain(r, ret_error, size, "cannot read '%s': %s", b->path, strerror(-r));
	r = check_format(b, &format);
	if (r < 0)
		return error_explain(r, ret_error, size, "'%s' has format %u; this tracetrap reads up to %d: use a newer one",
			       b->path, format, BUNDLE_FORMAT);
	return 0;
}

int bundle_open(const char *path, struct bundle **ret, char *ret_error, size_t size)
{
	struct bundle *b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->fd = -1;
	b->path = strdup(path);
	int r = b->path ? open_all(b, ret_error, size) : -ENOMEM;
	if (r < 0)
		bundle_close(b);
	else
		*ret = b;
	return r;
}

const char *bundle_id(const struct bundle *b)
{
	return b->id;
}

const char *bundle_path(const struct bundle *b)
{
	return b->path;
}

bool bundle_cut(const struct bundle *b)
{
	return b->cut;
}

size_t bundle_members(const struct bundle *b)
{
	return b->n;
}

const struct bundle_member *bundle_member(const struct bundle *b, size_t i)
{
	return &b->members[i];
}

ssize_t bundle_find(const struct bundle *b, const char *member)
{
	for (size_t i = 0; i < b->n; i++)
		if (streq(b->members[i].name, member))
			return (ssize_t)i;
	return -ENOENT;
}

int member_content(struct member_reader *m, size_t max, struct buf *ret)
{
	if (member_bytes(m) > max)
		return -EFBIG;
	for (;;) {
		char *to = buf_reserve(ret, 65536);
		if (!to)
			return -ENOMEM;
		ssize_t n = member_read(m, to, 65536);
		if (n < 0)
			return (int)n;
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
		if (n == 0)
			return 0;
	}
}

int bundle_read(struct bundle *b, const char *member, size_t max, struct buf *ret)
{
	_cleanup_member_ struct member_reader *m = NULL;
	ssize_t i = bundle_find(b, member);
	if (i < 0)
		return (int)i;
	if (!b->members[i].whole)
		return -EBADMSG;
	int r = member_open(b->fd, &b->frames.frame[b->frame_of[i]], &m);
	if (r == 0)
		r = member_content(m, max, ret);
	return r < 0 ? r : member_finish(m);
}

struct bundle *bundle_close(struct bundle *b)
{
	if (!b)
		return NULL;
	if (b->fd >= 0)
		close(b->fd);
	frames_done(&b->frames);
	free(b->members);
	free(b->frame_of);
	free(b->path);
	free(b);
	return NULL;
}
