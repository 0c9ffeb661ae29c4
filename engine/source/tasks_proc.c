/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/tasks_proc.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (64 * 1024)

struct walk {
	enum tasks_proc_rows what;
	struct buf rows;
	int cgroups; /* of the cgroup v2 tree, -1 when there is none */
};

static uint32_t state_of(char letter)
{
	static const struct {
		char letter;
		uint32_t state;
	} states[] = {
		{'R', TASK_STATE_RUNNING}, {'S', TASK_STATE_INTERRUPTIBLE}, {'D', TASK_STATE_UNINTERRUPTIBLE},
		{'I', TASK_STATE_UNINTERRUPTIBLE | TASK_STATE_NOLOAD}, {'T', 0x4}, {'t', 0x8}, {'X', 0x10}, {'Z', 0x20},
		{'P', 0x40},
	};
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (states[i].letter == letter)
			return states[i].state;
	return 0;
}

static uint64_t ticks_ns(uint64_t ticks)
{
	return ticks * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

bool tasks_proc_parse_stat(const char *line, struct task_row *ret)
{
	struct task_row row = {0};
	uint64_t user, sys, start;
	int64_t rss;
	char letter;
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	if (!open || !close || close < open || sscanf(line, "%u", &row.pid) != 1)
		return false;
	int n = sscanf(close + 1,
		       " %c %u %*d %*d %*d %*d %u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
		       " %*d %*d %*d %*d %*d %*d %" SCNu64 " %*u %" SCNd64
		       " %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %u",
		       &letter, &row.ppid, &row.flags, &user, &sys, &start, &rss, &row.cpu);
	if (n != 8)
		return false;
	row.state = state_of(letter);
	row.cpu_user_ns = ticks_ns(user);
	row.cpu_sys_ns = ticks_ns(sys);
	row.start_ns = ticks_ns(start);
	row.rss_bytes = rss > 0 ? (uint64_t)rss * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
	snprintf(row.comm, sizeof(row.comm), "%.*s", (int)(close - open - 1), open + 1);
	*ret = row;
	return true;
}

static uint64_t number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void read_status(int dir, struct task_row *row)
{
	_cleanup_buf_ struct buf text = {0};
	if (io_read_file(dir, "status", FILE_MAX_BYTES, &text) < 0)
		return;
	row->tgid = (uint32_t)number_after(buf_str(&text), "\nTgid:");
	row->anon_bytes = number_after(buf_str(&text), "\nRssAnon:") * 1024;
	row->swap_bytes = number_after(buf_str(&text), "\nVmSwap:") * 1024;
	row->switches = number_after(buf_str(&text), "\nvoluntary_ctxt_switches:") +
			number_after(buf_str(&text), "\nnonvoluntary_ctxt_switches:");
}

static void read_io(int dir, struct task_row *row)
{
	_cleanup_buf_ struct buf text = {0};
	if (io_read_file(dir, "io", FILE_MAX_BYTES, &text) < 0)
		return;
	row->read_bytes = number_after(buf_str(&text), "\nread_bytes:");
	row->write_bytes = number_after(buf_str(&text), "\nwrite_bytes:");
}

static void read_cgroup(const struct walk *w, int dir, struct task_row *row)
{
	_cleanup_buf_ struct buf text = {0};
	struct stat st;
	if (w->cgroups < 0 || io_read_file(dir, "cgroup", FILE_MAX_BYTES, &text) < 0)
		return;
	char *path = strstr(text.data ? text.data : "", "0::/");
	if (!path)
		return;
	path += strlen("0::/");
	path[strcspn(path, "\n")] = '\0';
	if (fstatat(w->cgroups, *path ? path : ".", &st, 0) == 0)
		row->cgroup_id = st.st_ino;
}

static bool is_wanted(const struct walk *w, const struct task_row *row)
{
	return w->what != TASKS_PROC_D_STACKS ||
	       (row->state & (TASK_STATE_UNINTERRUPTIBLE | TASK_STATE_NOLOAD)) == TASK_STATE_UNINTERRUPTIBLE;
}

static void add_task(struct walk *w, int dir)
{
	struct task_stack s = {0};
	_cleanup_buf_ struct buf line = {0};
	if (io_read_file(dir, "stat", FILE_MAX_BYTES, &line) < 0 || !tasks_proc_parse_stat(buf_str(&line), &s.task) ||
	    !is_wanted(w, &s.task))
		return;
	read_status(dir, &s.task);
	read_io(dir, &s.task);
	read_cgroup(w, dir, &s.task);
	buf_add(&w->rows, &s, w->what == TASKS_PROC_ROWS ? sizeof(s.task) : sizeof(s));
}

/* Calls fn for every entry of dir/name whose name is a number. */
static int for_each_number(struct walk *w, int at, const char *name, void (*fn)(struct walk *w, int dir))
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		uint64_t number;
		if (!text_u64(e->d_name, &number))
			continue;
		_cleanup_close_ int entry = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (entry >= 0)
			fn(w, entry);
	}
	closedir(dir);
	return 0;
}

static void add_process(struct walk *w, int dir)
{
	for_each_number(w, dir, "task", add_task);
}

/* Only beside the real /proc is the real cgroup tree the one that belongs to it. */
static int open_cgroups(const char *proc_root)
{
	if (!streq(proc_root, "/proc"))
		return -1;
	int fd = open("/sys/fs/cgroup/unified", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : open("/sys/fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int rows_fd(const struct buf *rows)
{
	if (rows->failed)
		return -ENOMEM;
	_cleanup_close_ int fd = io_memfd("tasks", 0);
	if (fd < 0)
		return fd;
	int r = io_write(fd, rows->data, rows->len);
	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return take_fd(fd);
}

int tasks_proc_fd(const char *proc_root, enum tasks_proc_rows what)
{
	_cleanup_close_ int cgroups = open_cgroups(proc_root);
	struct walk w = {.what = what, .cgroups = cgroups};
	int r = for_each_number(&w, AT_FDCWD, proc_root, add_process);
	if (r == 0)
		r = rows_fd(&w.rows);
	buf_done(&w.rows);
	return r;
}
