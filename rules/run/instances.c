/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

static size_t place_of_instance(const struct rule_run *r, uint16_t entity)
{
	size_t lo = 0, hi = r->n_instances;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (r->instances[mid].entity < entity)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct instance *instance_find(const struct rule_run *r, uint16_t entity)
{
	size_t i = place_of_instance(r, entity);
	return i < r->n_instances && r->instances[i].entity == entity ? &r->instances[i] : NULL;
}

static bool terms_make_room(struct rule_run *r, size_t at)
{
	size_t n = r->program.n_terms;
	uint64_t *all = n ? realloc(r->since_ns, (r->n_instances + 1) * n * sizeof(*all)) : NULL;
	if (!all)
		return n == 0;
	r->since_ns = all;
	memmove(&all[(at + 1) * n], &all[at * n], (r->n_instances - at) * n * sizeof(*all));
	return true;
}

static void terms_close_gap(struct rule_run *r, size_t at)
{
	size_t n = r->program.n_terms;
	memmove(&r->since_ns[at * n], &r->since_ns[(at + 1) * n], (r->n_instances - at) * n * sizeof(*r->since_ns));
}

int instance_add(struct machine *m, struct rule_run *r, uint16_t slot)
{
	const struct resident *who = &m->residents[slot];
	size_t at = place_of_instance(r, slot);
	struct instance *all = realloc(r->instances, (r->n_instances + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	r->instances = all;
	if (!terms_make_room(r, at))
		return -ENOMEM;
	memmove(&all[at + 1], &all[at], (r->n_instances - at) * sizeof(*all));
	r->n_instances++;
	all[at] = (struct instance){.entity = slot,
				    .verdict = TRUTH_UNKNOWN,
				    .before = TRUTH_UNKNOWN,
				    .since_ns = m->now_ns,
				    .exception = NONE,
				    .bucket = bucket_fresh(m, &r->rule->limits.entity)};
	buckets_recall(&m->remembered, r->rule->name, who->kind, who->name, &all[at].bucket);
	return 0;
}

void instance_remove(struct machine *m, struct rule_run *r, struct instance *i)
{
	const struct resident *who = &m->residents[i->entity];
	bucket_refill(&i->bucket, &r->rule->limits.entity, machine_boot_ns(m));
	if (i->bucket.tokens < r->rule->limits.entity.burst)
		buckets_remember(&m->remembered, r->rule->name, who->kind, who->name, &i->bucket);
	i->stretches = stretches_free(i->stretches);
	size_t at = (size_t)(i - r->instances);
	r->n_instances--;
	memmove(i, i + 1, (r->n_instances - at) * sizeof(*i));
	if (r->program.n_terms)
		terms_close_gap(r, at);
}
