/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/store.h"

#include "snapshot/bundle/manifest.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);
	return n >= t && streq(s + n - t, tail);
}

bool store_is_bundle(const char *file, bool *ret_partial, char *ret_id, size_t size)
{
	bool partial = ends_with(file, BUNDLE_SUFFIX STORE_PARTIAL);
	size_t tail = strlen(partial ? BUNDLE_SUFFIX STORE_PARTIAL : BUNDLE_SUFFIX), len = strlen(file);
	if ((!partial && !ends_with(file, BUNDLE_SUFFIX)) || len <= tail || len - tail >= size || file[0] == '.')
		return false;
	*ret_partial = partial;
	snprintf(ret_id, size, "%.*s", (int)(len - tail), file);
	return true;
}

static int add_rule(struct store_row *row, const char *rule)
{
	for (size_t i = 0; i < row->n_rules; i++)
		if (streq(row->rules[i], rule))
			return 0;
	char **more = reallocarray(row->rules, row->n_rules + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	row->rules = more;
	row->rules[row->n_rules] = strdup(rule);
	return row->rules[row->n_rules] ? (row->n_rules++, 0) : -ENOMEM;
}

static bool has_gap(const struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (member_state_is_gap(l->entries[i].state))
			return true;
	return false;
}

static int fill_from_manifest(struct store_row *row, const struct buf *text)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	if (manifest_parse(buf_str(text), text->len, &m) < 0)
		return 0;
	snprintf(row->rule, sizeof(row->rule), "%s", m.rule);
	snprintf(row->severity, sizeof(row->severity), "%s", m.severity);
	snprintf(row->entity_kind, sizeof(row->entity_kind), "%s", m.entity_kind);
	snprintf(row->entity, sizeof(row->entity), "%s", m.entity);
	snprintf(row->fired_at, sizeof(row->fired_at), "%s", m.fired_at);
	row->fired_realtime_ns = m.fired_realtime_ns;
	row->drill = m.drill;
	return add_rule(row, m.rule);
}

static int fill_from_ledger(struct store_row *row, const struct buf *text)
{
	_cleanup_(ledger_done) struct ledger l = {0};
	bool whole = text->len && ledger_parse(text->data, text->len, &l) == 0;
	snprintf(row->state, sizeof(row->state), "%s", !whole ? "cut" : has_gap(&l) ? "partial" : "complete");
	int r = 0;
	for (size_t i = 0; r == 0 && i < l.n_joined; i++)
		r = add_rule(row, l.joined[i].rule);
	return r;
}

/* The writer process holds a lock on what it is still writing. */
static bool is_locked(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static bool is_pinned(const char *dir, const char *id)
{
	char path[512 + sizeof(STORE_PIN)];
	return snprintf(path, sizeof(path), "%s/%s" STORE_PIN, dir, id) < (int)sizeof(path) && access(path, F_OK) == 0;
}

/* 0; -ENOENT when it went away meanwhile, which is no failure of the listing. */
static int fill(struct store_row *row, const char *dir, bool partial)
{
	_cleanup_buf_ struct buf manifest = {0}, ledger = {0};
	int r = bundle_peek(row->path, &manifest, &ledger, &row->bytes);
	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	r = fill_from_manifest(row, &manifest);
	if (r == 0)
		r = fill_from_ledger(row, &ledger);
	if (partial)
		snprintf(row->state, sizeof(row->state), "%s", is_locked(row->path) ? "writing" : "cut");
	row->pinned = is_pinned(dir, row->id);
	return r;
}

static void row_done(struct store_row *row)
{
	for (size_t i = 0; i < row->n_rules; i++)
		free(row->rules[i]);
	free(row->rules);
}

static int add_file(const char *dir, const char *file, struct store_row **rows, size_t *n)
{
	struct store_row row = {0};
	bool partial;
	if (!store_is_bundle(file, &partial, row.id, sizeof(row.id)) ||
	    snprintf(row.path, sizeof(row.path), "%s/%s", dir, file) >= (int)sizeof(row.path))
		return 0;
	int r = fill(&row, dir, partial);
	struct store_row *more = r == 0 ? reallocarray(*rows, *n + 1, sizeof(*more)) : NULL;
	if (!more) {
		row_done(&row);
		return r == -ENOENT ? 0 : -ENOMEM;
	}
	*rows = more;
	(*rows)[(*n)++] = row;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct store_row *x = a, *y = b;
	if (x->fired_realtime_ns != y->fired_realtime_ns)
		return x->fired_realtime_ns < y->fired_realtime_ns ? -1 : 1;
	return strcmp(x->id, y->id);
}

int store_list(const char *dir, struct store_row **ret, size_t *ret_n)
{
	DIR *d = opendir(dir);
	if (!d)
		return -errno;
	struct store_row *rows = NULL;
	size_t n = 0;
	int r = 0;
	for (struct dirent *e; r == 0 && (e = readdir(d));)
		r = add_file(dir, e->d_name, &rows, &n);
	closedir(d);
	if (r < 0) {
		store_rows_free(rows, n);
		return r;
	}
	if (n)
		qsort(rows, n, sizeof(*rows), by_time);
	*ret = rows;
	*ret_n = n;
	return 0;
}

struct store_row *store_rows_free(struct store_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		row_done(&rows[i]);
	free(rows);
	return NULL;
}
