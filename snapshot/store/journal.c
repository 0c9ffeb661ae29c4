/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/journal.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/statvfs.h>

/* An id is plain by bundle_id_ok(): nothing in it needs escaping. */
int journal_add(int store, const char *event, const char *id, uint64_t bytes)
{
	char line[BUNDLE_ID_MAX + 160], at[CLOCK_TEXT_MAX];
	_cleanup_close_ int fd = openat(store, STORE_JOURNAL, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	int n = snprintf(line, sizeof(line), "{\"at\": \"%s\", \"event\": \"%s\", \"id\": \"%s\", \"bytes\": %" PRIu64 "}\n",
			 clock_rfc3339(clock_now(CLOCK_REALTIME), at), event, id, bytes);
	int r = io_write(fd, line, (size_t)n);
	return r < 0 ? r : fdatasync(fd) < 0 ? -errno : 0;
}

static void evict(int store, const struct store_row *row, evicted_fn fn, void *ctx)
{
	if (unlinkat(store, strrchr(row->path, '/') + 1, 0) < 0)
		return;
	journal_add(store, "evicted", row->id, row->bytes);
	fn(ctx, row);
}

struct room {
	struct store_row *rows;
	bool *evict; /* of each row */
	size_t n;
};

static void room_done(struct room *room)
{
	free(room->evict);
	store_rows_free(room->rows, room->n);
}

/* The caller calls room_done() in any case. */
static int room_plan(struct room *room, int store, const char *dir, const struct store_bounds *bounds, uint64_t need)
{
	struct statvfs fs;
	int r = fstatvfs(store, &fs) < 0 ? -errno : store_list(dir, &room->rows, &room->n);
	if (r < 0)
		return r;
	room->evict = calloc(room->n + 1, sizeof(*room->evict));
	if (!room->evict)
		return -ENOMEM;
	uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return store_plan_eviction(room->rows, room->n, bounds, free_bytes, need, clock_now(CLOCK_REALTIME), room->evict)
		       ? 0
		       : -ENOSPC;
}

int store_make_room(int store, const char *dir, const struct store_bounds *bounds, evicted_fn fn, void *ctx)
{
	_cleanup_(room_done) struct room room = {0};
	int r = room_plan(&room, store, dir, bounds, /* need= */ 0);
	for (size_t i = 0; room.evict && i < room.n; i++)
		if (room.evict[i])
			evict(store, &room.rows[i], fn, ctx);
	return r;
}

int store_has_room(int store, const char *dir, const struct store_bounds *bounds, uint64_t need)
{
	_cleanup_(room_done) struct room room = {0};
	return room_plan(&room, store, dir, bounds, need);
}
