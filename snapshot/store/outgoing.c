/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/outgoing.h"

#include "engine/base/io.h"

#include <fcntl.h>
#include <sys/file.h>

static void partial_name(const char *id, char name[BUNDLE_ID_MAX + 32])
{
	snprintf(name, BUNDLE_ID_MAX + 32, "%s" BUNDLE_SUFFIX STORE_PARTIAL, id);
}

struct outgoing *outgoing_new(int store, const char *id, int stage, int *ret_error)
{
	char name[BUNDLE_ID_MAX + 32];
	partial_name(id, name);
	int fd = openat(store, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	struct outgoing *o = fd < 0 ? NULL : calloc(1, sizeof(*o));
	if (!o) {
		*ret_error = fd < 0 ? -errno : -ENOMEM;
		if (fd >= 0)
			close(fd);
		close(stage);
		return NULL;
	}
	flock(fd, LOCK_EX | LOCK_NB);
	snprintf(o->id, sizeof(o->id), "%s", id);
	o->stage = stage;
	o->fd = fd;
	return o;
}

static int copy_chunk(struct outgoing *o)
{
	static char chunk[262144];
	size_t want = (size_t)MIN(sizeof(chunk), o->wanted - o->copied);
	ssize_t n = pread(o->stage, chunk, want, (off_t)o->copied);
	if (n <= 0)
		return n < 0 ? -errno : -ENODATA;
	if (lseek(o->fd, (off_t)o->copied, SEEK_SET) < 0)
		return -errno;
	int r = io_write(o->fd, chunk, (size_t)n);
	if (r == 0)
		o->copied += (uint64_t)n;
	return r;
}

int64_t outgoing_copy(struct outgoing *o)
{
	uint64_t before = o->copied;
	o->error = 0;
	while (o->error == 0 && o->copied < o->wanted)
		o->error = copy_chunk(o);
	if (o->copied > before && fdatasync(o->fd) < 0 && o->error == 0)
		o->error = -errno;
	return o->error < 0 ? o->error : (int64_t)(o->copied - before);
}

int outgoing_publish(struct outgoing *o, int store)
{
	char partial[BUNDLE_ID_MAX + 32], whole[BUNDLE_ID_MAX + 32];
	partial_name(o->id, partial);
	snprintf(whole, sizeof(whole), "%s" BUNDLE_SUFFIX, o->id);
	if (outgoing_copy(o) < 0)
		return o->error;
	if (fsync(o->fd) < 0 || renameat(store, partial, store, whole) < 0 || fsync(store) < 0)
		return o->error = -errno;
	return 0;
}

struct outgoing *outgoing_free(struct outgoing *o)
{
	close(o->fd);
	close(o->stage);
	free(o);
	return NULL;
}
