/* SPDX-License-Identifier: GPL-2.0-only */
/* Times that the armed detectors measure all of while they are attached, over the last second; unknown at all other times. */
#include "engine/source/part.h"

#include "engine/source/rates.h"

static const struct row {
	uint16_t p50, p99, max, rate;
} rows[HISTOGRAMS_] = {
	[HISTOGRAM_RUNQ] = {SIGNAL_SCHED_RUNQ_P50, SIGNAL_SCHED_RUNQ_P99, SIGNAL_SCHED_RUNQ_MAX, SIGNAL_SCHED_RUNQ_WAITS},
	[HISTOGRAM_SOFTIRQ] = {SIGNAL_SOFTIRQ_DELAY_P50, SIGNAL_SOFTIRQ_DELAY_P99, SIGNAL_SOFTIRQ_DELAY_MAX,
			       SIGNAL_SOFTIRQ_DELAYS},
	[HISTOGRAM_Q2C] = {SIGNAL_BLOCK_Q2C_P50, SIGNAL_BLOCK_Q2C_P99, SIGNAL_BLOCK_Q2C_MAX, SIGNAL_BLOCK_REQUESTS},
	[HISTOGRAM_D2C] = {SIGNAL_BLOCK_D2C_P50, SIGNAL_BLOCK_D2C_P99, SIGNAL_BLOCK_D2C_MAX, SIGNAL_NONE},
	[HISTOGRAM_RECLAIM] = {SIGNAL_MEM_RECLAIM_P50, SIGNAL_MEM_RECLAIM_P99, SIGNAL_MEM_RECLAIM_MAX, SIGNAL_MEM_RECLAIMS},
	[HISTOGRAM_COMPACT] = {SIGNAL_MEM_COMPACT_P50, SIGNAL_MEM_COMPACT_P99, SIGNAL_MEM_COMPACT_MAX, SIGNAL_MEM_COMPACTS},
};

/* Nothing is counted while it is not attached: what was seen last is where the next attachment begins. */
struct kept {
	struct histogram seen;
	uint64_t seen_ns; /* 0: it was not attached then */
};

struct part {
	struct kept kept[HISTOGRAMS_];
};

static void histograms_close(struct part *p)
{
	free(p);
}

static void offer(struct env *env, enum histogram_id id, uint16_t signal)
{
	const char *detector = histogram_detector(id);
	if (signal == SIGNAL_NONE)
		return;
	if (env->options->histogram)
		env_offer(env, signal, SECOND_NS, "detector %s while it is attached", detector);
	else
		env_refuse(env, signal, "only a daemon has it, while its detector %s is attached", detector);
}

static struct part *histograms_open(struct env *env)
{
	for (enum histogram_id id = 0; id < HISTOGRAMS_; id++) {
		offer(env, id, rows[id].p50);
		offer(env, id, rows[id].p99);
		offer(env, id, rows[id].max);
		offer(env, id, rows[id].rate);
	}
	return env->options->histogram ? calloc(1, sizeof(struct part)) : NULL;
}

/* Said once: what has no readings stays unknown. */
static void tell_unknown(const struct row *row, struct readings *out)
{
	readings_add_unknown(out, row->p50, ENTITY_HOST);
	readings_add_unknown(out, row->p99, ENTITY_HOST);
	readings_add_unknown(out, row->max, ENTITY_HOST);
	if (row->rate != SIGNAL_NONE)
		readings_add_unknown(out, row->rate, ENTITY_HOST);
}

/* span_ns 0: it was attached in between, so there is no rate yet. */
static void tell(const struct row *row, const struct histogram *h, uint64_t span_ns, struct readings *out)
{
	readings_set(out, row->p50, ENTITY_HOST, true, histogram_quantile(h, 0.5));
	readings_set(out, row->p99, ENTITY_HOST, true, histogram_quantile(h, 0.99));
	readings_set(out, row->max, ENTITY_HOST, true, h->max_ns);
	if (row->rate != SIGNAL_NONE && span_ns)
		readings_add(out, row->rate, ENTITY_HOST, rate_value(UNIT_PER_SECOND, histogram_count(h), 1, span_ns));
}

static void read_one(struct kept *k, enum histogram_id id, struct env *env, struct readings *out)
{
	struct histogram now, since;
	bool attached = env->options->histogram(env->options->histogram_ctx, id, &now);
	if (attached) {
		histogram_since(&k->seen, &now, &since);
		tell(&rows[id], &since, k->seen_ns ? env->now_ns - k->seen_ns : 0, out);
	} else if (k->seen_ns) {
		tell_unknown(&rows[id], out);
	}
	k->seen = now;
	k->seen_ns = attached ? env->now_ns : 0;
}

static void histograms_read(struct part *p, struct env *env, struct readings *out)
{
	for (enum histogram_id id = 0; id < HISTOGRAMS_; id++)
		read_one(&p->kept[id], id, env, out);
}

const struct part_ops part_histograms = {"histograms", TIER_SECOND, histograms_open, histograms_read, histograms_close};
