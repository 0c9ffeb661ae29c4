/* SPDX-License-Identifier: GPL-2.0-only */
/* How a set of rules gets its machine and its place in the logs: the first one, and each that succeeds it. */
#include "engine/engine_state.h"

#define CHECKPOINT_EVERY_NS (20 * NS_PER_S)

struct machine_options engine_machine_options(const struct engine *e, const struct ruleset *set, const struct limit *host)
{
	return (struct machine_options){
		.rules = set,
		.vocabulary = e->vocabulary,
		.period_ns = source_periods(e->source),
		.max_entities = e->config->max_entities,
		.host_limit = *host,
	};
}

static int checkpoint(void *ctx, struct buf *out)
{
	return machine_checkpoint(((struct engine *)ctx)->machine, out);
}

struct inputlog_options engine_log_options(struct engine *e, const struct ruleset *set, const struct limit *host,
					   struct inputlog_rule *rules)
{
	for (size_t i = 0; i < set->n; i++)
		rules[i] = (struct inputlog_rule){set->rules[i].name, set->rules[i].digest};
	return (struct inputlog_options){
		.vocabulary = e->vocabulary,
		.period_ns = source_periods(e->source),
		.rules_digest = set->digest,
		.rules = rules,
		.n_rules = set->n,
		.entities = e->entities,
		.checkpoint = checkpoint,
		.ctx = e,
		.ring_bytes = e->config->inputlog_bytes,
		.host_burst = host->burst,
		.host_refill_ns = host->refill_ns,
		.checkpoint_every_ns = CHECKPOINT_EVERY_NS,
	};
}
