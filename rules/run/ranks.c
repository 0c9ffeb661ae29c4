/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/ranks.h"

#define NIL UINT32_MAX
/* Adams' bounds, as corrected by Hirai and Yamamoto (2011): neither side weighs more than 3 times the other. */
#define DELTA 3
#define GAMMA 2

struct tree {
	struct rank_node *nodes;
	const struct samples *samples;
};

struct ranks *ranks_new(void)
{
	struct ranks *r = calloc(1, sizeof(*r));
	if (r)
		r->root = NIL;
	return r;
}

static uint32_t count_of(const struct tree *t, uint32_t i)
{
	return i == NIL ? 0 : t->nodes[i].count;
}

static uint32_t weight(const struct tree *t, uint32_t i)
{
	return count_of(t, i) + 1;
}

/* Equal values stand in the order of their slots: any order will do as long as it is one. */
static bool is_before(const struct tree *t, uint32_t a, uint32_t b)
{
	int64_t va = t->samples->ring[a].value, vb = t->samples->ring[b].value;
	return va < vb || (va == vb && a < b);
}

static uint32_t update(const struct tree *t, uint32_t i)
{
	struct rank_node *n = &t->nodes[i];
	n->count = count_of(t, n->left) + count_of(t, n->right) + 1;
	return i;
}

static uint32_t rotate_left(const struct tree *t, uint32_t i)
{
	uint32_t top = t->nodes[i].right;
	t->nodes[i].right = t->nodes[top].left;
	t->nodes[top].left = update(t, i);
	return update(t, top);
}

static uint32_t rotate_right(const struct tree *t, uint32_t i)
{
	uint32_t top = t->nodes[i].left;
	t->nodes[i].left = t->nodes[top].right;
	t->nodes[top].right = update(t, i);
	return update(t, top);
}

static uint32_t lean_left(const struct tree *t, uint32_t i)
{
	struct rank_node *n = &t->nodes[i], *l = &t->nodes[n->left];
	if (weight(t, l->right) >= GAMMA * weight(t, l->left))
		n->left = rotate_left(t, n->left);
	return rotate_right(t, i);
}

static uint32_t lean_right(const struct tree *t, uint32_t i)
{
	struct rank_node *n = &t->nodes[i], *r = &t->nodes[n->right];
	if (weight(t, r->left) >= GAMMA * weight(t, r->right))
		n->right = rotate_right(t, n->right);
	return rotate_left(t, i);
}

static uint32_t balance(const struct tree *t, uint32_t i)
{
	uint32_t l = weight(t, t->nodes[i].left), r = weight(t, t->nodes[i].right);
	if (l > DELTA * r)
		return lean_left(t, i);
	if (r > DELTA * l)
		return lean_right(t, i);
	return update(t, i);
}

static uint32_t insert(const struct tree *t, uint32_t root, uint32_t i)
{
	if (root == NIL) {
		t->nodes[i] = (struct rank_node){NIL, NIL, 1};
		return i;
	}
	struct rank_node *n = &t->nodes[root];
	if (is_before(t, i, root))
		n->left = insert(t, n->left, i);
	else
		n->right = insert(t, n->right, i);
	return balance(t, root);
}

/* Takes the least node out; the rest comes back. */
static uint32_t remove_least(const struct tree *t, uint32_t root, uint32_t *ret_least)
{
	struct rank_node *n = &t->nodes[root];
	if (n->left == NIL) {
		*ret_least = root;
		return n->right;
	}
	n->left = remove_least(t, n->left, ret_least);
	return balance(t, root);
}

static uint32_t join(const struct tree *t, uint32_t left, uint32_t right)
{
	uint32_t top;
	if (right == NIL)
		return left;
	right = remove_least(t, right, &top);
	t->nodes[top].left = left;
	t->nodes[top].right = right;
	return balance(t, top);
}

static uint32_t removed(const struct tree *t, uint32_t root, uint32_t i)
{
	if (root == NIL)
		return NIL;
	struct rank_node *n = &t->nodes[root];
	if (root == i)
		return join(t, n->left, n->right);
	if (is_before(t, i, root))
		n->left = removed(t, n->left, i);
	else
		n->right = removed(t, n->right, i);
	return balance(t, root);
}

/* The samples' ring grew, so slots moved. */
static int follow(struct ranks *r, const struct samples *s, uint32_t tail, uint32_t end)
{
	struct rank_node *nodes = realloc(r->nodes, s->cap * sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	*r = (struct ranks){nodes, s->cap, NIL};
	struct tree t = {nodes, s};
	for (uint32_t seq = tail; seq != end; seq++)
		r->root = insert(&t, r->root, seq & (s->cap - 1));
	return 0;
}

int ranks_add(struct ranks *r, const struct samples *s, uint32_t tail, uint32_t seq)
{
	int rc = r->cap == s->cap ? 0 : follow(r, s, tail, seq);
	if (rc < 0)
		return rc;
	struct tree t = {r->nodes, s};
	r->root = insert(&t, r->root, seq & (s->cap - 1));
	return 0;
}

void ranks_remove(struct ranks *r, const struct samples *s, uint32_t seq)
{
	struct tree t = {r->nodes, s};
	r->root = removed(&t, r->root, seq & (r->cap - 1));
}

uint32_t ranks_count(const struct ranks *r)
{
	return r->root == NIL ? 0 : r->nodes[r->root].count;
}

int64_t ranks_value(const struct ranks *r, const struct samples *s, uint32_t k)
{
	struct tree t = {r->nodes, s};
	uint32_t i = r->root;
	for (;;) {
		uint32_t left = count_of(&t, r->nodes[i].left);
		if (k == left)
			return s->ring[i].value;
		if (k < left) {
			i = r->nodes[i].left;
		} else {
			k -= left + 1;
			i = r->nodes[i].right;
		}
	}
}

struct ranks *ranks_free(struct ranks *r)
{
	if (r)
		free(r->nodes);
	free(r);
	return NULL;
}
