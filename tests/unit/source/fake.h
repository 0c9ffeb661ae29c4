/* SPDX-License-Identifier: GPL-2.0-only */
/* A /proc and /sys of our own in a temporary directory, and an environment whose clock the test moves. */
#pragma once

#include "engine/source/helper.h"
#include "engine/source/part.h"

#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

struct fake {
	char root[64];
	struct source_options options;
	struct env env;
	struct readings out;
};

static inline void fake_write(struct fake *f, const char *path, const char *text)
{
	char full[512];
	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	for (char *p = full + strlen(f->root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	FILE *file = fopen(full, "w"); /* the same inode as before: parts keep their files open */
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void fake_remove(struct fake *f, const char *path)
{
	char full[512];
	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	assert_int_equal(remove(full), 0);
}

static inline struct fake *fake_new(void)
{
	struct fake *f = calloc(1, sizeof(*f));
	strcpy(f->root, "/tmp/tracetrap-fake.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->options.entities = f->env.entities = entities_new(32);
	f->env.options = &f->options;
	f->env.proc_fd = open(f->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->env.sys_fd = open(f->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->env.proc_root = f->env.sys_root = f->root;
	f->env.fast_ns = SECOND_NS / 10;
	f->env.now_ns = 1000 * SECOND_NS;
	f->env.d_tasks = UINT64_MAX;
	return f;
}

/* One reading of a part, after_ns later than the one before; what went is taken out of the table as a source does. */
static inline void fake_read(struct fake *f, const struct part_ops *ops, struct part *p, uint64_t after_ns)
{
	f->env.now_ns += after_ns;
	f->out.n = 0;
	f->env.churn.n_born = 0;
	f->env.churn.n_gone = 0;
	ops->read(p, &f->env, &f->out);
	for (size_t i = 0; i < f->env.churn.n_gone; i++)
		env_remove(&f->env, f->env.churn.gone[i]);
}

static inline const struct reading *fake_find(const struct fake *f, unsigned signal, enum entity_kind kind,
					      const char *name)
{
	uint16_t slot = entities_find(f->env.entities, kind, name);
	for (size_t i = 0; i < f->out.n; i++)
		if (f->out.at[i].signal == signal && f->out.at[i].entity == slot)
			return &f->out.at[i];
	return NULL;
}

static inline int64_t fake_value(const struct fake *f, unsigned signal, enum entity_kind kind, const char *name)
{
	const struct reading *r = fake_find(f, signal, kind, name);
	if (!r)
		fail_msg("%s of %s has no reading", signal_table[signal].name, name);
	assert_false(r->unknown);
	return r->value;
}

static inline int64_t fake_host(const struct fake *f, unsigned signal)
{
	return fake_value(f, signal, ENTITY_KIND_HOST, "host");
}

static inline int fake_unlink(const char *path, const struct stat *st _unused_, int type _unused_, struct FTW *w _unused_)
{
	return remove(path);
}

static inline void fake_free(struct fake *f)
{
	helper_free(f->env.helper);
	nftw(f->root, fake_unlink, 16, FTW_DEPTH | FTW_PHYS);
	close_fd(&f->env.proc_fd);
	close_fd(&f->env.sys_fd);
	entities_free(f->env.entities);
	free(f->env.churn.born);
	free(f->env.churn.gone);
	free(f->env.strays.all);
	buf_done(&f->env.text);
	readings_done(&f->out);
	free(f);
}
