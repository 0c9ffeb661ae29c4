/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/fold.h"

#include <inttypes.h>

#include "engine/base/text.h"

struct node {
	uint32_t name, parent, child, sibling;
	enum frame_kind kind;
	uint64_t self, total;
};

/* Open addressing; a slot holds an index + 1. */
struct table {
	uint32_t *slots;
	uint32_t size, used;
};

struct fold {
	struct node *nodes;
	uint32_t n_nodes, cap_nodes;
	char **names;
	uint32_t n_names, cap_names;
	struct table by_path, by_name;
	bool sorted;
};

static uint32_t hash_bytes(const char *s, size_t len)
{
	uint32_t h = 2166136261U; /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)s[i]) * 16777619U;
	return h;
}

static uint32_t hash_path(uint32_t parent, uint32_t name, enum frame_kind kind)
{
	uint32_t key[] = {parent, name, (uint32_t)kind};
	return hash_bytes((const char *)key, sizeof(key));
}

static uint32_t node_hash(const struct fold *f, uint32_t i)
{
	const struct node *n = &f->nodes[i];
	return hash_path(n->parent, n->name, n->kind);
}

static uint32_t name_hash(const struct fold *f, uint32_t i)
{
	return hash_bytes(f->names[i], strlen(f->names[i]));
}

static void table_put(struct table *t, uint32_t hash, uint32_t index)
{
	uint32_t slot = hash & (t->size - 1);
	while (t->slots[slot])
		slot = (slot + 1) & (t->size - 1);
	t->slots[slot] = index + 1;
	t->used++;
}

/* Keeps the table at most half full. */
static bool table_grow(struct fold *f, struct table *t, uint32_t (*hash)(const struct fold *, uint32_t))
{
	if (t->used < t->size / 2)
		return true;
	struct table bigger = {.size = MAX(t->size * 2, 256U)};
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (uint32_t i = 0; i < t->size; i++) {
		if (t->slots[i])
			table_put(&bigger, hash(f, t->slots[i] - 1), t->slots[i] - 1);
	}
	free(t->slots);
	*t = bigger;
	return true;
}

static int name_intern(struct fold *f, const char *name, size_t len, uint32_t *ret)
{
	if (!table_grow(f, &f->by_name, name_hash) ||
	    !array_room(f->names, f->n_names, f->cap_names))
		return -ENOMEM;
	uint32_t hash = hash_bytes(name, len);
	for (uint32_t slot = hash & (f->by_name.size - 1); f->by_name.slots[slot];
	     slot = (slot + 1) & (f->by_name.size - 1)) {
		uint32_t i = f->by_name.slots[slot] - 1;
		if (strncmp(f->names[i], name, len) == 0 && !f->names[i][len]) {
			*ret = i;
			return 0;
		}
	}
	f->names[f->n_names] = strndup(name, len);
	if (!f->names[f->n_names])
		return -ENOMEM;
	table_put(&f->by_name, hash, f->n_names);
	*ret = f->n_names++;
	return 0;
}

static bool path_find(const struct fold *f, const struct node *wanted, uint32_t *ret)
{
	uint32_t mask = f->by_path.size - 1;
	uint32_t slot = hash_path(wanted->parent, wanted->name, wanted->kind) & mask;
	for (; f->by_path.slots[slot]; slot = (slot + 1) & mask) {
		const struct node *n = &f->nodes[f->by_path.slots[slot] - 1];
		if (n->parent == wanted->parent && n->name == wanted->name && n->kind == wanted->kind) {
			*ret = f->by_path.slots[slot] - 1;
			return true;
		}
	}
	return false;
}

static int node_below(struct fold *f, uint32_t parent, const char *name, size_t len, enum frame_kind kind,
		      uint32_t *ret)
{
	struct node wanted = {.parent = parent, .kind = kind};
	int r = name_intern(f, name, len, &wanted.name);
	if (r < 0)
		return r;
	if (!table_grow(f, &f->by_path, node_hash) ||
	    !array_room(f->nodes, f->n_nodes, f->cap_nodes))
		return -ENOMEM;
	if (path_find(f, &wanted, ret))
		return 0;
	if (f->n_nodes >= FOLD_NODES_MAX)
		return -E2BIG;
	wanted.sibling = f->nodes[parent].child;
	f->nodes[f->n_nodes] = wanted;
	f->nodes[parent].child = f->n_nodes;
	table_put(&f->by_path, node_hash(f, f->n_nodes), f->n_nodes);
	f->sorted = false;
	*ret = f->n_nodes++;
	return 0;
}

struct fold *fold_new(void)
{
	struct fold *f = calloc(1, sizeof(*f));
	if (!f || !array_room(f->nodes, 0, f->cap_nodes) ||
	    name_intern(f, "all", 3, &(uint32_t){0}) < 0)
		return fold_free(f);
	f->nodes[f->n_nodes++] = (struct node){.kind = FRAME_ROOT};
	return f;
}

/* Weights go on only when the whole path is there, so a failed addition leaves no weight behind. */
static void weight_add(struct fold *f, uint32_t leaf, uint64_t weight)
{
	f->nodes[leaf].self += weight;
	for (uint32_t i = leaf;; i = f->nodes[i].parent) {
		f->nodes[i].total += weight;
		if (i == 0)
			return;
	}
}

int fold_add(struct fold *f, const struct call_frame *frames, size_t n, uint64_t weight_us)
{
	uint32_t at = 0;
	for (size_t i = 0; i < MIN(n, (size_t)FOLD_DEPTH_MAX); i++) {
		int r = node_below(f, at, frames[i].name, strlen(frames[i].name), frames[i].kind, &at);
		if (r < 0)
			return r;
	}
	weight_add(f, at, weight_us);
	return 0;
}

static int compare_siblings(const void *a, const void *b, void *ctx)
{
	const struct fold *f = ctx;
	const struct node *x = &f->nodes[*(const uint32_t *)a], *y = &f->nodes[*(const uint32_t *)b];
	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	int by_name = strcmp(f->names[x->name], f->names[y->name]);
	return by_name ? by_name : (int)x->kind - (int)y->kind;
}

/* Relinks all children in order of name. Out of memory leaves them as they are: unsorted, still whole. */
static void fold_sort(struct fold *f)
{
	if (f->sorted)
		return;
	_cleanup_free_ uint32_t *order = reallocarray(NULL, f->n_nodes, sizeof(*order));
	if (!order)
		return;
	for (uint32_t i = 0; i < f->n_nodes; i++) {
		order[i] = i;
		f->nodes[i].child = f->nodes[i].sibling = 0;
	}
	qsort_r(order + 1, f->n_nodes - 1, sizeof(*order), compare_siblings, f);
	for (uint32_t i = f->n_nodes - 1; i >= 1; i--) {
		struct node *n = &f->nodes[order[i]];
		n->sibling = f->nodes[n->parent].child;
		f->nodes[n->parent].child = order[i];
	}
	f->sorted = true;
}

/* Depth is bounded by FOLD_DEPTH_MAX. `line` holds the path down to here. */
static void write_below(const struct fold *f, uint32_t node, struct buf *line, FILE *to)
{
	const struct node *n = &f->nodes[node];
	if (n->self)
		fprintf(to, "%s %" PRIu64 "\n", buf_str(line), n->self);
	size_t len = line->len;
	for (uint32_t c = n->child; c; c = f->nodes[c].sibling) {
		if (len)
			buf_add_char(line, ';');
		text_escape_folded(line, f->names[f->nodes[c].name]);
		write_below(f, c, line, to);
		line->len = MIN(len, line->len);
	}
}

int fold_write(struct fold *f, FILE *to)
{
	_cleanup_buf_ struct buf line = {0};
	fold_sort(f);
	write_below(f, 0, &line, to);
	return line.failed ? -ENOMEM : ferror(to) ? -EIO : 0;
}

static bool parse_weight(const char *at, const char *end, uint64_t *ret)
{
	uint64_t v = 0;
	if (at == end || end - at > 18)
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		v = v * 10 + (uint64_t)(*at - '0');
	}
	*ret = v;
	return true;
}

/* 1 for a good line, 0 for one that is no stack. */
static int read_line(struct fold *f, const char *line, size_t len)
{
	const char *space = memrchr(line, ' ', len);
	uint64_t weight;
	if (!space || space == line || !parse_weight(space + 1, line + len, &weight) || memchr(line, '\0', len) ||
	    fold_total(f) > UINT64_MAX / 2)
		return 0;
	uint32_t at = 0;
	size_t depth = 0;
	for (const char *frame = line; frame < space && depth < FOLD_DEPTH_MAX; depth++) {
		const char *end = memchr(frame, ';', (size_t)(space - frame));
		end = end ? end : space;
		int r = node_below(f, at, frame, (size_t)(end - frame), depth ? FRAME_USER : FRAME_COMM, &at);
		if (r < 0)
			return r;
		frame = end + 1;
	}
	weight_add(f, at, weight);
	return 1;
}

int fold_read(struct fold *f, const char *text, size_t len, size_t *ret_bad_lines)
{
	size_t bad = 0;
	for (const char *at = text, *end = text + len; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = newline ? (size_t)(newline - at) : (size_t)(end - at);
		int r = n ? read_line(f, at, n) : 1;
		if (r < 0)
			return r;
		bad += r == 0;
		at += n + 1;
	}
	*ret_bad_lines = bad;
	return 0;
}

void fold_get(struct fold *f, uint32_t node, struct fold_node *ret)
{
	fold_sort(f);
	const struct node *n = &f->nodes[node];
	*ret = (struct fold_node){
		.name = f->names[n->name],
		.kind = n->kind,
		.self_us = n->self,
		.total_us = n->total,
		.child = n->child,
		.sibling = n->sibling,
	};
}

uint64_t fold_total(const struct fold *f)
{
	return f->nodes[0].total;
}

struct fold *fold_free(struct fold *f)
{
	if (f) {
		for (uint32_t i = 0; i < f->n_names; i++)
			free(f->names[i]);
		free(f->names);
		free(f->nodes);
		free(f->by_path.slots);
		free(f->by_name.slots);
		free(f);
	}
	return NULL;
}
