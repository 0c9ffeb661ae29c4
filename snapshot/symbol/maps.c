/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "snapshot/symbol/child.h"
#include "snapshot/symbol/symbol.h"

#include <inttypes.h>
#include <sys/mman.h>

#define MAPS_MAX   ((size_t)4 << 20) /* of one process */
#define OUTPUT_MAX ((size_t)64 << 20)

/* "55d0…000-55d0…000 r-xp 00002000 fd:01 1234   /usr/bin/dd"; false for what is no executable mapping. */
static bool line_parse(const char *line, struct symbols_mapping *ret)
{
	char perms[5];
	int path_at = 0;
	struct symbols_mapping m = {0};
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &m.start, &m.end, perms,
		   &m.pgoff, &m.major, &m.minor, &m.inode, &path_at) < 7 ||
	    strlen(perms) != 4 || perms[2] != 'x' || !path_at)
		return false;
	m.prot = (perms[0] == 'r' ? PROT_READ : 0U) | (perms[1] == 'w' ? PROT_WRITE : 0U) | PROT_EXEC;
	m.flags = perms[3] == 's' ? MAP_SHARED : MAP_PRIVATE;
	m.path = line[path_at] ? line + path_at : "//anon";
	*ret = m;
	return true;
}

int symbols_add_maps_text(struct symbols *s, uint32_t pid, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *save = NULL;
	int r = 0;
	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &save); line && r == 0; line = strtok_r(NULL, "\n", &save)) {
		struct symbols_mapping m;
		if (line_parse(line, &m))
			r = symbols_map(s, pid, &m);
	}
	return r;
}

struct request {
	int proc_dirfd;
	const uint32_t *pids;
	size_t n;
};

/* Each process's text follows a header "#pid ok" or "#pid gone", which nothing in a maps file looks like. The header
 * "#pid reading" goes ahead: it is the last one when the read never returns. */
static int maps_read_in_child(void *ctx, int out)
{
	const struct request *q = ctx;
	for (size_t i = 0; i < q->n; i++) {
		char path[32];
		_cleanup_buf_ struct buf text = {0};
		dprintf(out, "#%u reading\n", q->pids[i]);
		snprintf(path, sizeof(path), "%u/maps", q->pids[i]);
		int r = io_read_file(q->proc_dirfd, path, MAPS_MAX, &text);
		dprintf(out, "#%u %s\n", q->pids[i], r == 0 || r == -EFBIG ? "ok" : "gone");
		if (io_write(out, text.data, text.len) < 0)
			return -EIO;
	}
	return 0;
}

/* Adds what was read; *ret_begun counts the processes that were begun, of which the last may have got stuck. */
static int output_add(struct symbols *s, char *output, size_t *ret_begun)
{
	int read = 0;
	*ret_begun = 0;
	for (char *at = strchr(output, '#'), *next; at; at = next) {
		unsigned pid;
		int body = 0;
		char word[8];
		next = strstr(at, "\n#");
		if (next)
			*next++ = '\0';
		if (sscanf(at, "#%u %7s%n", &pid, word, &body) != 2)
			continue;
		*ret_begun += streq(word, "reading");
		if (streq(word, "ok") && at[body] && symbols_add_maps_text(s, pid, at + body) == 0)
			read++;
	}
	return read;
}

int symbols_read_maps(struct symbols *s, const uint32_t *pids, size_t n, unsigned ms)
{
	int read = 0;
	for (size_t at = 0, begun; at < n; at += MAX(begun, (size_t)1)) {
		_cleanup_buf_ struct buf output = {0};
		struct request q = {.proc_dirfd = symbols_proc_dirfd(s), .pids = pids + at, .n = n - at};
		struct child_bounds bounds = {.ms = ms, .max_output = OUTPUT_MAX, .keep_fd = -1};
		int r = child_run(maps_read_in_child, &q, &bounds, &output);
		read += output_add(s, output.len ? output.data : (char[]){""}, &begun);
		if (r == 0 || (r != -ETIMEDOUT && begun == 0))
			break;
	}
	return read;
}
