/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/store/store.h"

#include "engine/base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

struct search {
	const char *dir, *word;
	char *path;
	size_t size;
	char best[BUNDLE_ID_MAX + 1]; /* the id that `path` leads to */
	struct timespec best_time;
	unsigned hits; /* different ids */
	bool exact, partial;
};

static void choose(struct search *s, const char *file, const char *id, bool partial)
{
	if (snprintf(s->path, s->size, "%s/%s", s->dir, file) >= (int)s->size)
		return;
	snprintf(s->best, sizeof(s->best), "%s", id);
	s->partial = partial;
}

/* An id typed in full goes before ids it is a prefix of; a published file before a partial one of the same id. */
static void consider(struct search *s, const char *file, const char *id, bool partial)
{
	if (!starts_with(id, s->word))
		return;
	if (streq(id, s->best)) {
		if (s->partial && !partial)
			choose(s, file, id, partial);
		return;
	}
	if (s->exact)
		return;
	s->exact = streq(id, s->word);
	s->hits = s->exact ? 1 : s->hits + 1;
	if (s->hits == 1)
		choose(s, file, id, partial);
}

static bool is_newer(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* Ids begin with the second of the firing; within one second the later file is the last. */
static void consider_last(struct search *s, DIR *d, const char *file, const char *id, bool partial)
{
	struct stat st;
	if (partial || fstatat(dirfd(d), file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	int c = strncmp(id, s->best, strlen("20261120T172301Z"));
	if (s->hits && (c < 0 || (c == 0 && !is_newer(st.st_mtim, s->best_time))))
		return;
	s->hits = 1;
	s->best_time = st.st_mtim;
	choose(s, file, id, partial);
}

static int search_dir(struct search *s)
{
	bool last = streq(s->word, "@last"), partial;
	char id[BUNDLE_ID_MAX + 1];
	DIR *d = opendir(s->dir);
	if (!d)
		return -errno;
	for (struct dirent *e; (e = readdir(d));) {
		if (!store_is_bundle(e->d_name, &partial, id, sizeof(id)))
			continue;
		if (last)
			consider_last(s, d, e->d_name, id, partial);
		else
			consider(s, e->d_name, id, partial);
	}
	closedir(d);
	return 0;
}

static bool is_path(const char *word)
{
	struct stat st;
	return strchr(word, '/') || (word[0] != '@' && stat(word, &st) == 0 && S_ISREG(st.st_mode));
}

int store_resolve(const char *dir, const char *word, char *ret_path, size_t path_size, char *ret_error, size_t error_size)
{
	if (is_path(word)) {
		if (access(word, F_OK) < 0)
			return error_explain(-errno, ret_error, error_size, "cannot open '%s': %s", word, strerror(errno));
		int n = snprintf(ret_path, path_size, "%s", word);
		return n < (int)path_size ? 0 : error_explain(-ENAMETOOLONG, ret_error, error_size, "the path is too long");
	}
	struct search s = {.dir = dir, .word = word, .path = ret_path, .size = path_size};
	int r = *word ? search_dir(&s) : 0;
	if (r < 0)
		return error_explain(r, ret_error, error_size, "cannot read the store '%s': %s", dir, strerror(-r));
	if (s.hits == 0)
		return error_explain(-ENOENT, ret_error, error_size, "no incident '%s' in '%s'; `tracetrap list` names them", word,
			       dir);
	if (s.hits > 1)
		return error_explain(-ENOTUNIQ, ret_error, error_size, "'%s' fits %u incidents, one of them '%s'; type more of it",
			       word, s.hits, s.best);
	return 0;
}
