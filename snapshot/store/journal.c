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

int store_make_room(int store, const char *dir, const struct store_bounds *bounds, evicted_fn fn, void *ctx)
{
	struct store_row *rows = NULL;
	struct statvfs fs;
	size_t n = 0;
	int r = fstatvfs(store, &fs) < 0 ? -errno : store_list(dir, &rows, &n);
	bool *marks = r < 0 ? NULL : calloc(n + 1, sizeof(*marks));
	if (!marks) {
		store_rows_free(rows, n);
		return r < 0 ? r : -ENOMEM;
	}
	store_plan_eviction(rows, n, bounds, (uint64_t)fs.f_bavail * fs.f_frsize, 0, clock_now(CLOCK_REALTIME), marks);
	for (size_t i = 0; i < n; i++)
		if (marks[i])
			evict(store, &rows[i], fn, ctx);
	free(marks);
	store_rows_free(rows, n);
	return 0;
}
