/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "snapshot/symbol/child.h"
#include "snapshot/symbol/elf.h"

#define MEMORY_MAX (UINT64_C(2) << 30) /* the file is mapped whole: debug files are large */
#define OUTPUT_MAX ((size_t)32 << 20)

struct wire {
	uint64_t n, names_len;
	uint8_t build_id[ELF_BUILD_ID_MAX];
	uint8_t build_id_len, has_symtab, pad[2];
};

struct request {
	int fd;
	bool by_vaddr;
	const uint64_t *queries;
	size_t n;
};

void elf_answer_encode(const struct elf_answer *a, struct buf *out)
{
	struct wire w = {
		.n = a->n, .names_len = a->names.len, .build_id_len = a->build_id_len, .has_symtab = a->has_symtab};
	memcpy(w.build_id, a->build_id, sizeof(w.build_id));
	buf_add(out, &w, sizeof(w));
	buf_add(out, a->hits, a->n * sizeof(*a->hits));
	buf_add(out, buf_str(&a->names), a->names.len);
}

static bool names_fit(const struct elf_answer *a)
{
	for (size_t i = 0; i < a->n; i++) {
		if (a->hits[i].name >= a->names.len)
			return false;
	}
	return true;
}

int elf_answer_decode(const void *data, size_t len, size_t n_queries, struct elf_answer *ret)
{
	struct cursor c = cursor_over(data, len);
	struct wire w;
	const void *head = cursor_bytes(&c, sizeof(w));
	if (!head)
		return -EBADMSG;
	memcpy(&w, head, sizeof(w));
	if (w.n != n_queries || w.n > ELF_QUERIES_MAX || w.build_id_len > ELF_BUILD_ID_MAX)
		return -EBADMSG;
	const void *hits = cursor_bytes(&c, w.n * sizeof(struct elf_hit));
	const char *names = w.names_len == cursor_left(&c) && !c.bad ? cursor_bytes(&c, w.names_len) : NULL;
	if (!names || w.names_len == 0 || names[0] || names[w.names_len - 1])
		return -EBADMSG;
	struct elf_answer a = {.n = w.n, .build_id_len = w.build_id_len, .has_symtab = w.has_symtab != 0};
	memcpy(a.build_id, w.build_id, sizeof(a.build_id));
	a.hits = calloc(w.n + 1, sizeof(*a.hits));
	buf_add(&a.names, names, w.names_len);
	if (a.hits)
		copy_bytes(a.hits, hits, w.n * sizeof(*a.hits));
	if (!a.hits || a.names.failed || !names_fit(&a)) {
		int r = a.hits && !a.names.failed ? -EBADMSG : -ENOMEM;
		elf_answer_done(&a);
		return r;
	}
	*ret = a;
	return 0;
}

static int lookup_in_child(void *ctx, int out)
{
	const struct request *q = ctx;
	_cleanup_buf_ struct buf text = {0};
	struct elf_answer a;
	int r = elf_lookup(q->fd, q->by_vaddr, q->queries, q->n, &a);
	if (r < 0)
		return r;
	elf_answer_encode(&a, &text);
	elf_answer_done(&a);
	return text.failed ? -ENOMEM : io_write(out, text.data, text.len);
}

int elf_lookup_confined(int fd, bool by_vaddr, const uint64_t *queries, size_t n, unsigned ms, struct elf_answer *ret)
{
	_cleanup_buf_ struct buf output = {0};
	struct request q = {.fd = fd, .by_vaddr = by_vaddr, .queries = queries, .n = n};
	struct child_bounds bounds = {
		.ms = ms, .max_output = OUTPUT_MAX, .max_memory = MEMORY_MAX, .confined = true, .keep_fd = fd};
	if (n > ELF_QUERIES_MAX)
		return -E2BIG;
	int r = child_run(lookup_in_child, &q, &bounds, &output);
	return r < 0 ? r : elf_answer_decode(output.data, output.len, n, ret);
}
