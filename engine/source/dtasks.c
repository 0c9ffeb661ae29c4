/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/dtasks.h"

#include "engine/base/io.h"
#include "engine/source/scan.h"

#include <dirent.h>
#include <fcntl.h>

struct scan {
	int proc_fd;
	unsigned looked_at, most;
	int found;
	void (*fn)(void *ctx, const char *cgroups);
	void *ctx;
};

struct stat_line {
	char state;
	uint64_t threads;
};

/* "pid (comm) S ppid …": comm may hold anything, so the last parenthesis counts. Threads are the 20th field. */
static bool scan_stat(const char *text, struct stat_line *ret)
{
	const char *at = strrchr(text, ')');
	if (!at || at[1] != ' ' || !at[2])
		return false;
	ret->state = at[2];
	at += 3;
	size_t len = 1;
	for (int field = 4; field < 20 && len; field++)
		scan_word(&at, &len);
	ret->threads = 1;
	scan_u64(&at, &ret->threads);
	return true;
}

static bool read_stat(const struct scan *s, const char *task, struct stat_line *ret)
{
	char path[96], line[1024];
	snprintf(path, sizeof(path), "%s/stat", task);
	_cleanup_close_ int fd = openat(s->proc_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (n <= 0)
		return false;
	line[n] = '\0';
	return scan_stat(line, ret);
}

static void count(struct scan *s, const char *task)
{
	char path[96];
	_cleanup_buf_ struct buf text = {0};
	s->found++;
	snprintf(path, sizeof(path), "%s/cgroup", task);
	if (s->fn && io_read_file(s->proc_fd, path, 65536, &text) >= 0)
		s->fn(s->ctx, buf_str(&text));
}

/* The other threads of a process. */
static void scan_threads(struct scan *s, const char *pid)
{
	char path[96];
	struct stat_line line;
	snprintf(path, sizeof(path), "%s/task", pid);
	DIR *d = io_open_dir(s->proc_fd, path);
	for (struct dirent *e; d && s->looked_at < s->most && (e = readdir(d));) {
		if (!scan_is_digit(e->d_name[0]) || streq(e->d_name, pid))
			continue;
		s->looked_at++;
		snprintf(path, sizeof(path), "%.20s/task/%.20s", pid, e->d_name);
		if (read_stat(s, path, &line) && line.state == 'D')
			count(s, path);
	}
	if (d)
		closedir(d);
}

static void scan_process(struct scan *s, const char *pid)
{
	struct stat_line line;
	s->looked_at++;
	if (!read_stat(s, pid, &line))
		return;
	if (line.state == 'D')
		count(s, pid);
	if (line.threads > 1)
		scan_threads(s, pid);
}

int dtasks_scan(const char *proc_root, unsigned most, void (*fn)(void *ctx, const char *cgroups), void *ctx)
{
	DIR *d = io_open_dir(AT_FDCWD, proc_root);
	if (!d)
		return -errno;
	struct scan s = {.proc_fd = dirfd(d), .most = most, .fn = fn, .ctx = ctx};
	for (struct dirent *e; s.looked_at < most && (e = readdir(d));)
		if (scan_is_digit(e->d_name[0]) && strlen(e->d_name) <= 20)
			scan_process(&s, e->d_name);
	closedir(d);
	return s.found;
}
