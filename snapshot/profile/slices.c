/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/slices.h"

#include <inttypes.h>

#include "engine/base/text.h"
#include "snapshot/profile/sample.h"

static void mark_sample(const struct kallsyms *k, const struct sample *s, uint8_t *marks)
{
	bool kernel = false, leaf = true;
	for (uint64_t i = 0; i < s->n_chain; i++) {
		struct ksym symbol;
		size_t rank;
		if (s->chain[i] >= (uint64_t)PERF_CONTEXT_MAX) {
			kernel = s->chain[i] == (uint64_t)PERF_CONTEXT_KERNEL;
			leaf = true;
			continue;
		}
		if (kernel && kallsyms_find(k, s->chain[i] - !leaf, &symbol, &rank))
			marks[rank] = 1;
		leaf = false;
	}
}

static void mark_samples(const struct kallsyms *k, const struct records *samples, uint8_t *marks)
{
	const struct perf_event_header *h;
	struct sample s;
	for (size_t at = 0; (h = records_next(samples, &at));) {
		if (sample_decode(h, &s))
			mark_sample(k, &s, marks);
	}
}

/* A byte for each kernel function, 1 where a sample was in it; NULL when out of memory or without names. */
static uint8_t *kernel_marks(const struct profile *p)
{
	const struct kallsyms *k = symbols_kallsyms(p->symbols);
	uint8_t *marks = k ? calloc(kallsyms_count(k) + 1, 1) : NULL;
	if (marks) {
		mark_samples(k, &p->before, marks);
		mark_samples(k, &p->after, marks);
	}
	return marks;
}

struct tsv {
	FILE *to;
	char build_id[2 * ELF_BUILD_ID_MAX + 1];
};

static void hex(const uint8_t *id, size_t len, char text[2 * ELF_BUILD_ID_MAX + 1])
{
	for (size_t i = 0; i < MIN(len, (size_t)ELF_BUILD_ID_MAX); i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	text[2 * MIN(len, (size_t)ELF_BUILD_ID_MAX)] = '\0';
}

/* Foreign names: tabs and newlines come out as \xNN. */
static void write_row(void *ctx, const struct symbol *s)
{
	struct tsv *tsv = ctx;
	_cleanup_buf_ struct buf line = {0};
	buf_printf(&line, "%" PRIx64 "\t%" PRIu64 "\t", s->start, s->size);
	text_escape_terminal(&line, s->name);
	buf_add_char(&line, '\t');
	text_escape_terminal(&line, s->dso);
	fprintf(tsv->to, "%s\t%s\n", buf_str(&line), tsv->build_id);
}

static void write_kernel_rows(struct tsv *tsv, const struct kallsyms *k, const uint8_t *marks)
{
	for (size_t i = 0; i < kallsyms_count(k); i++) {
		struct ksym s;
		char module[128];
		if (!marks[i])
			continue;
		kallsyms_get(k, i, &s);
		snprintf(module, sizeof(module), "[%s]", *s.module ? s.module : "kernel");
		write_row(tsv, &(struct symbol){.name = s.name, .dso = module, .start = s.addr, .size = s.size});
	}
}

int slices_write_tsv(FILE *to, const struct profile *p, const uint8_t *kernel_build_id, size_t len)
{
	_cleanup_free_ uint8_t *marks = kernel_marks(p);
	struct tsv tsv = {.to = to};
	fputs("address\tsize\tname\tdso\tbuild_id\n", to);
	hex(kernel_build_id, len, tsv.build_id);
	if (marks)
		write_kernel_rows(&tsv, symbols_kallsyms(p->symbols), marks);
	for (size_t i = 0; i < symbols_dsos(p->symbols); i++) {
		struct symbols_dso dso;
		symbols_dso(p->symbols, i, &dso);
		hex(dso.build_id, dso.build_id_len, tsv.build_id);
		symbols_each_hit(p->symbols, i, write_row, &tsv);
	}
	return ferror(to) ? -EIO : 0;
}

static void write_kallsyms_row(FILE *to, uint64_t addr, char type, const char *name, const char *module)
{
	fprintf(to, "%016" PRIx64 " %c %s%s%s%s\n", addr, type, name, *module ? "\t[" : "", module, *module ? "]" : "");
}

int slices_write_kallsyms(FILE *to, const struct profile *p)
{
	const struct kallsyms *k = symbols_kallsyms(p->symbols);
	_cleanup_free_ uint8_t *marks = kernel_marks(p);
	uint64_t begin, end;
	if (!marks)
		return k ? -ENOMEM : 0;
	kallsyms_text(k, &begin, &end);
	if (begin)
		write_kallsyms_row(to, begin, 'T', "_stext", "");
	for (size_t i = 0; i < kallsyms_count(k); i++) {
		struct ksym s;
		kallsyms_get(k, i, &s);
		if (marks[i] || (i && marks[i - 1]))
			write_kallsyms_row(to, s.addr, s.type, s.name, s.module);
	}
	if (end)
		write_kallsyms_row(to, end, 'T', "_etext", "");
	return ferror(to) ? -EIO : 0;
}
