/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/hours.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/io.h"

static int by_time(const void *a, const void *b)
{
	return strcmp(((const struct hours_file *)a)->name, ((const struct hours_file *)b)->name);
}

static bool file_of(int dir, const char *name, struct hours_file *ret)
{
	struct stat st;
	if (!hourlog_name_parse(name, &ret->realtime_ns) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	snprintf(ret->name, sizeof(ret->name), "%.*s", HOURLOG_NAME_MAX - 1, name);
	ret->bytes = (uint64_t)st.st_size;
	return true;
}

int hours_list(int dir, struct hours_file **ret, size_t *ret_n)
{
	_cleanup_free_ struct hours_file *files = NULL;
	size_t n = 0, cap = 0;
	struct hours_file file;
	_cleanup_closedir_ DIR *d = io_open_dir(dir, ".");
	if (!d)
		return -errno;
	for (struct dirent *e; (e = readdir(d));) {
		if (!file_of(dir, e->d_name, &file))
			continue;
		if (!array_room(files, n, cap))
			return -ENOMEM;
		files[n++] = file;
	}
	if (n)
		qsort(files, n, sizeof(*files), by_time);
	*ret = take_ptr(files);
	*ret_n = n;
	return 0;
}

size_t hours_plan_eviction(const struct hours_file *files, size_t n, const struct hours_bounds *bounds, uint64_t now_realtime_ns)
{
	uint64_t used = 0;
	size_t gone = 0;
	for (size_t i = 0; i < n; i++)
		used += files[i].bytes;
	for (; gone + 1 < n; gone++) {
		const struct hours_file *f = &files[gone];
		bool old = bounds->max_age_ns && now_realtime_ns > f->realtime_ns &&
			   now_realtime_ns - f->realtime_ns > bounds->max_age_ns;
		if (!old && (!bounds->max_use || used <= bounds->max_use))
			break;
		used -= f->bytes;
	}
	return gone;
}

int hours_extent(const char *path, struct hours_extent *ret)
{
	_cleanup_free_ struct hours_file *files = NULL;
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = 0;
	int r = dir < 0 ? -errno : hours_list(dir, &files, &n);
	if (r < 0)
		return r;
	*ret = (struct hours_extent){.files = n, .first_realtime_ns = n ? files[0].realtime_ns : 0};
	for (size_t i = 0; i < n; i++)
		ret->bytes += files[i].bytes;
	return 0;
}
