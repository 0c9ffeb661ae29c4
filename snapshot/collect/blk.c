/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/collectors.h"

#include "engine/base/io.h"

#include <fcntl.h>

#define ATTRIBUTE_MAX 4096

static const char *const proc_files[] = {"diskstats", "pressure/io", "self/mountinfo", "partitions", "mdstat"};

static void print_attribute(FILE *to, int dirfd, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	if (io_read_file(dirfd, path, ATTRIBUTE_MAX, &text) < 0)
		return;
	while (text.len && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	fprintf(to, "%s: %s\n", path, buf_str(&text));
}

static void print_queue(FILE *to, int disk)
{
	_cleanup_closedir_ DIR *queue = io_open_dir(disk, "queue");
	char path[300];
	for (struct dirent *e; queue && (e = readdir(queue));) {
		if (e->d_type != DT_REG)
			continue;
		snprintf(path, sizeof(path), "queue/%s", e->d_name);
		print_attribute(to, disk, path);
	}
}

/* A loop or ram disk that was never used says nothing. */
static bool is_used(int disk)
{
	char line[256];
	return io_read_line(disk, "stat", line, sizeof(line)) == 0 && strpbrk(line, "123456789");
}

static void collect_disk(struct collect *c, int blocks, const char *name)
{
	static const char *const attributes[] = {"stat", "inflight", "size", "ro", "removable", "device/state",
						 "device/model"};
	char member[160];
	_cleanup_close_ int disk = openat(blocks, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (disk < 0 || !is_used(disk))
		return;
	snprintf(member, sizeof(member), "sys/block/%.64s.txt", name);
	FILE *to = collect_open(c, member);
	if (!to)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		print_attribute(to, disk, attributes[i]);
	print_queue(to, disk);
	collect_close(c, MEMBER_COMPLETE, NULL, 0);
}

int collect_blk(struct collect *c)
{
	collect_proc_files(c, proc_files, ARRAY_SIZE(proc_files));
	_cleanup_closedir_ DIR *blocks = io_open_dir(collect_sys_dirfd(c), "block");
	if (!blocks)
		collect_missing(c, "sys/block", MEMBER_UNSUPPORTED, "block: %s", strerror(errno));
	for (struct dirent *e; blocks && (e = readdir(blocks));)
		if (e->d_name[0] != '.')
			collect_disk(c, dirfd(blocks), e->d_name);
	return 0;
}
