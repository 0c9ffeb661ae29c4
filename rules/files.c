/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/files.h"

#include "engine/base/io.h"
#include "rules/text/node.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#define refuse(f, at, code, ...) diagnostics_add((f)->diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)

int files_load_text(struct files *f, const char *name, const char *text, size_t len)
{
	const struct node *root;
	int r = yaml_load(name, text, len, f->caps, f->arena, f->diagnostics, &root);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	f->take(f, root);
	return arena_failed(f->arena) ? -ENOMEM : 0;
}

static void refuse_file(struct files *f, const char *path, int error)
{
	struct position at = {path, 1, 1};
	if (error == -EFBIG)
		refuse(f, at, "yaml-too-big", "a file of more than %zu bytes", f->caps->file_bytes);
	else
		refuse(f, at, "unreadable", "cannot read '%s': %s", path, strerror(-error));
}

static int load_file(struct files *f, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
	if (r == 0 && !S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (r == 0)
		r = io_read_all(fd, f->caps->file_bytes, &text);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		refuse_file(f, path, r);
		return 0;
	}
	return files_load_text(f, path, buf_str(&text), text.len);
}

static int is_document(const struct dirent *d)
{
	size_t len = strlen(d->d_name);
	return d->d_name[0] != '.' && len > 5 && streq(d->d_name + len - 5, ".yaml");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_directory(struct files *f, const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, is_document, by_name), r = 0;
	if (n < 0) {
		refuse_file(f, path, -errno);
		return 0;
	}
	for (int i = 0; i < n; i++) {
		_cleanup_buf_ struct buf file = {0};
		buf_printf(&file, "%s/%s", path, names[i]->d_name);
		free(names[i]);
		if (r == 0)
			r = file.failed ? -ENOMEM : load_file(f, buf_str(&file));
	}
	free(names);
	return r;
}

int files_load(struct files *f, const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? load_directory(f, path) : load_file(f, path);
}

static void check_version(struct files *f, const struct node *root, const char *what)
{
	const struct node *n = node_get(root, "version");
	uint64_t version;
	if (!n)
		refuse(f, root->at, "missing-key", "this file has no version; it begins with version: 1");
	else if (node_u64(n, f->diagnostics, &version) && version != 1)
		refuse(f, n->at, "unknown-version", "%s of version %s; this tracetrap reads version 1", what, n->text);
}

const struct node *files_list(struct files *f, const struct node *root, const char *what, const char *list)
{
	char expected[64];
	snprintf(expected, sizeof(expected), "a list of %s", what);
	check_version(f, root, what);
	const struct node *n = node_get(root, list);
	if (!n)
		refuse(f, root->at, "missing-key", "this file has no %s:", list);
	return n && node_is_sequence(n, expected, f->diagnostics) ? n : NULL;
}
