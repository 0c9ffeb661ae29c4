/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/internal.h"

#include "rules/run/checkpoint.h"

#define WORD_MAX 1024
#define SLOTS_MAX (ENTITY_NONE + 1U)

struct version {
	const char *magic;
	size_t instance_numbers;
	bool with_terms, with_windowless;
};

/* Foreign bytes on their way into the machine. Whatever breaks a rule of the format latches c.bad. */
struct reader {
	struct machine *m;
	struct cursor c;
	const struct version *version;
	bool makes_room; /* whoever had no windows is to have some if they fit */
	uint16_t *slot_of; /* the writer's slot to ours; ENTITY_NONE: not living there, or no room here */
};

static bool get_bool(struct reader *r)
{
	uint64_t v = cursor_varint(&r->c);
	r->c.bad |= v > 1;
	return v == 1;
}

static uint64_t get_below(struct reader *r, uint64_t bound)
{
	uint64_t v = cursor_varint(&r->c);
	r->c.bad |= v >= bound;
	return r->c.bad ? 0 : v;
}

/* A time of the machine's past. */
static uint64_t get_past(struct reader *r)
{
	uint64_t v = cursor_varint(&r->c);
	r->c.bad |= v > r->m->now_ns;
	return r->c.bad ? 0 : v;
}

/* The next of a row of times that never go back. */
static uint64_t get_later(struct reader *r, uint64_t before_ns)
{
	uint64_t v = cursor_varint(&r->c);
	r->c.bad |= v > r->m->now_ns - before_ns;
	return r->c.bad ? before_ns : before_ns + v;
}

static void get_word(struct reader *r, char word[WORD_MAX])
{
	uint64_t len = get_below(r, WORD_MAX);
	const void *at = cursor_bytes(&r->c, len);
	r->c.bad |= !at || memchr(at, '\0', len);
	copy_bytes(word, at, r->c.bad ? 0 : len);
	word[r->c.bad ? 0 : len] = '\0';
}

static struct bucket get_bucket(struct reader *r)
{
	uint64_t stamp_ns = cursor_varint(&r->c);
	return (struct bucket){stamp_ns, (uint32_t)get_below(r, UINT64_C(1) << 32)};
}

/* NULL: none that we know. */
static const struct version *version_of(const void *magic)
{
	static const struct version versions[] = {
		{CHECKPOINT_MAGIC_1, INSTANCE_NUMBERS_1, false, false},
		{CHECKPOINT_MAGIC_2, INSTANCE_NUMBERS_2, false, false},
		{CHECKPOINT_MAGIC_3, INSTANCE_NUMBERS, false, false},
		{CHECKPOINT_MAGIC_4, INSTANCE_NUMBERS, .with_terms = true, .with_windowless = false},
		{CHECKPOINT_MAGIC, INSTANCE_NUMBERS, .with_terms = true, .with_windowless = true},
	};
	for (size_t i = 0; magic && i < ARRAY_SIZE(versions); i++)
		if (memcmp(magic, versions[i].magic, CHECKPOINT_MAGIC_LEN) == 0)
			return &versions[i];
	return NULL;
}

static void get_head(struct reader *r)
{
	struct machine *m = r->m;
	r->version = version_of(cursor_bytes(&r->c, CHECKPOINT_MAGIC_LEN));
	r->c.bad |= !r->version;
	uint64_t now_ns = cursor_varint(&r->c);
	/* Leaves room for spans to be added to times. */
	r->c.bad |= now_ns > (uint64_t)INT64_MAX;
	m->now_ns = r->c.bad ? m->now_ns : MAX(m->now_ns, now_ns);
	m->boottime_offset_ns = cursor_zigzag(&r->c);
	m->realtime_offset_ns = cursor_zigzag(&r->c);
	m->utc_offset_s = (int32_t)cursor_zigzag(&r->c);
	m->host_bucket = get_bucket(r);
	uint64_t poor = get_below(r, 4);
	m->poor = poor & 1;
	m->poor_pending = poor & 2;
	m->poor_ns = cursor_varint(&r->c);
}

/* Its own slot if that is free, else any. */
static uint16_t settle(struct machine *m, uint16_t slot, enum entity_kind kind, const char *name)
{
	uint16_t living = roster_find(m, kind, name);
	if (living != ENTITY_NONE)
		return living;
	if (slot >= m->max_entities || m->residents[slot].name)
		for (slot = 1; slot < m->max_entities && m->residents[slot].name; slot++)
			;
	return slot < m->max_entities && roster_birth(m, slot, kind, name) == 0 ? slot : ENTITY_NONE;
}

static void get_residents(struct reader *r, bool windowless)
{
	char name[WORD_MAX];
	uint64_t n = get_below(r, SLOTS_MAX);
	for (uint64_t i = 0; i < n && !r->c.bad; i++) {
		uint16_t slot = (uint16_t)get_below(r, ENTITY_NONE);
		enum entity_kind kind = (enum entity_kind)get_below(r, ENTITY_KIND_MAX_);
		get_word(r, name);
		if (!r->c.bad)
			r->slot_of[slot] = settle(r->m, slot, kind, name);
		if (!r->c.bad && windowless && r->slot_of[slot] != ENTITY_NONE)
			roster_refuse_windows(r->m, r->slot_of[slot]);
	}
}

/* `s` is NULL where the samples are of no use here. */
static void get_track(struct reader *r, struct series *s, const struct series_spec *spec, bool slow, uint64_t kept_ns)
{
	struct track t = {.begun = get_bool(r)};
	if (!t.begun || r->c.bad)
		return;
	t.run_ns = get_past(r);
	t.last_ns = get_past(r);
	uint64_t n = get_below(r, cursor_left(&r->c) + 1);
	struct sample sample = {0};
	for (uint64_t i = 0; i < n && !r->c.bad; i++) {
		sample.t_ns = get_later(r, sample.t_ns);
		sample.value = (int64_t)((uint64_t)sample.value + (uint64_t)cursor_zigzag(&r->c));
		if (s && !r->c.bad)
			series_put_back(s, spec, slow, &sample);
	}
	r->c.bad |= t.run_ns > t.last_ns || sample.t_ns > t.last_ns;
	if (!s || r->c.bad)
		return;
	/* A longer span than was kept: what there is begins where the kept one did. */
	bool short_of = (slow ? spec->slow.span_ns : spec->fast.span_ns) > kept_ns;
	uint64_t kept_from_ns = t.last_ns - MIN(kept_ns, t.last_ns);
	struct track *to = slow ? &s->slow : &s->fast;
	to->begun = true;
	to->last_ns = t.last_ns;
	to->run_ns = MAX(to->run_ns, short_of ? MAX(t.run_ns, kept_from_ns) : t.run_ns);
}

static void get_ewma(struct reader *r, struct series *s, const struct series_spec *spec)
{
	uint64_t span_ns = cursor_varint(&r->c);
	struct ewma e = {.begun = true};
	const void *value = cursor_bytes(&r->c, sizeof(e.value));
	copy_bytes(&e.value, value, value ? sizeof(e.value) : 0);
	e.first_ns = get_past(r);
	e.last_ns = get_past(r);
	r->c.bad |= e.first_ns > e.last_ns;
	for (size_t i = 0; s && !r->c.bad && i < spec->n_windows; i++)
		if (spec->windows[i].span_ns == span_ns && spec->windows[i].features & WINDOW_KEEPS_EWMA)
			s->windows[i].ewma = e;
}

/* Where it belongs here; ENTITY_NONE: it is not asked for, and read over. */
static uint16_t slot_for(const struct reader *r, const struct signal_use *u, uint64_t slot)
{
	uint16_t here = r->slot_of[slot];
	if (!u || here == ENTITY_NONE || !(u->kinds & ENTITY_BIT(r->m->residents[here].kind)) || u->latest[here].ever)
		return ENTITY_NONE;
	return here;
}

static void get_windows(struct reader *r, struct series *s, const struct signal_use *u, const uint64_t kept_ns[2])
{
	get_track(r, s, u ? &u->spec : NULL, /* slow= */ false, kept_ns[0]);
	get_track(r, s, u ? &u->spec : NULL, /* slow= */ true, kept_ns[1]);
	uint64_t n = get_below(r, cursor_left(&r->c) + 1);
	for (uint64_t i = 0; i < n && !r->c.bad; i++)
		get_ewma(r, s, u ? &u->spec : NULL);
}

static void get_series(struct reader *r, const struct signal_use *u, const uint64_t kept_ns[2])
{
	uint16_t slot = slot_for(r, u, get_below(r, SLOTS_MAX));
	struct latest l = {.known = get_bool(r), .ever = true};
	l.t_ns = get_past(r);
	l.value = cursor_zigzag(&r->c);
	bool with_windows = get_bool(r), ours = slot != ENTITY_NONE && !r->c.bad;
	if (ours)
		u->latest[slot] = l;
	if (with_windows)
		get_windows(r, ours ? series_of(u, slot) : NULL, u, kept_ns);
}

static void get_signal(struct reader *r)
{
	char name[WORD_MAX];
	get_word(r, name);
	uint64_t kept_ns[2] = {cursor_varint(&r->c)};
	kept_ns[1] = cursor_varint(&r->c);
	int signal = vocabulary_signal(r->m->vocabulary, name);
	uint16_t use = signal < 0 ? NONE : r->m->use_of_signal[signal];
	uint64_t n = get_below(r, SLOTS_MAX);
	for (uint64_t i = 0; i < n && !r->c.bad; i++)
		get_series(r, use == NONE ? NULL : &r->m->signals[use], kept_ns);
}

static void get_arrivals(struct reader *r, struct detector_use *d)
{
	uint16_t here = r->slot_of[get_below(r, SLOTS_MAX)];
	uint64_t n = get_below(r, cursor_left(&r->c) + 1), t_ns = 0;
	for (uint64_t i = 0; i < n && !r->c.bad; i++) {
		t_ns = get_later(r, t_ns);
		if (!r->c.bad && d && d->of && here != ENTITY_NONE)
			arrivals_add(&d->of[here], t_ns, d->span_ns);
	}
}

static void get_detector(struct reader *r)
{
	char name[WORD_MAX];
	get_word(r, name);
	bool attached = get_bool(r);
	int detector = r->c.bad ? -1 : vocabulary_detector(r->m->vocabulary, name);
	struct detector_use *d = detector < 0 ? NULL : &r->m->detectors[detector];
	if (d)
		d->attached = attached;
	uint64_t n = get_below(r, SLOTS_MAX);
	for (uint64_t i = 0; i < n && !r->c.bad; i++)
		get_arrivals(r, d);
}

static struct stretches *get_stretches(struct reader *r, uint64_t active_ns)
{
	uint64_t n = get_below(r, HOLD_STRETCHES_MAX + 1), before = 0;
	struct stretches *s = n ? calloc(1, sizeof(*s)) : NULL;
	for (uint64_t i = 0; i < n && !r->c.bad; i++) {
		uint64_t from_ns = cursor_varint(&r->c), to_ns = cursor_varint(&r->c);
		r->c.bad |= from_ns < before || to_ns < from_ns || to_ns > active_ns;
		before = to_ns;
		if (s && !r->c.bad)
			stretches_add(s, from_ns, to_ns);
	}
	return s;
}

static void get_numbers(struct reader *r, struct instance *i)
{
	uint64_t exception = NONE;
	uint64_t *const numbers[INSTANCE_NUMBERS] = {
		&i->evaluated_ns,	&i->active_ns,	       &i->begin_ns,	&i->since_ns, &i->true_since_ns,
		&i->true_span.first_ns, &i->true_span.last_ns, &i->arm_true_ns, &i->fired,    &i->suppressed,
		&i->excepted,		&exception,	       &i->verdict_since_ns, &i->suppressed_ns,
	};
	for (size_t k = 0; r->version && k < r->version->instance_numbers; k++)
		*numbers[k] = cursor_varint(&r->c);
	i->exception = (uint16_t)MIN(exception, (uint64_t)NONE);
	r->c.bad |= i->evaluated_ns > r->m->now_ns || i->begin_ns > i->active_ns || i->arm_true_ns > r->m->now_ns ||
		    i->active_ns > r->m->now_ns;
}

/* Of a rule that is not ours as many are read over as there can be. */
static terms_word get_terms(struct reader *r, unsigned n, uint64_t since_ns[SAID_TERMS_MAX])
{
	terms_word said = r->version && r->version->with_terms ? (terms_word)get_below(r, TERMS_ALL + UINT64_C(1)) : 0;
	for (unsigned k = 0; k < SAID_TERMS_MAX && !r->c.bad; k++) {
		since_ns[k] = terms_said(said, k) ? get_past(r) : 0;
		r->c.bad |= terms_said(said, k) && k >= n;
	}
	return said;
}

static void get_instance(struct reader *r, struct rule_run *run)
{
	struct instance i = {.entity = r->slot_of[get_below(r, SLOTS_MAX)]};
	i.state = (uint8_t)get_below(r, RULE_FIRING + 1);
	i.verdict = (uint8_t)get_below(r, TRUTH_UNKNOWN + 1);
	i.before = (uint8_t)get_below(r, TRUTH_UNKNOWN + 1);
	uint64_t flags = get_below(r, 8);
	i.armed = flags & 1;
	i.judged = flags & 2;
	i.counting = flags & 4;
	get_numbers(r, &i);
	i.bucket = get_bucket(r);
	i.stretches = get_stretches(r, i.active_ns);
	uint64_t since_ns[SAID_TERMS_MAX];
	i.said = get_terms(r, run ? run->program.n_terms : SAID_TERMS_MAX, since_ns);
	struct instance *to = run && i.entity != ENTITY_NONE && !r->c.bad ? instance_find(run, i.entity) : NULL;
	if (to) {
		i.exception = i.exception < run->rule->n_exceptions ? i.exception : NONE;
		stretches_free(to->stretches);
		*to = i;
		if (run->program.n_terms)
			copy_bytes(terms_since(run, to), since_ns, run->program.n_terms * sizeof(*since_ns));
	} else {
		stretches_free(i.stretches);
	}
}

static struct rule_run *rule_same(const struct machine *m, const char *name, const char *digest)
{
	for (size_t i = 0; i < m->n_rules; i++)
		if (streq(m->rules[i].rule->name, name) && streq(m->rules[i].rule->digest, digest))
			return &m->rules[i];
	return NULL;
}

static void get_rule(struct reader *r)
{
	char name[WORD_MAX], digest[WORD_MAX];
	get_word(r, name);
	get_word(r, digest);
	struct rule_run *run = r->c.bad ? NULL : rule_same(r->m, name, digest);
	bool foreign = get_bool(r);
	uint64_t cold_until_ns = cursor_varint(&r->c);
	struct bucket bucket = get_bucket(r);
	if (run) {
		run->foreign = foreign;
		run->cold_until_ns = cold_until_ns;
		run->bucket = bucket;
	}
	uint64_t n = get_below(r, SLOTS_MAX);
	for (uint64_t i = 0; i < n && !r->c.bad; i++)
		get_instance(r, run);
}

static void get_remembered(struct reader *r)
{
	char rule[WORD_MAX], name[WORD_MAX];
	uint64_t n = get_below(r, LIMITS_REMEMBERED_MAX + 1);
	for (uint64_t i = 0; i < n && !r->c.bad; i++) {
		get_word(r, rule);
		enum entity_kind kind = (enum entity_kind)get_below(r, ENTITY_KIND_MAX_);
		get_word(r, name);
		struct bucket b = get_bucket(r);
		if (!r->c.bad)
			buckets_remember(&r->m->remembered, rule, kind, name, &b);
	}
}

/* A rule is taken to be foreign until it is found in the checkpoint. */
static void all_rules_cold(struct machine *m)
{
	for (size_t i = 0; i < m->n_rules; i++) {
		m->rules[i].foreign = true;
		m->rules[i].cold_until_ns = m->now_ns + m->rules[i].rule->longest_span_ns;
	}
}

static void get_all(struct reader *r)
{
	get_head(r);
	all_rules_cold(r->m);
	memset(r->slot_of, 0xff, SLOTS_MAX * sizeof(*r->slot_of));
	get_residents(r, /* windowless= */ false);
	if (r->version && r->version->with_windowless)
		get_residents(r, !r->makes_room);
	uint64_t n = get_below(r, NONE);
	for (uint64_t i = 0; i < n && !r->c.bad; i++)
		get_signal(r);
	n = get_below(r, NONE);
	for (uint64_t i = 0; i < n && !r->c.bad; i++)
		get_detector(r);
	n = get_below(r, NONE);
	for (uint64_t i = 0; i < n && !r->c.bad; i++)
		get_rule(r);
	get_remembered(r);
	r->c.bad |= cursor_left(&r->c) > 0;
	r->m->disarm_ns = 0;
}

static int restore(struct machine *m, const void *data, size_t len, bool makes_room)
{
	_cleanup_free_ uint16_t *slot_of = malloc(SLOTS_MAX * sizeof(*slot_of));
	if (!slot_of)
		return -ENOMEM;
	struct reader r = {.m = m, .c = cursor_over(data, len), .makes_room = makes_room, .slot_of = slot_of};
	get_all(&r);
	return r.c.bad ? -EBADMSG : 0;
}

int machine_restore(struct machine *m, const void *data, size_t len)
{
	return restore(m, data, len, /* makes_room= */ false);
}

int machine_succeed(struct machine *m, const struct machine *old)
{
	_cleanup_buf_ struct buf state = {0}, tokens = {0};
	int r = machine_checkpoint(old, &state);
	r = r < 0 ? r : machine_limits_save(old, &tokens);
	r = r < 0 ? r : restore(m, state.data, state.len, /* makes_room= */ true);
	if (r < 0)
		return r == -EBADMSG ? -ENOMEM : r;
	for (size_t i = 0; i < m->n_rules; i++)
		m->rules[i].foreign = false;
	machine_limits_load(m, buf_str(&tokens));
	return 0;
}
