/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/limits.h"

void bucket_refill(struct bucket *b, const struct limit *l, uint64_t boot_ns)
{
	if (b->stamp_ns > boot_ns)
		b->stamp_ns = 0;
	uint64_t flowed = l->refill_ns ? (boot_ns - b->stamp_ns) / l->refill_ns : l->burst;
	if (b->tokens >= l->burst || flowed >= l->burst - b->tokens) {
		b->tokens = l->burst;
		b->stamp_ns = boot_ns;
		return;
	}
	b->tokens += (uint32_t)flowed;
	b->stamp_ns += flowed * l->refill_ns;
}

bool buckets_take(struct bucket *const *buckets, const struct limit *const *limits, size_t n, uint64_t boot_ns)
{
	bool enough = true;
	for (size_t i = 0; i < n; i++) {
		bucket_refill(buckets[i], limits[i], boot_ns);
		enough &= limits[i]->burst == 0 || buckets[i]->tokens > 0;
	}
	for (size_t i = 0; enough && i < n; i++)
		buckets[i]->tokens -= limits[i]->burst > 0;
	return enough;
}

static void forget(struct remembered_buckets *r, size_t i)
{
	free(r->of[i].rule);
	free(r->of[i].name);
	r->n--;
	memmove(&r->of[i], &r->of[i + 1], (r->n - i) * sizeof(*r->of));
}

bool buckets_recall(struct remembered_buckets *r, const char *rule, enum entity_kind kind, const char *name,
		    struct bucket *ret)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct remembered *b = &r->of[i];
		if (b->kind != kind || !streq(b->name, name) || !streq(b->rule, rule))
			continue;
		*ret = b->bucket;
		forget(r, i);
		return true;
	}
	return false;
}

void buckets_remember(struct remembered_buckets *r, const char *rule, enum entity_kind kind, const char *name,
		      const struct bucket *b)
{
	struct bucket old;
	buckets_recall(r, rule, kind, name, &old);
	if (r->n == LIMITS_REMEMBERED_MAX)
		forget(r, 0);
	struct remembered *of = realloc(r->of, (r->n + 1) * sizeof(*of));
	if (!of)
		return;
	r->of = of;
	_cleanup_free_ char *rule_copy = strdup(rule), *name_copy = strdup(name);
	if (rule_copy && name_copy)
		of[r->n++] = (struct remembered){take_ptr(rule_copy), take_ptr(name_copy), kind, *b};
}

void buckets_done(struct remembered_buckets *r)
{
	while (r->n)
		forget(r, r->n - 1);
	free(r->of);
	*r = (struct remembered_buckets){0};
}
