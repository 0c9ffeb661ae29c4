/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/symbol/kallsyms_table.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>

#define SYMBOLS_MAX  (4U << 20)
#define FUNCTION_MAX (UINT64_C(1) << 20) /* nothing bounds the last function of a module: no function is larger */

static const char *name_of(const struct kallsyms *k, const struct row *row)
{
	return k->text.data + row->name;
}

static struct row *rows_add(struct kallsyms *k)
{
	return array_room(k->rows, k->n, k->cap) ? &k->rows[k->n++] : NULL;
}

static uint32_t text_add(struct kallsyms *k, const char *text)
{
	uint32_t at = (uint32_t)k->text.len;
	buf_add(&k->text, text, strlen(text) + 1);
	return at;
}

/* Modules come one after another, so that the last one's name is nearly always the one wanted. */
static uint32_t module_add(struct kallsyms *k, const char *module)
{
	if (!*module)
		return 0;
	const struct row *last = k->n ? &k->rows[k->n - 1] : NULL;
	if (last && streq(k->text.data + last->module, module))
		return last->module;
	return text_add(k, module);
}

/* "ffffffff81000000 T _stext\t[module]"; names hold no spaces. */
static bool line_parse(char *line, uint64_t *ret_addr, char *ret_type, char **ret_name, char **ret_module)
{
	char *at, *save = NULL;
	*ret_addr = strtoull(line, &at, 16);
	if (at == line || at[0] != ' ' || !isalpha((unsigned char)at[1]) || at[2] != ' ')
		return false;
	*ret_type = at[1];
	*ret_name = strtok_r(at + 3, " \t\n", &save);
	char *module = strtok_r(NULL, "[]\n", &save);
	*ret_module = module ? module : "";
	return *ret_name;
}

static int line_add(struct kallsyms *k, char *line)
{
	uint64_t addr;
	char type, *name, *module;
	/* Absolute per-CPU offsets (type A) are no addresses. */
	if (!line_parse(line, &addr, &type, &name, &module) || toupper((unsigned char)type) == 'A')
		return 0;
	bool function = strchr("tTwW", type);
	if (addr == 0) /* a hidden one; where one function's is, all are: no need to read on */
		return function ? -EPERM : 0;
	if (k->n >= SYMBOLS_MAX || k->text.len > UINT32_MAX / 2)
		return -EFBIG;
	if (streq(name, "_stext"))
		k->stext = addr;
	else if (streq(name, "_etext"))
		k->etext = addr;
	uint32_t module_at = module_add(k, module);
	struct row *row = rows_add(k);
	if (!row)
		return -ENOMEM;
	*row = (struct row){.addr = addr, .type = type, .name = function ? text_add(k, name) : 0, .module = module_at};
	return k->text.failed ? -ENOMEM : 0;
}

static int lines_read(struct kallsyms *k, FILE *f)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	int r = 0;
	errno = 0;
	while (r == 0 && getline(&line, &size, f) >= 0)
		r = line_add(k, line);
	return r ? r : ferror(f) ? -EIO : 0;
}

static unsigned underscores(const char *name)
{
	return (unsigned)strspn(name, "_");
}

/* Orders by address, the better name first. */
static int row_compare(const void *a, const void *b, void *ctx)
{
	const struct row *x = a, *y = b;
	const struct kallsyms *k = ctx;
	const char *name_x = name_of(k, x), *name_y = name_of(k, y);
	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if ((x->name == 0) != (y->name == 0))
		return x->name ? -1 : 1;
	if ((x->type == 'T') != (y->type == 'T'))
		return x->type == 'T' ? -1 : 1;
	if (underscores(name_x) != underscores(name_y))
		return underscores(name_x) < underscores(name_y) ? -1 : 1;
	size_t len_x = strlen(name_x), len_y = strlen(name_y);
	return len_x != len_y ? (len_x > len_y ? -1 : 1) : strcmp(name_x, name_y);
}

/* One row per address, sizes from what follows, and then only functions. */
static void rows_settle(struct kallsyms *k)
{
	size_t unique = 0, functions = 0;
	qsort_r(k->rows, k->n, sizeof(*k->rows), row_compare, k);
	for (size_t i = 0; i < k->n; i++) {
		if (unique == 0 || k->rows[unique - 1].addr != k->rows[i].addr)
			k->rows[unique++] = k->rows[i];
	}
	for (size_t i = 0; i < unique; i++) {
		uint64_t size = i + 1 < unique ? k->rows[i + 1].addr - k->rows[i].addr : FUNCTION_MAX;
		k->rows[i].size = (uint32_t)MIN(size, FUNCTION_MAX);
		if (k->rows[i].name)
			k->rows[functions++] = k->rows[i];
	}
	k->n = functions;
}

int kallsyms_load(int proc_dirfd, struct kallsyms **ret)
{
	_cleanup_close_ int fd = openat(proc_dirfd, "kallsyms", O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f)
		return -errno;
	(void)take_fd(fd);
	struct kallsyms *k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	buf_add_char(&k->text, '\0'); /* offset 0: no name, no module */
	int r = lines_read(k, f);
	if (r == 0 && k->n == 0)
		r = ftell(f) > 0 ? -EPERM : -ENODATA;
	if (r == 0) {
		rows_settle(k);
		r = k->n ? 0 : -ENODATA;
	}
	if (r < 0) {
		kallsyms_free(k);
		return r;
	}
	*ret = k;
	return 0;
}

struct kallsyms *kallsyms_free(struct kallsyms *k)
{
	if (k && !k->borrowed) {
		free(k->rows);
		buf_done(&k->text);
	}
	free(k);
	return NULL;
}

size_t kallsyms_count(const struct kallsyms *k)
{
	return k->n;
}

void kallsyms_get(const struct kallsyms *k, size_t i, struct ksym *ret)
{
	const struct row *row = &k->rows[i];
	*ret = (struct ksym){
		.addr = row->addr,
		.size = row->size,
		.name = name_of(k, row),
		.module = k->text.data + row->module,
		.type = row->type,
	};
}

bool kallsyms_find(const struct kallsyms *k, uint64_t addr, struct ksym *ret, size_t *ret_rank)
{
	size_t lo = 0, hi = k ? k->n : 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (k->rows[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || addr - k->rows[lo - 1].addr >= k->rows[lo - 1].size)
		return false;
	kallsyms_get(k, lo - 1, ret);
	if (ret_rank)
		*ret_rank = lo - 1;
	return true;
}

void kallsyms_text(const struct kallsyms *k, uint64_t *ret_begin, uint64_t *ret_end)
{
	bool both = k->stext && k->etext > k->stext;
	*ret_begin = both ? k->stext : 0;
	*ret_end = both ? k->etext : 0;
}

const char *kallsyms_format(const struct kallsyms *k, uint64_t addr, char *text, size_t size)
{
	struct ksym s;
	if (!kallsyms_find(k, addr, &s, NULL))
		snprintf(text, size, "0x%016" PRIx64, addr);
	else
		snprintf(text, size, "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s%s", s.name, addr - s.addr, s.size,
			 *s.module ? " [" : "", s.module, *s.module ? "]" : "");
	return text;
}
