/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/file.h"

#include "engine/base/io.h"

#include <fcntl.h>
#include <limits.h>

#define MOUNTINFO_MAX (1024 * 1024)

int file_read_mounts(const char *proc_root, struct buf *ret_mountinfo)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/self/mountinfo", proc_root);
	return io_read_file(AT_FDCWD, path, MOUNTINFO_MAX, ret_mountinfo);
}

/* Blanks, tabs, newlines and backslashes are written as three octal digits. */
static void unescape(char *text)
{
	char *to = text;
	unsigned c;
	for (const char *from = text; *from; to++) {
		if (sscanf(from, "\\%3o", &c) == 1 && c < 256) {
			*to = (char)c;
			from += 4;
		} else
			*to = *from++;
	}
	*to = '\0';
}

/* ID PARENT MAJOR:MINOR ROOT MOUNTPOINT …: true and the mount point if it is that device, from its root. */
static bool parse_mount(const char *line, const struct event_file *f, char ret_point[sizeof(f->path)])
{
	unsigned major, minor;
	char root[3];
	if (sscanf(line, "%*d %*d %u:%u %2s %127s", &major, &minor, root, ret_point) != 4)
		return false;
	unescape(ret_point);
	return major == f->dev_major && minor == f->dev_minor && streq(root, "/");
}

/* Of its own: sscanf() looks for the end of all that it is given. */
static const char *take_line(const char *text, char *ret_line, size_t size)
{
	size_t length = strcspn(text, "\n");
	snprintf(ret_line, size, "%.*s", (int)length, text);
	return text + length + (text[length] == '\n');
}

void file_add_mount(const char *mountinfo, struct event_file *f)
{
	char point[sizeof(f->path)] = "", line[512];
	if (f->path[0] != '/')
		return;
	while (*mountinfo) {
		mountinfo = take_line(mountinfo, line, sizeof(line));
		if (!parse_mount(line, f, point))
			continue;
		size_t length = strlen(point), rest = strnlen(f->path, sizeof(f->path) - 1);
		if (streq(point, "/") || length + rest >= sizeof(f->path))
			return;
		memmove(f->path + length, f->path, rest);
		memcpy(f->path, point, length);
		f->path[length + rest] = '\0';
		return;
	}
}
