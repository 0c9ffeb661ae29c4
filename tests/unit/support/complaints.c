/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/complaints.h"

#include "engine/base/io.h"
#include "rules/kinds/kind.h"
#include "tests/unit/support/test.h"

#include <dirent.h>
#include <fcntl.h>

struct expectation {
	bool warning, met;
	unsigned line, column;
	char code[8], name[64], part[512];
};

static size_t read_expectations(const char *text, struct expectation *all, size_t max)
{
	size_t n = 0;
	for (; starts_with(text, "# expect") && n < max; n++) {
		struct expectation *e = &all[n];
		*e = (struct expectation){.warning = starts_with(text, "# expect-warning:"), .code = "TT"};
		const char *at = strchr(text, ':') + 1;
		int used = 0;
		assert_int_equal(sscanf(at, "%u:%u: TT%3[0-9] %63[a-z0-9-]: %n", &e->line, &e->column, e->code + 2, e->name, &used), 4);
		snprintf(e->part, sizeof(e->part), "%.*s", (int)strcspn(at + used, "\n"), at + used);
		text += strcspn(text, "\n") + 1;
	}
	return n;
}

static bool meets(const struct diagnostic *d, const struct expectation *e)
{
	const struct kind *kind = kind_find(d->code);
	return (d->level == DIAGNOSTIC_WARNING) == e->warning && d->at.line == e->line && d->at.column == e->column && kind &&
	       streq(kind->code, e->code) && streq(kind->name, e->name) && strstr(d->message, e->part);
}

static unsigned compare(const char *path, struct diagnostics *d, struct expectation *all, size_t n)
{
	size_t n_said;
	unsigned wrong = 0;
	const struct diagnostic *said = diagnostics_all(d, &n_said);
	for (size_t i = 0; i < n_said; i++) {
		size_t j = 0;
		while (j < n && (all[j].met || !meets(&said[i], &all[j])))
			j++;
		if (j < n) {
			all[j].met = true;
			continue;
		}
		wrong++;
		_cleanup_buf_ struct buf line = {0};
		diagnostic_format(&line, &said[i]);
		print_error("not expected: %s (%s)\n", buf_str(&line), said[i].code);
	}
	for (size_t j = 0; j < n; j++)
		if (!all[j].met && ++wrong)
			print_error("never said: %s:%u:%u: %s %s: %s\n", path, all[j].line, all[j].column, all[j].code, all[j].name,
				    all[j].part);
	return wrong;
}

static unsigned check_bad(const char *path, complaints_load_fn load)
{
	struct expectation all[8];
	_cleanup_buf_ struct buf text = {0};
	assert_int_equal(io_read_file(AT_FDCWD, path, 1 << 20, &text), 0);
	size_t n = read_expectations(buf_str(&text), all, ARRAY_SIZE(all)), errors = 0;
	struct diagnostics *d = diagnostics_new();
	int r = load(path, d);
	unsigned wrong = compare(path, d, all, n);
	for (size_t i = 0; i < n; i++)
		errors += !all[i].warning;
	if (n == 0 || r != (errors ? -EINVAL : 0)) {
		print_error("%s: %zu expectations, loading returned %d\n", path, n, r);
		wrong++;
	}
	diagnostics_free(d);
	return wrong;
}

static unsigned check_good(const char *path, complaints_load_fn load)
{
	struct diagnostics *d = diagnostics_new();
	int r = load(path, d);
	unsigned wrong = compare(path, d, NULL, 0) + (r != 0);
	diagnostics_free(d);
	return wrong;
}

static unsigned for_each_file(const char *folder, unsigned (*check)(const char *path, complaints_load_fn load),
			      complaints_load_fn load, unsigned *ret_n)
{
	DIR *names = opendir(folder);
	unsigned wrong = 0;
	*ret_n = 0;
	assert_non_null(names);
	for (struct dirent *d; (d = readdir(names));) {
		char path[512];
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		wrong += check(path, load);
		++*ret_n;
	}
	closedir(names);
	return wrong;
}

unsigned complaints_check_bad(const char *folder, complaints_load_fn load, unsigned *ret_n)
{
	return for_each_file(folder, check_bad, load, ret_n);
}

unsigned complaints_check_good(const char *folder, complaints_load_fn load, unsigned *ret_n)
{
	return for_each_file(folder, check_good, load, ret_n);
}
