/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout; restore.c reads the same from top to bottom. Numbers are varints (z: zigzag, d: 8 bytes of a double), a word
 * is its length and bytes, "n × (…)" is a count and so many of them.
 *
 *     "TTM5" now zboottime zrealtime zutc bucket poor poor_ns
 *     n × (slot kind name)                                              entities
 *     n × (slot kind name)                                              those without windows: there was no room
 *     n × (name span slow_span n × series)                              signals that are read
 *         series = slot known t zvalue windows [track track n × (span d first last)]      the last: ewmas
 *         track  = begun [run last n × (t zvalue)]                      times and values as differences
 *     n × (name attached n × (slot n × t))                              detectors
 *     n × (name digest foreign cold_until bucket n × instance)          rules
 *     n × (rule kind name bucket)                                       what limits remember
 *
 * An instance ends with (said n × since): what its terms said, and since when those that said something (terms.h).
 *
 * "TTM4" is the same without the second list of entities, "TTM3" also without what terms said, "TTM2" also without an
 * instance's verdict_since and suppressed_ns, "TTM1" also without its excepted and exception.
 */
#include "rules/run/internal.h"

#include "rules/run/checkpoint.h"

static void put_word(struct buf *out, const char *word)
{
	size_t len = strlen(word);
	buf_add_varint(out, len);
	buf_add(out, word, len);
}

static void put_bucket(struct buf *out, const struct bucket *b)
{
	buf_add_varint(out, b->stamp_ns);
	buf_add_varint(out, b->tokens);
}

static void put_head(const struct machine *m, struct buf *out)
{
	buf_add(out, CHECKPOINT_MAGIC, CHECKPOINT_MAGIC_LEN);
	buf_add_varint(out, m->now_ns);
	buf_add_zigzag(out, m->boottime_offset_ns);
	buf_add_zigzag(out, m->realtime_offset_ns);
	buf_add_zigzag(out, m->utc_offset_s);
	put_bucket(out, &m->host_bucket);
	buf_add_varint(out, (uint64_t)m->poor | (uint64_t)m->poor_pending << 1);
	buf_add_varint(out, m->poor_ns);
}

static bool is_listed(const struct machine *m, unsigned slot, bool windowless)
{
	return m->residents[slot].name && m->residents[slot].windowless == windowless;
}

static void put_residents(const struct machine *m, bool windowless, struct buf *out)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < m->max_entities; i++)
		n += is_listed(m, i, windowless);
	buf_add_varint(out, n);
	for (unsigned i = 0; i < m->max_entities; i++) {
		if (!is_listed(m, i, windowless))
			continue;
		buf_add_varint(out, i);
		buf_add_varint(out, m->residents[i].kind);
		put_word(out, m->residents[i].name);
	}
}

static void put_track(const struct track *t, struct buf *out)
{
	struct sample before = {0};
	buf_add_varint(out, t->begun);
	if (!t->begun)
		return;
	buf_add_varint(out, t->run_ns);
	buf_add_varint(out, t->last_ns);
	buf_add_varint(out, samples_count(&t->samples));
	for (uint32_t seq = t->samples.first; seq != t->samples.end; seq++) {
		const struct sample *s = samples_at(&t->samples, seq);
		buf_add_varint(out, s->t_ns - before.t_ns);
		buf_add_zigzag(out, (int64_t)((uint64_t)s->value - (uint64_t)before.value));
		before = *s;
	}
}

static bool has_ewma(const struct series *s, const struct series_spec *spec, size_t i)
{
	return spec->windows[i].features & WINDOW_KEEPS_EWMA && s->windows[i].ewma.begun;
}

static void put_ewmas(const struct series *s, const struct series_spec *spec, struct buf *out)
{
	uint64_t n = 0;
	for (size_t i = 0; i < spec->n_windows; i++)
		n += has_ewma(s, spec, i);
	buf_add_varint(out, n);
	for (size_t i = 0; i < spec->n_windows; i++) {
		const struct ewma *e = &s->windows[i].ewma;
		if (!has_ewma(s, spec, i))
			continue;
		buf_add_varint(out, spec->windows[i].span_ns);
		buf_add(out, &e->value, sizeof(e->value));
		buf_add_varint(out, e->first_ns);
		buf_add_varint(out, e->last_ns);
	}
}

static void put_windows(const struct series *s, const struct series_spec *spec, struct buf *out)
{
	put_track(&s->fast, out);
	put_track(&s->slow, out);
	put_ewmas(s, spec, out);
}

static bool is_kept(const struct machine *m, const struct signal_use *u, unsigned slot)
{
	return m->residents[slot].name && u->latest[slot].ever;
}

static void put_signal(const struct machine *m, const struct signal_use *u, struct buf *out)
{
	uint64_t n = 0;
	put_word(out, m->vocabulary->signals[u->signal].name);
	buf_add_varint(out, u->spec.fast.span_ns);
	buf_add_varint(out, u->spec.slow.span_ns);
	for (unsigned slot = 0; slot < u->slots; slot++)
		n += is_kept(m, u, slot);
	buf_add_varint(out, n);
	for (unsigned slot = 0; slot < u->slots; slot++) {
		const struct latest *l = &u->latest[slot];
		if (!is_kept(m, u, slot))
			continue;
		buf_add_varint(out, slot);
		buf_add_varint(out, l->known);
		buf_add_varint(out, l->t_ns);
		buf_add_zigzag(out, l->value);
		bool with_windows = u->series && !m->residents[slot].windowless;
		buf_add_varint(out, with_windows);
		if (with_windows)
			put_windows(series_of(u, slot), &u->spec, out);
	}
}

static void put_arrivals(const struct arrivals *a, struct buf *out)
{
	uint64_t before = 0;
	buf_add_varint(out, a->end - a->first);
	for (uint32_t i = a->first; i != a->end; i++) {
		buf_add_varint(out, arrivals_at(a, i) - before);
		before = arrivals_at(a, i);
	}
}

static void put_detector(const struct machine *m, size_t index, struct buf *out)
{
	const struct detector_use *d = &m->detectors[index];
	uint64_t n = 0;
	put_word(out, m->vocabulary->detectors[index].name);
	buf_add_varint(out, d->attached);
	for (unsigned slot = 0; d->of && slot < m->max_entities; slot++)
		n += d->of[slot].end != d->of[slot].first;
	buf_add_varint(out, n);
	for (unsigned slot = 0; d->of && slot < m->max_entities; slot++) {
		if (d->of[slot].end == d->of[slot].first)
			continue;
		buf_add_varint(out, slot);
		put_arrivals(&d->of[slot], out);
	}
}

static void put_stretches(const struct stretches *s, struct buf *out)
{
	uint32_t n = s ? s->n : 0;
	buf_add_varint(out, n);
	for (uint32_t i = 0; i < n; i++) {
		buf_add_varint(out, s->of[i].from_ns);
		buf_add_varint(out, s->of[i].to_ns);
	}
}

static void put_terms(const struct rule_run *r, const struct instance *i, struct buf *out)
{
	buf_add_varint(out, i->said);
	for (unsigned k = 0; k < SAID_TERMS_MAX; k++)
		if (terms_said(i->said, k))
			buf_add_varint(out, terms_since(r, i)[k]);
}

static void put_instance(const struct rule_run *r, const struct instance *i, struct buf *out)
{
	buf_add_varint(out, i->entity);
	buf_add_varint(out, i->state);
	buf_add_varint(out, i->verdict);
	buf_add_varint(out, i->before);
	buf_add_varint(out, (uint64_t)i->armed | (uint64_t)i->judged << 1 | (uint64_t)i->counting << 2);
	const uint64_t numbers[INSTANCE_NUMBERS] = {
		i->evaluated_ns,       i->active_ns,	     i->begin_ns,    i->since_ns, i->true_since_ns,
		i->true_span.first_ns, i->true_span.last_ns, i->arm_true_ns, i->fired,	  i->suppressed,
		i->excepted,	       i->exception,	     i->verdict_since_ns, i->suppressed_ns,
	};
	for (size_t k = 0; k < INSTANCE_NUMBERS; k++)
		buf_add_varint(out, numbers[k]);
	put_bucket(out, &i->bucket);
	put_stretches(i->stretches, out);
	put_terms(r, i, out);
}

static void put_rule(const struct rule_run *r, struct buf *out)
{
	put_word(out, r->rule->name);
	put_word(out, r->rule->digest);
	buf_add_varint(out, r->foreign);
	buf_add_varint(out, r->cold_until_ns);
	put_bucket(out, &r->bucket);
	buf_add_varint(out, r->n_instances);
	for (size_t k = 0; k < r->n_instances; k++)
		put_instance(r, &r->instances[k], out);
}

static void put_remembered(const struct remembered_buckets *all, struct buf *out)
{
	buf_add_varint(out, all->n);
	for (size_t i = 0; i < all->n; i++) {
		put_word(out, all->of[i].rule);
		buf_add_varint(out, all->of[i].kind);
		put_word(out, all->of[i].name);
		put_bucket(out, &all->of[i].bucket);
	}
}

int machine_checkpoint(const struct machine *m, struct buf *out)
{
	put_head(m, out);
	put_residents(m, /* windowless= */ false, out);
	put_residents(m, /* windowless= */ true, out);
	buf_add_varint(out, m->n_signals);
	for (size_t i = 0; i < m->n_signals; i++)
		put_signal(m, &m->signals[i], out);
	buf_add_varint(out, m->vocabulary->n_detectors);
	for (size_t i = 0; i < m->vocabulary->n_detectors; i++)
		put_detector(m, i, out);
	buf_add_varint(out, m->n_rules);
	for (size_t i = 0; i < m->n_rules; i++)
		put_rule(&m->rules[i], out);
	put_remembered(&m->remembered, out);
	return out->failed ? -ENOMEM : 0;
}
