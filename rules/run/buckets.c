/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

uint64_t machine_boot_ns(const struct machine *m)
{
	return m->now_ns + (uint64_t)m->boottime_offset_ns;
}

struct bucket bucket_fresh(const struct machine *m, const struct limit *l)
{
	if (m->poor)
		return (struct bucket){.stamp_ns = m->poor_ns, .tokens = MIN(l->burst, 1U)};
	return (struct bucket){.stamp_ns = machine_boot_ns(m), .tokens = l->burst};
}

bool buckets_take_for(struct machine *m, struct rule_run *r, struct instance *i)
{
	struct bucket *buckets[] = {&m->host_bucket, &r->bucket, &i->bucket};
	const struct limit *limits[] = {&m->host_limit, &r->rule->limits.rule, &r->rule->limits.entity};
	return buckets_take(buckets, limits, ARRAY_SIZE(buckets), machine_boot_ns(m));
}

void machine_limits_lost(struct machine *m)
{
	m->poor_pending = true;
	if (m->now_ns)
		buckets_settle(m);
}

/* What was lost can only be dated once the time is known, that is after the first input. */
void buckets_settle(struct machine *m)
{
	if (!m->poor_pending)
		return;
	m->poor_pending = false;
	m->poor = true;
	m->poor_ns = machine_boot_ns(m);
	m->host_bucket = bucket_fresh(m, &m->host_limit);
	for (size_t i = 0; i < m->n_rules; i++) {
		struct rule_run *r = &m->rules[i];
		r->bucket = bucket_fresh(m, &r->rule->limits.rule);
		for (size_t k = 0; k < r->n_instances; k++)
			r->instances[k].bucket = bucket_fresh(m, &r->rule->limits.entity);
	}
}
