/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/trials.h"

#include "engine/cli/trial_input.h"
#include "engine/vocabulary.h"

#include <dirent.h>
#include <sys/stat.h>

#define SUFFIX ".test.yaml"

static int load_cases(struct trial_file *f, struct diagnostics *d)
{
	f->cases = calloc(f->suite->n + 1, sizeof(*f->cases));
	if (!f->cases)
		return -ENOMEM;
	for (; f->n < f->suite->n; f->n++) {
		struct trial_case *c = &f->cases[f->n];
		c->test = &f->suite->tests[f->n];
		c->shared = f->set && c->test->n_overrides == 0;
		int r = c->shared ? 0 : suite_rules(f->suite, c->test, vocabulary(), d, &c->set);
		if (r == -ENOMEM || (r < 0 && !f->set))
			return r;
		if (c->shared) {
			c->set = f->set;
			suite_check(c->test, c->set, d);
		} else if (c->test->n_overrides == 0) {
			f->set = c->set;
		}
	}
	return diagnostics_count(d, DIAGNOSTIC_ERROR) ? -EINVAL : 0;
}

static void say_wrong(struct trial_file *f, struct diagnostics *d)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(d, &n);
	for (size_t i = 0; i < n; i++) {
		diagnostic_format(&f->wrong, &all[i]);
		buf_add_char(&f->wrong, '\n');
	}
	fputs(buf_str(&f->wrong), stderr);
}

static int load_file(struct trial_file *f)
{
	struct diagnostics *d = diagnostics_new();
	int r = d ? suite_load(f->path, vocabulary(), d, &f->suite) : -ENOMEM;
	if (r == 0)
		r = load_cases(f, d);
	if (r < 0)
		f->suite = suite_free(f->suite);
	if (d && diagnostics_count(d, DIAGNOSTIC_ERROR))
		say_wrong(f, d);
	diagnostics_free(d);
	return r == -EINVAL ? 0 : r;
}

static int add_file(struct trials *t, const char *path)
{
	char *own = strdup(path);
	if (!own || !array_room(t->files, t->n, t->cap)) {
		free(own);
		return -ENOMEM;
	}
	t->files[t->n] = (struct trial_file){.path = own};
	return load_file(&t->files[t->n++]);
}

static int is_test(const struct dirent *d)
{
	size_t len = strlen(d->d_name), suffix = strlen(SUFFIX);
	return d->d_name[0] != '.' && len > suffix && streq(d->d_name + len - suffix, SUFFIX);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int trials_add(struct trials *t, const char *path)
{
	struct dirent **names;
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return add_file(t, path);
	int n = scandir(path, &names, is_test, by_name), r = n < 0 ? -errno : 0;
	for (int i = 0; i < n; i++) {
		_cleanup_buf_ struct buf file = {0};
		buf_printf(&file, "%s/%s", path, names[i]->d_name);
		free(names[i]);
		r = r < 0 ? r : add_file(t, buf_str(&file));
	}
	if (n >= 0)
		free(names);
	return r;
}

int trial_case_run(struct trial_case *c, struct trial_result *explain, struct trial_result *ret)
{
	struct trial_options options = {.test = c->test, .rules = c->set, .vocabulary = vocabulary(), .explain = explain};
	int r = c->test->input ? trial_input_run(&options, ret, c->error, sizeof(c->error)) : trial_run(&options, ret);
	if (r == -E2BIG)
		snprintf(c->error, sizeof(c->error), "these rules need more memory for their windows than is allowed");
	else if (r < 0 && !*c->error)
		snprintf(c->error, sizeof(c->error), "cannot run this test: %s", strerror(-r));
	return r;
}

/* Once more, to look at the terms at the times that differ. */
static void run_case(struct trial_case *c)
{
	struct trial_result again = {0};
	if (trial_case_run(c, NULL, &c->result) == 0 && c->result.differences)
		trial_case_run(c, &c->result, &again);
	trial_result_done(&again);
}

size_t trials_run(struct trials *t, const regex_t *chosen)
{
	size_t n = 0;
	for (struct trial_file *f = t->files; f < t->files + t->n; f++)
		for (size_t i = 0; f->suite && i < f->n; i++) {
			struct trial_case *c = &f->cases[i];
			c->chosen = !chosen || regexec(chosen, c->test->name, 0, NULL, 0) == 0;
			if (c->chosen)
				run_case(c);
			n += c->chosen;
		}
	return n;
}

size_t trials_failed(const struct trials *t)
{
	size_t n = 0;
	for (const struct trial_file *f = t->files; f < t->files + t->n; f++) {
		n += !f->suite;
		for (size_t i = 0; f->suite && i < f->n; i++)
			n += f->cases[i].chosen && trial_case_failed(&f->cases[i]);
	}
	return n;
}

static void file_done(struct trial_file *f)
{
	for (size_t i = 0; i < f->n; i++) {
		trial_result_done(&f->cases[i].result);
		if (f->cases[i].set != f->set)
			ruleset_free(f->cases[i].set);
	}
	ruleset_free(f->set);
	suite_free(f->suite);
	buf_done(&f->wrong);
	free(f->cases);
	free((char *)f->path);
}

void trials_done(struct trials *t)
{
	for (size_t i = 0; i < t->n; i++)
		file_done(&t->files[i]);
	free(t->files);
	*t = (struct trials){0};
}
