/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/tree.h"

#include "tests/unit/support/test.h"

#include <ftw.h>
#include <sys/stat.h>

void tree_init(struct tree *t)
{
	snprintf(t->path, sizeof(t->path), "/tmp/tracetrap-test-XXXXXX");
	assert_non_null(mkdtemp(t->path));
}

void tree_write(const struct tree *t, const char *file, const char *text)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", t->path, file);
	for (char *slash = path + strlen(t->path) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	_cleanup_fclose_ FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
}

static int remove_one(const char *path, const struct stat *st _unused_, int type _unused_, struct FTW *ftw _unused_)
{
	return remove(path);
}

void tree_done(struct tree *t)
{
	nftw(t->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
