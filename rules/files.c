/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/files.h"

#include "engine/base/io.h"
#include "rules/text/node.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <sys/stat.h>

#define GLOB_MAGIC "*?["

struct opened_file {
	struct opened_file *next; /* opened before it */
	const char *path;
	dev_t dev;
	ino_t ino;
	const struct opened_file *by; /* who included it, NULL: nobody */
	unsigned depth;
	bool reading;
};

/* Why a file is read. Without `by`, a path that somebody named; `once`: nothing new if it was read already. */
struct request {
	const struct opened_file *by;
	struct position at; /* of the word in `by` */
	bool once;
};

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

static struct position asked_at(const struct request *why, const char *path)
{
	return why->by ? why->at : (struct position){path, 1, 1};
}

static void refuse_file(struct files *f, const struct request *why, const char *path, int error)
{
	struct position at = asked_at(why, path);
	if (error == -EFBIG)
		refuse(f, at, "yaml-too-big", "a file of more than %zu bytes", f->caps->file_bytes);
	else
		refuse(f, at, "unreadable", "cannot read '%s': %s", path, strerror(-error));
}

static struct opened_file *find_opened(const struct files *f, const struct stat *st)
{
	for (struct opened_file *o = f->opened; o; o = o->next)
		if (o->dev == st->st_dev && o->ino == st->st_ino)
			return o;
	return NULL;
}

/* "a.yaml includes b.yaml includes a.yaml": up from the file that would include again to the one that began. */
static void add_way(struct buf *out, const struct opened_file *from, const struct opened_file *to)
{
	if (from != to && from->by)
		add_way(out, from->by, to);
	buf_printf(out, "%s includes ", from->path);
}

static void refuse_cycle(struct files *f, const struct request *why, const struct opened_file *again)
{
	_cleanup_buf_ struct buf way = {0};
	add_way(&way, why->by, again);
	refuse(f, why->at, "include-cycle", "a file that includes itself: %s%s", buf_str(&way), again->path);
}

static void refuse_more(struct files *f, struct position at)
{
	if (!f->full)
		refuse(f, at, "too-many-files", "more than %d files", FILES_MAX);
	f->full = true;
}

/* Whether it is to be read at all. */
static bool admit(struct files *f, const struct request *why, const char *path, const struct stat *st)
{
	const struct opened_file *before = find_opened(f, st);
	if (before && before->reading && why->by) {
		refuse_cycle(f, why, before);
		return false;
	}
	if (before && why->once)
		return false;
	if (why->by && why->by->depth >= INCLUDE_DEPTH_MAX)
		refuse(f, why->at, "include-too-deep", "includes nest deeper than %d files", INCLUDE_DEPTH_MAX);
	else if (f->n_opened >= FILES_MAX)
		refuse_more(f, asked_at(why, path));
	else
		return true;
	return false;
}

static struct opened_file *remember(struct files *f, const struct request *why, const char *path, const struct stat *st)
{
	struct opened_file *o = arena_alloc(f->arena, sizeof(*o));
	if (!o)
		return NULL;
	*o = (struct opened_file){
		.next = f->opened,
		.path = arena_strdup(f->arena, path),
		.dev = st->st_dev,
		.ino = st->st_ino,
		.by = why->by,
		.depth = why->by ? why->by->depth + 1 : 0,
		.reading = true,
	};
	f->opened = o;
	f->n_opened++;
	if (why->by)
		diagnostics_included(f->diagnostics, path, why->at);
	return o->path ? o : NULL;
}

static int take_file(struct files *f, struct opened_file *o, const char *text, size_t len)
{
	const struct opened_file *outer = f->current;
	f->current = o;
	int r = files_load_text(f, o->path, text, len);
	f->current = outer;
	o->reading = false;
	return r;
}

static int load_file(struct files *f, const char *path, const struct request *why)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
	if (r == 0 && !S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (r == 0 && !admit(f, why, path, &st))
		return 0;
	if (r == 0)
		r = io_read_all(fd, f->caps->file_bytes, &text);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		refuse_file(f, why, path, r);
		return 0;
	}
	stamps_add_file(f->stamps, path, &st, buf_str(&text), text.len);
	struct opened_file *o = remember(f, why, path, &st);
	return o ? take_file(f, o, buf_str(&text), text.len) : -ENOMEM;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);
	return len > n && streq(name + len - n, suffix);
}

static int is_of_interest(const struct dirent *d)
{
	return d->d_name[0] != '.' && (ends_in(d->d_name, ".yaml") || ends_in(d->d_name, ".yml"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Whoever named it so believes that it is in force. */
static void pass_over(struct files *f, const char *path, const struct request *why)
{
	diagnostics_add(f->diagnostics, DIAGNOSTIC_WARNING, asked_at(why, path), "passed-over",
			"'%s' is not read: name it *.yaml", path);
}

static int load_directory(struct files *f, const char *path, const struct request *why)
{
	struct dirent **names;
	stamps_add_directory(f->stamps, path);
	int n = scandir(path, &names, is_of_interest, by_name), r = 0;
	if (n < 0) {
		refuse_file(f, why, path, -errno);
		return 0;
	}
	for (int i = 0; i < n; i++) {
		_cleanup_buf_ struct buf file = {0};
		buf_printf(&file, "%s/%s", path, names[i]->d_name);
		free(names[i]);
		if (r == 0 && file.failed)
			r = -ENOMEM;
		else if (r == 0 && ends_in(buf_str(&file), ".yaml"))
			r = load_file(f, buf_str(&file), why);
		else if (r == 0)
			pass_over(f, buf_str(&file), why);
	}
	free(names);
	return r;
}

static int load_path(struct files *f, const char *path, const struct request *why)
{
	struct stat st;
	bool directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	return directory ? load_directory(f, path, &(struct request){why->by, why->at, .once = true})
			 : load_file(f, path, why);
}

int files_load(struct files *f, const char *path)
{
	return load_path(f, path, &(struct request){0});
}

/* The directory of the including file, its name no glob even if it looks like one. */
static void add_directory(struct buf *out, const char *file, bool escaped)
{
	const char *slash = strrchr(file, '/');
	for (const char *c = file; slash && c <= slash; c++) {
		if (escaped && strchr(GLOB_MAGIC "\\", *c))
			buf_add_char(out, '\\');
		buf_add_char(out, *c);
	}
}

static void include_glob(struct files *f, const char *pattern, const char *word, const struct request *why)
{
	glob_t found = {0};
	_cleanup_free_ char *directory = strdup(pattern);
	if (directory)
		stamps_add_directory(f->stamps, dirname(directory)); /* where it is no pattern itself */
	int r = glob(pattern, 0, NULL, &found);
	if (r == GLOB_NOMATCH)
		diagnostics_add(f->diagnostics, DIAGNOSTIC_WARNING, why->at, "include-nothing", "'%.128s' matches no file", word);
	else if (r != 0)
		refuse(f, why->at, "unreadable", "cannot look for '%.128s': %s", word, strerror(r == GLOB_NOSPACE ? ENOMEM : EIO));
	for (size_t i = 0; r == 0 && i < found.gl_pathc && !f->full; i++)
		load_path(f, found.gl_pathv[i], why);
	globfree(&found);
}

/* Out of memory is known to the arena, which is asked when the document has been taken. */
static void include_one(struct files *f, const struct node *n)
{
	const struct request why = {.by = f->current, .at = n->at, .once = true};
	_cleanup_buf_ struct buf path = {0};
	const char *word;
	if (!node_string(n, f->diagnostics, &word))
		return;
	bool is_glob = strpbrk(word, GLOB_MAGIC) != NULL;
	if (word[0] != '/')
		add_directory(&path, f->current->path, is_glob);
	buf_add_str(&path, word);
	if (is_glob)
		include_glob(f, buf_str(&path), word, &why);
	else
		load_path(f, buf_str(&path), &why);
}

void files_include(struct files *f, const struct node *list)
{
	if (!f->current)
		refuse(f, list->at, "include-in-memory", "only a file can include others; this text is none");
	else if (list->kind == NODE_SCALAR)
		include_one(f, list);
	else if (node_is_sequence(list, "a list of files to include", f->diagnostics))
		for (size_t i = 0; i < list->n; i++)
			include_one(f, list->items[i]);
}

void files_check_version(struct files *f, const struct node *root, const char *what)
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
	files_check_version(f, root, what);
	const struct node *n = node_get(root, list);
	if (!n)
		refuse(f, root->at, "missing-key", "this file has no '%s', a list; %s: [] if there are to be none", list, list);
	return n && node_is_sequence(n, expected, f->diagnostics) ? n : NULL;
}
