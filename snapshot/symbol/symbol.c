/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/symbol/symbol.h"

#include "engine/base/clock.h"
#include "snapshot/symbol/dso.h"
#include "snapshot/symbol/space.h"

#include <fcntl.h>

#define DSOS_MAX    16384U
#define DSO_BUCKETS 1024U
#define DSO_MS	    1500 /* for one file: a large browser's symbol table takes some 300 ms */
#define OWNERS_MAX  8

struct symbols {
	int proc_dirfd;
	struct kallsyms *kernel;
	int kernel_error;
	struct dso *dsos;
	size_t n, cap;
	uint32_t buckets[DSO_BUCKETS]; /* index + 1 */
	struct spaces spaces;
};

int symbols_new(int proc_dirfd, struct symbols **ret)
{
	struct symbols *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->proc_dirfd = fcntl(proc_dirfd, F_DUPFD_CLOEXEC, 3);
	if (s->proc_dirfd < 0) {
		int error = -errno;
		free(s);
		return error;
	}
	s->kernel_error = -ENODATA;
	*ret = s;
	return 0;
}

void symbols_take_kernel(struct symbols *s, struct kallsyms *kernel, int error)
{
	s->kernel = kernel;
	s->kernel_error = error;
}

int symbols_proc_dirfd(const struct symbols *s)
{
	return s->proc_dirfd;
}

int symbols_kernel_error(const struct symbols *s)
{
	return s->kernel_error;
}

const struct kallsyms *symbols_kallsyms(const struct symbols *s)
{
	return s->kernel;
}

static uint32_t bucket_of(const char *path, uint64_t inode)
{
	uint32_t h = (uint32_t)inode;
	for (; *path; path++)
		h = h * 31 + (uint8_t)*path;
	return h % DSO_BUCKETS;
}

static int dso_of(struct symbols *s, const struct symbols_mapping *m, uint32_t *ret)
{
	uint32_t *bucket = &s->buckets[bucket_of(m->path, m->inode)];
	for (uint32_t i = *bucket; i; i = s->dsos[i - 1].next) {
		if (s->dsos[i - 1].inode == m->inode && streq(s->dsos[i - 1].path, m->path)) {
			*ret = i - 1;
			return 0;
		}
	}
	if (s->n >= DSOS_MAX)
		return -E2BIG;
	char *path = strdup(m->path);
	if (!path || !array_room(s->dsos, s->n, s->cap)) {
		free(path);
		return -ENOMEM;
	}
	s->dsos[s->n] = (struct dso){
		.path = path, .major = m->major, .minor = m->minor, .inode = m->inode, .next = *bucket};
	*ret = (uint32_t)s->n++;
	*bucket = *ret + 1;
	return 0;
}

int symbols_map(struct symbols *s, uint32_t pid, const struct symbols_mapping *m)
{
	struct mapping mapping = {.t_ns = m->t_ns,
				  .start = m->start,
				  .end = m->end,
				  .pgoff = m->pgoff,
				  .prot = m->prot,
				  .flags = m->flags};
	int r = dso_of(s, m, &mapping.dso);
	return r < 0 ? r : spaces_map(&s->spaces, pid, &mapping);
}

int symbols_fork(struct symbols *s, uint32_t child, uint32_t parent, uint64_t t_ns)
{
	return spaces_fork(&s->spaces, child, parent, t_ns);
}

int symbols_want(struct symbols *s, uint32_t pid, uint64_t addr, uint64_t t_ns)
{
	const struct mapping *m = spaces_find(&s->spaces, pid, addr, t_ns);
	return m ? dso_want(&s->dsos[m->dso], addr - m->start + m->pgoff) : 0;
}

static size_t owners_find(const struct symbols *s, uint32_t dso, struct dso_owner owners[OWNERS_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < s->spaces.n && n < OWNERS_MAX; i++) {
		const struct space *space = &s->spaces.spaces[i];
		for (size_t j = 0; j < space->n; j++) {
			const struct mapping *m = &space->mappings[j];
			if (m->dso != dso)
				continue;
			owners[n++] = (struct dso_owner){.pid = space->pid, .start = m->start, .end = m->end};
			break;
		}
	}
	return n;
}

static void resolve_one(struct symbols *s, uint32_t i, unsigned ms)
{
	struct dso_owner owners[OWNERS_MAX];
	struct dso *d = &s->dsos[i];
	_cleanup_close_ int fd = dso_open(d, s->proc_dirfd, owners, owners_find(s, i, owners));
	if (fd >= 0)
		dso_resolve(d, fd, ms);
	else
		d->error = fd;
}

static int compare_hotness(const void *a, const void *b, void *ctx)
{
	const struct symbols *s = ctx;
	const struct dso *x = &s->dsos[*(const uint32_t *)a], *y = &s->dsos[*(const uint32_t *)b];
	return (x->n_wanted < y->n_wanted) - (x->n_wanted > y->n_wanted);
}

/* The hottest first: what the deadline cuts off mattered least. */
int symbols_resolve(struct symbols *s, uint64_t deadline_ns)
{
	_cleanup_free_ uint32_t *order = reallocarray(NULL, s->n + 1, sizeof(*order));
	size_t n = 0;
	int failed = 0;
	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->dsos[i].n_wanted && !s->dsos[i].resolved && dso_is_file(&s->dsos[i]))
			order[n++] = i;
	}
	qsort_r(order, n, sizeof(*order), compare_hotness, s);
	for (size_t i = 0; i < n; i++) {
		uint64_t now = clock_now(CLOCK_MONOTONIC);
		if (now < deadline_ns)
			resolve_one(s, order[i], (unsigned)MIN((deadline_ns - now) / NS_PER_MS + 1, (uint64_t)DSO_MS));
		else
			s->dsos[order[i]].error = -ETIMEDOUT;
		failed += s->dsos[order[i]].error != 0;
	}
	return failed;
}

void symbols_kernel(const struct symbols *s, uint64_t addr, struct symbol *ret)
{
	struct ksym k;
	*ret = (struct symbol){.dso = "[kernel]", .dso_index = SYMBOLS_NO_DSO};
	if (kallsyms_find(s->kernel, addr, &k, NULL))
		*ret = (struct symbol){
			.name = k.name,
			.dso = *k.module ? k.module : "[kernel]",
			.start = k.addr,
			.size = k.size,
			.dso_index = SYMBOLS_NO_DSO,
		};
}

void symbols_user(const struct symbols *s, uint32_t pid, uint64_t addr, uint64_t t_ns, struct symbol *ret)
{
	const struct mapping *m = spaces_find(&s->spaces, pid, addr, t_ns);
	*ret = (struct symbol){.dso_index = SYMBOLS_NO_DSO};
	if (!m)
		return;
	const struct dso *d = &s->dsos[m->dso];
	const struct elf_hit *hit = dso_find(d, addr - m->start + m->pgoff);
	*ret = (struct symbol){.dso = d->path, .dso_index = m->dso};
	if (!hit)
		return;
	ret->name = d->answer.names.data + hit->name;
	ret->start = hit->start;
	ret->size = hit->size;
}

size_t symbols_dsos(const struct symbols *s)
{
	return s->n;
}

void symbols_dso(const struct symbols *s, size_t i, struct symbols_dso *ret)
{
	const struct dso *d = &s->dsos[i];
	*ret = (struct symbols_dso){
		.path = d->path,
		.build_id = d->answer.build_id,
		.build_id_len = d->answer.build_id_len,
		.hit = d->n_wanted > 0,
		.error = d->error,
	};
}

static int compare_hits(const void *a, const void *b)
{
	const struct elf_hit *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

void symbols_each_hit(const struct symbols *s, size_t i, symbols_hit_fn fn, void *ctx)
{
	const struct dso *d = &s->dsos[i];
	_cleanup_free_ struct elf_hit *hits = reallocarray(NULL, d->answer.n + 1, sizeof(*hits));
	if (!hits)
		return;
	copy_bytes(hits, d->answer.hits, d->answer.n * sizeof(*hits));
	qsort(hits, d->answer.n, sizeof(*hits), compare_hits);
	for (size_t j = 0; j < d->answer.n; j++) {
		if (!hits[j].name || (j && hits[j].start == hits[j - 1].start))
			continue;
		fn(ctx, &(struct symbol){.name = d->answer.names.data + hits[j].name,
					 .dso = d->path,
					 .start = hits[j].start,
					 .size = hits[j].size,
					 .dso_index = (uint32_t)i});
	}
}

int symbols_each_mapping(const struct symbols *s, symbols_mapping_fn fn, void *ctx)
{
	int r = 0;
	for (size_t i = 0; i < s->spaces.n; i++) {
		const struct space *space = &s->spaces.spaces[i];
		for (size_t j = 0; j < space->n && r == 0; j++) {
			const struct mapping *m = &space->mappings[j];
			const struct dso *d = &s->dsos[m->dso];
			r = fn(ctx, space->pid,
			       &(struct symbols_mapping){.t_ns = m->t_ns,
							 .start = m->start,
							 .end = m->end,
							 .pgoff = m->pgoff,
							 .inode = d->inode,
							 .major = d->major,
							 .minor = d->minor,
							 .prot = m->prot,
							 .flags = m->flags,
							 .path = d->path});
		}
	}
	return r;
}

struct symbols *symbols_free(struct symbols *s)
{
	if (s) {
		for (size_t i = 0; i < s->n; i++)
			dso_done(&s->dsos[i]);
		free(s->dsos);
		spaces_done(&s->spaces);
		kallsyms_free(s->kernel);
		close(s->proc_dirfd);
		free(s);
	}
	return NULL;
}
