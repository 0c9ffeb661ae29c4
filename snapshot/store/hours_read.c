/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/hours.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/io.h"

#define HOUR_BYTES_MAX ((size_t)256 << 20)
#define HOUR_NS (3600 * NS_PER_S)

struct hours_reader {
	int dir; /* -1: one file */
	struct hours_file *files;
	size_t n, next;
	uint64_t from_ns, to_ns, bytes, done_bytes;
	struct buf hour, tail, plain; /* tail: read first, so that what is folded meanwhile is seen twice rather than never */
	size_t at;
	bool in_tail;
	uint64_t damaged;
	struct hourlog_block last;
};

static int read_regular(int dir, const char *name, struct buf *ret)
{
	struct stat st;
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	buf_clear(ret);
	return S_ISREG(st.st_mode) ? io_read_all(fd, HOUR_BYTES_MAX, ret) : -EINVAL;
}

/* An hour is wanted when it ends behind from_ns and begins before to_ns. */
static void choose(struct hours_reader *r)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->n; i++) {
		if (r->files[i].realtime_ns > r->to_ns || r->files[i].realtime_ns + HOUR_NS <= r->from_ns)
			continue;
		r->files[kept++] = r->files[i];
		r->bytes += r->files[i].bytes;
	}
	r->n = kept;
}

static int open_dir(struct hours_reader *r, const char *path)
{
	r->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0)
		return -errno;
	int error = read_regular(r->dir, HOURS_TAIL, &r->tail);
	if (error < 0 && error != -ENOENT)
		return error;
	error = hours_list(r->dir, &r->files, &r->n);
	if (error == 0 && r->n == 0 && r->tail.len == 0)
		return -ENOENT;
	choose(r);
	return error;
}

int hours_read(const char *path, uint64_t from_ns, uint64_t to_ns, struct hours_reader **ret)
{
	struct hours_reader *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->dir = -1;
	r->from_ns = from_ns;
	r->to_ns = to_ns;
	int error = open_dir(r, path);
	if (error == -ENOTDIR) {
		error = read_regular(AT_FDCWD, path, &r->hour);
		r->bytes = r->done_bytes = r->hour.len;
	}
	if (error < 0) {
		hours_read_done(r);
		return error;
	}
	*ret = r;
	return 0;
}

static bool is_wanted(const struct hours_reader *r, const struct hourlog_block *b)
{
	uint64_t offset = (uint64_t)b->realtime_offset_ns;
	return b->begin_ns + offset <= r->to_ns && b->end_ns + offset >= r->from_ns;
}

/* The next block as it comes: 1, 0, -errno. */
static int next_block(struct hours_reader *r)
{
	for (;;) {
		int got = hourlog_unpack(buf_str(&r->hour), r->hour.len, &r->at, &r->plain, &r->damaged);
		if (got)
			return got;
		r->at = r->hour.len = 0;
		if (r->next == r->n)
			break;
		const struct hours_file *f = &r->files[r->next++];
		int error = read_regular(r->dir, f->name, &r->hour);
		if (error < 0 && error != -ENOENT) /* evicted meanwhile */
			return error;
		r->done_bytes += f->bytes;
	}
	if (r->in_tail || !r->tail.len)
		return 0;
	r->in_tail = true;
	buf_clear(&r->plain);
	int error = hourlog_fold(buf_str(&r->tail), r->tail.len, &r->plain);
	r->damaged += error == -EBADMSG;
	return error == -ENODATA || error == -EBADMSG ? 0 : error < 0 ? error : 1;
}

int hours_next(struct hours_reader *r, struct hourlog_block *ret)
{
	for (int got; (got = next_block(r)) != 0;) {
		struct hourlog_block b = {0};
		int error = got < 0 ? got : hourlog_block_open(r->plain.data, r->plain.len, &b);
		if (error == -EBADMSG && got > 0) {
			r->damaged++;
			continue;
		}
		if (error < 0)
			return error;
		/* The tail was read first: by now others may have followed its block. */
		bool again = b.run == r->last.run && b.begin_ns <= r->last.begin_ns;
		r->last = b;
		if (again || !is_wanted(r, &b))
			continue;
		*ret = b;
		return 1;
	}
	return 0;
}

uint64_t hours_damaged(const struct hours_reader *r)
{
	return r->damaged;
}

double hours_share(const struct hours_reader *r)
{
	uint64_t left = r->hour.len - r->at;
	return r->bytes ? (double)(r->done_bytes - MIN(left, r->done_bytes)) / (double)r->bytes : 1;
}

struct hours_reader *hours_read_done(struct hours_reader *r)
{
	if (r) {
		if (r->dir >= 0)
			close(r->dir);
		free(r->files);
		buf_done(&r->hour);
		buf_done(&r->tail);
		buf_done(&r->plain);
		free(r);
	}
	return NULL;
}
