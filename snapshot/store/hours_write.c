/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/hours.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/io.h"

#define HOUR_BYTES_MAX ((size_t)1 << 30)

struct hours {
	int dir, tail;
	gid_t group;
	struct hours_bounds bounds;
	struct buf block; /* the tail's records; what could not be written to the tail is here all the same */
	size_t in_tail;	  /* bytes of the block */
	bool torn;	  /* the tail has others behind them */
	bool holed;	  /* something of the block is lost: what comes behind it means nothing */
};

/* A history that others cannot read is still one. */
static void give_to_group(const struct hours *h, int fd)
{
	if (h->group != NO_GROUP && fchown(fd, (uid_t)-1, h->group) < 0)
		return;
}

static int open_for_append(const struct hours *h, const char *name)
{
	int fd = openat(h->dir, name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0640);
	if (fd < 0)
		return -errno;
	give_to_group(h, fd);
	return fd;
}

static void make_room(const struct hours *h)
{
	_cleanup_free_ struct hours_file *files = NULL;
	size_t n = 0;
	if (hours_list(h->dir, &files, &n) < 0)
		return;
	size_t gone = hours_plan_eviction(files, n, &h->bounds, clock_now(CLOCK_REALTIME));
	for (size_t i = 0; i < gone; i++)
		unlinkat(h->dir, files[i].name, 0);
}

/* Where the whole blocks of an hour end, and whether `block` is the last of them. */
static int examine_hour(int fd, const struct hourlog_block *block, size_t *ret_end, bool *ret_has_it)
{
	_cleanup_buf_ struct buf hour = {0}, plain = {0};
	struct hourlog_block last = {0};
	uint64_t damaged = 0;
	int r = io_read_all(fd, HOUR_BYTES_MAX, &hour);
	*ret_end = 0;
	while (r >= 0 && (r = hourlog_unpack(buf_str(&hour), hour.len, ret_end, &plain, &damaged)) > 0)
		hourlog_block_open(plain.data, plain.len, &last);
	*ret_has_it = last.run == block->run && last.begin_ns == block->begin_ns;
	return r;
}

/* All of it or nothing: a cut block would be passed over by readers, but it would stay. */
static int append_block(int fd, const struct buf *frame)
{
	off_t end = lseek(fd, 0, SEEK_END);
	int r = end < 0 ? -errno : io_write(fd, frame->data, frame->len);
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	if (r < 0 && end >= 0 && ftruncate(fd, end) < 0)
		return -errno;
	return r;
}

static int write_block(struct hours *h, const struct buf *plain, bool recovering)
{
	char name[HOURLOG_NAME_MAX];
	_cleanup_buf_ struct buf frame = {0};
	struct hourlog_block block;
	int r = hourlog_block_open(plain->data, plain->len, &block);
	if (r < 0)
		return r;
	hourlog_name(block.begin_ns + (uint64_t)block.realtime_offset_ns, name);
	bool fresh = faccessat(h->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	_cleanup_close_ int fd = open_for_append(h, name);
	size_t end = 0;
	bool has_it = false;
	r = fd < 0 ? fd : hourlog_pack(plain, &frame);
	if (r == 0 && recovering)
		r = examine_hour(fd, &block, &end, &has_it);
	if (r == 0 && recovering && ftruncate(fd, (off_t)end) < 0)
		r = -errno;
	if (r < 0 || has_it)
		return r;
	r = append_block(fd, &frame);
	if (fresh) {
		fsync(h->dir);
		make_room(h);
	}
	return r;
}

static int fold(struct hours *h, bool recovering)
{
	_cleanup_buf_ struct buf plain = {0};
	int r = hourlog_fold(buf_str(&h->block), h->block.len, &plain);
	r = r < 0 ? r : write_block(h, &plain, recovering);
	buf_clear(&h->block);
	h->in_tail = 0;
	h->holed = false;
	h->torn = ftruncate(h->tail, 0) < 0;
	if (h->torn && r >= 0)
		r = -errno;
	return r == -ENODATA ? 0 : r;
}

/* A tail that cannot be read costs its minute, not the history. */
static void recover(struct hours *h)
{
	int r = io_read_all(h->tail, HOURLOG_TAIL_MAX * 2, &h->block);
	if (r == 0 || r == -EFBIG)
		fold(h, /* recovering= */ true);
}

static int open_dir(int state)
{
	if (mkdirat(state, HOURS_DIR, 0750) < 0 && errno != EEXIST && errno != EROFS)
		return -errno;
	int dir = openat(state, HOURS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return dir < 0 ? -errno : dir;
}

int hours_open(int state, const struct hours_bounds *bounds, gid_t group, struct hours **ret)
{
	struct hours *h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	*h = (struct hours){.dir = open_dir(state), .tail = -1, .group = group, .bounds = *bounds};
	int r = h->dir < 0 ? h->dir : (h->tail = open_for_append(h, HOURS_TAIL));
	if (r < 0) {
		hours_close(h);
		return r;
	}
	give_to_group(h, h->dir);
	recover(h);
	make_room(h);
	*ret = h;
	return 0;
}

/* All of the block that the tail lacks: a second that could not be written comes with the next, which goes on from it. */
static int catch_up(struct hours *h)
{
	if (h->torn && ftruncate(h->tail, (off_t)h->in_tail) < 0)
		return -errno;
	int r = io_write(h->tail, h->block.data + h->in_tail, h->block.len - h->in_tail);
	h->torn = r < 0;
	if (r == 0)
		h->in_tail = h->block.len;
	return r;
}

static int append(struct hours *h, const void *data, size_t len)
{
	bool begins = hourlog_begins(data, len);
	int r = begins ? fold(h, /* recovering= */ false) : 0;
	if ((h->block.len == 0 && !begins) || h->holed)
		return 0; /* what it goes on from is not here */
	h->holed = h->block.len + len > HOURLOG_TAIL_MAX * 2;
	if (h->holed)
		return -EFBIG;
	buf_add(&h->block, data, len);
	h->holed = h->block.failed;
	int written = h->holed ? -ENOMEM : catch_up(h);
	return r < 0 ? r : written;
}

/* A block may end within a second: at a reload, or where an event came before the minute's first reading. */
int hours_append(struct hours *h, const void *data, size_t len)
{
	int r = 0;
	for (size_t at = 0, n; at < len; at += n) {
		n = hourlog_block_end((const char *)data + at, len - at);
		int one = append(h, (const char *)data + at, n);
		r = r < 0 ? r : one;
	}
	return r;
}

struct hours *hours_close(struct hours *h)
{
	if (h->tail >= 0) {
		fold(h, /* recovering= */ false);
		close(h->tail);
	}
	if (h->dir >= 0)
		close(h->dir);
	buf_done(&h->block);
	free(h);
	return NULL;
}
