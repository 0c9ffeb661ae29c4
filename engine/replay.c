/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/replay.h"

#include "engine/base/clock.h"
#include "engine/record/inputlog.h"
#include "engine/replay_match.h"
#include "rules/run/machine.h"

struct heap_of_said {
	struct said *of;
	size_t n, cap;
};

struct replay {
	const struct replay_options *options;
	struct replay_result *result;
	struct inputlog_reader *log;
	struct machine *machine;
	unsigned machines; /* so far */
	bool restored, begun, reloaded; /* the last: and the checkpoint after it has not come yet */
	bool *was_recorded; /* by rule: before the latest reload */
	char reload_digest[24];
	uint64_t *period_ns; /* of the readings as they come */
	bool tokens; /* every recorded rule is here, and the host's limit is known: they must agree too */
	struct limit host_limit;
	int64_t realtime_offset_ns;
	struct heap_of_said decided, recorded; /* of the present input */
	struct firing_spans replayed_spans, recorded_spans;
	int error;
};

static void replay_close(struct replay *p)
{
	machine_free(p->machine);
	inputlog_close(p->log);
	free(p->period_ns);
	free(p->was_recorded);
	free(p->decided.of);
	free(p->recorded.of);
	firing_spans_done(&p->replayed_spans);
	firing_spans_done(&p->recorded_spans);
}

static int said_add(struct heap_of_said *s, const struct said *t)
{
	if (!array_room(s->of, s->n, s->cap))
		return -ENOMEM;
	s->of[s->n++] = *t;
	return 0;
}

static const char *recorded_digest(const struct replay *p, const char *rule)
{
	size_t n;
	const struct inputlog_rule *all = inputlog_rules(p->log, &n);
	for (size_t i = 0; i < n; i++)
		if (streq(all[i].name, rule))
			return all[i].digest;
	return "";
}

static bool is_recorded_rule(const struct replay *p, const char *name)
{
	const struct rule *ours = ruleset_find(p->options->rules, name);
	return ours && streq(ours->digest, recorded_digest(p, name));
}

static bool is_whole_set(const struct replay *p)
{
	size_t n;
	const struct inputlog_rule *all = inputlog_rules(p->log, &n);
	for (size_t i = 0; i < n; i++)
		if (!is_recorded_rule(p, all[i].name))
			return false;
	return n == p->options->rules->n;
}

static const char *mark_of(const struct replay *p, const struct transition *t)
{
	const struct rule *rule = &p->options->rules->rules[t->rule];
	if (p->options->next)
		return t->unarmed ? "unarmed" : "1 Hz";
	bool cold = !p->restored && t->t_ns - p->result->begin_ns < rule->longest_span_ns;
	return t->cold || cold ? "cold" : t->unarmed ? "unarmed" : "";
}

static void on_transition(void *ctx, const struct transition *t)
{
	struct replay *p = ctx;
	const struct entity *e = entities_get(inputlog_entities(p->log), t->entity);
	struct said s = {.t_ns = t->t_ns,
			 .at_ns = t->t_ns + (uint64_t)p->realtime_offset_ns,
			 .kind = t->kind,
			 .rule = p->options->rules->rules[t->rule].name,
			 .entity_kind = e->kind,
			 .token = t->token,
			 .excepted = t->exception != NULL,
			 .by_hand = t->by_hand,
			 .drill = t->drill,
			 .comparable = is_recorded_rule(p, p->options->rules->rules[t->rule].name),
			 .mark = mark_of(p, t)};
	memcpy(s.entity, e->name, sizeof(s.entity));
	int r = said_add(&p->decided, &s);
	r = r < 0 ? r : firing_spans_take(&p->replayed_spans, &s);
	p->error = r < 0 ? r : p->error;
}

/* History does not keep what armed detectors say. */
static bool is_untold(const struct replay *p, const struct rule *rule)
{
	return p->options->next && rule->on >= 0 && p->options->vocabulary->detectors[rule->on].class == DETECTOR_ARMED;
}

/* Rules that we do not have are no business of this replay. */
static int take_recorded(struct replay *p, const struct recorded_transition *t)
{
	const struct rule *ours = ruleset_find(p->options->rules, t->rule);
	if (!ours || is_untold(p, ours))
		return 0;
	struct said s = {.t_ns = t->t_ns,
			 .at_ns = t->t_ns + (uint64_t)p->realtime_offset_ns,
			 .kind = t->kind,
			 .rule = ours->name,
			 .entity_kind = t->entity_kind,
			 .token = t->token,
			 .excepted = t->excepted,
			 .by_hand = t->by_hand,
			 .drill = t->drill,
			 .comparable = is_recorded_rule(p, ours->name),
			 .mark = ""};
	snprintf(s.entity, sizeof(s.entity), "%s", t->entity);
	int r = said_add(&p->recorded, &s);
	return r < 0 ? r : firing_spans_take(&p->recorded_spans, &s);
}

static bool said_equal(const struct replay *p, const struct said *a, const struct said *b)
{
	return a->t_ns == b->t_ns && a->kind == b->kind && a->entity_kind == b->entity_kind && streq(a->rule, b->rule) &&
	       streq(a->entity, b->entity) && a->excepted == b->excepted && a->by_hand == b->by_hand && a->drill == b->drill &&
	       (a->token == b->token || !p->tokens);
}

static void said_describe(const struct said *s, char *text, size_t size)
{
	if (s)
		snprintf(text, size, "%s %s on %.60s%s", s->rule, transition_name(s->kind), s->entity,
			 s->excepted ? " (excepted)" : s->kind == TRANSITION_FIRED && !s->token ? " (suppressed)" : "");
	else
		snprintf(text, size, "nothing");
}

static void note_difference(struct replay *p, const struct said *recorded, const struct said *decided)
{
	char was[112], is[112];
	if (p->result->differences++)
		return;
	said_describe(recorded, was, sizeof(was));
	said_describe(decided, is, sizeof(is));
	snprintf(p->result->difference, sizeof(p->result->difference), "recorded: %s; replayed: %s", was, is);
}

/* The next of a list whose rule is the recorded one, from *at on; NULL at the end. */
static const struct said *next_comparable(const struct heap_of_said *list, size_t *at)
{
	while (*at < list->n && !list->of[*at].comparable)
		++*at;
	return *at < list->n ? &list->of[(*at)++] : NULL;
}

static void tell(const struct replay *p, const struct said *s)
{
	const struct recorded_transition t = {.t_ns = s->t_ns,
					      .kind = s->kind,
					      .rule = s->rule,
					      .entity = s->entity,
					      .entity_kind = s->entity_kind,
					      .token = s->token,
					      .drill = s->drill,
					      .by_hand = s->by_hand,
					      .excepted = s->excepted};
	if (p->options->decided)
		p->options->decided(p->options->decided_ctx, &t);
}

/* All that an input led to is known on both sides once the next one begins. */
static void settle(struct replay *p)
{
	size_t i = 0, k = 0;
	while (p->restored && (p->decided.n || p->recorded.n)) {
		const struct said *recorded = next_comparable(&p->recorded, &i);
		const struct said *decided = next_comparable(&p->decided, &k);
		if (!recorded && !decided)
			break;
		if (decided)
			tell(p, decided);
		if (!recorded || !decided || !said_equal(p, recorded, decided))
			note_difference(p, recorded, decided);
	}
	p->decided.n = p->recorded.n = 0;
}

/* Ends what those of our rules were at that `wanted` says. */
static int end_rules(struct replay *p, const struct input *reload, bool (*wanted)(const struct replay *, size_t, const struct input *))
{
	const struct ruleset *ours = p->options->rules;
	_cleanup_free_ const char **gone = calloc(ours->n + 1, sizeof(*gone));
	struct input in = *reload;
	if (!gone)
		return -ENOMEM;
	in.reload.gone = gone;
	in.reload.n_gone = 0;
	for (size_t i = 0; i < ours->n; i++)
		if (wanted(p, i, reload))
			gone[in.reload.n_gone++] = ours->rules[i].name;
	machine_input(p->machine, &in, on_transition, p);
	return p->error;
}

static bool ended_live(const struct replay *p, size_t rule, const struct input *reload)
{
	const char *name = p->options->rules->rules[rule].name;
	for (size_t i = 0; p->was_recorded[rule] && i < reload->reload.n_gone; i++)
		if (streq(reload->reload.gone[i], name))
			return true;
	return false;
}

/* A rule that is not the recorded one is none that was reloaded. */
static int take_reload(struct replay *p, const struct input *in)
{
	const struct ruleset *ours = p->options->rules;
	for (size_t i = 0; i < ours->n; i++)
		p->was_recorded[i] = is_recorded_rule(p, ours->rules[i].name);
	p->reloaded = true;
	snprintf(p->reload_digest, sizeof(p->reload_digest), "%s", in->reload.digest);
	return end_rules(p, in, ended_live);
}

static void take_input(struct replay *p, const struct input *in)
{
	settle(p);
	if (!p->begun)
		p->result->begin_ns = in->t_ns;
	p->begun = true;
	p->result->end_ns = in->t_ns;
	if (in->kind == INPUT_CLOCK)
		p->realtime_offset_ns = in->clock.realtime_offset_ns;
	if (in->kind == INPUT_TICK)
		p->result->samples += in->tick.n;
	if (in->kind == INPUT_RELOAD)
		p->error = take_reload(p, in);
	else
		machine_input(p->machine, in, on_transition, p);
	if (p->options->watch)
		p->options->watch(p->options->watch_ctx, p->machine);
}

static bool is_brought(const struct replay *p, size_t rule, const struct input *reload _unused_)
{
	return !p->was_recorded[rule] && is_recorded_rule(p, p->options->rules->rules[rule].name);
}

static bool brings_any(const struct replay *p)
{
	for (size_t i = 0; i < p->options->rules->n; i++)
		if (is_brought(p, i, NULL))
			return true;
	return false;
}

static bool is_not_kept(const struct replay *p, size_t rule, const struct input *reload _unused_)
{
	return !p->was_recorded[rule] || !is_recorded_rule(p, p->options->rules->rules[rule].name);
}

static int open_machine(struct replay *p);

/* The first checkpoint of the new set. Rules that the reload brought go on from it as they began live, and with them all the
 * others that are recorded; what-if rules start anew. Without any brought there is nothing in it that we do not know. */
static int take_over(struct replay *p, const void *data, size_t len)
{
	const struct input reload = {.kind = INPUT_RELOAD, .t_ns = p->result->end_ns};
	uint32_t burst = p->host_limit.burst;
	uint64_t refill_ns = p->host_limit.refill_ns;
	p->reloaded = false;
	inputlog_host_limit(p->log, &burst, &refill_ns);
	bool same_limit = burst == p->host_limit.burst && refill_ns == p->host_limit.refill_ns;
	/* Live a reload may have made room for windows. */
	if (same_limit && !brings_any(p) && !machine_refused(p->machine)) {
		p->tokens &= is_whole_set(p);
		return 0;
	}
	int r = end_rules(p, &reload, is_not_kept);
	p->decided.n = 0; /* live there was nothing to end */
	p->machine = machine_free(p->machine);
	r = r < 0 ? r : open_machine(p);
	p->tokens = p->host_limit.refill_ns && is_whole_set(p);
	return r < 0 ? r : machine_restore(p->machine, data, len);
}

/* But for reloads only the first one counts: from there on the inputs alone decide. */
static int take_checkpoint(struct replay *p, const void *data, size_t len)
{
	settle(p);
	if (p->restored && p->reloaded && streq(inputlog_rules_digest(p->log), p->reload_digest))
		return take_over(p, data, len);
	if (p->restored || p->result->samples)
		return 0;
	p->tokens = p->host_limit.refill_ns && is_whole_set(p);
	p->restored = true;
	return machine_restore(p->machine, data, len);
}

/* 1 at the end. */
static int take_item(struct replay *p, const struct inputlog_item *item)
{
	switch (item->kind) {
	case INPUTLOG_CHECKPOINT:
		return take_checkpoint(p, item->checkpoint.data, item->checkpoint.len);
	case INPUTLOG_INPUT:
		take_input(p, &item->input);
		return p->error;
	case INPUTLOG_TRANSITION:
		return take_recorded(p, &item->transition);
	case INPUTLOG_END:
		settle(p);
		return 1;
	}
	return -EBADMSG;
}

static int open_machine(struct replay *p)
{
	size_t n = p->options->vocabulary->n_signals;
	const uint64_t *recorded = inputlog_periods(p->log);
	free(p->period_ns);
	p->period_ns = calloc(n + 1, sizeof(*p->period_ns));
	if (!p->period_ns)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		p->period_ns[i] = recorded[i] && p->options->next ? MAX(recorded[i], NS_PER_S) : recorded[i];
	inputlog_host_limit(p->log, &p->host_limit.burst, &p->host_limit.refill_ns);
	struct machine_options machine = {.rules = p->options->rules,
					  .vocabulary = p->options->vocabulary,
					  .period_ns = p->period_ns,
					  .max_entities = entities_max(inputlog_entities(p->log)),
					  .host_limit = p->host_limit,
					  .generation = p->machines++};
	return machine_new(&machine, &p->machine);
}

/* Another run of the daemon: what it does not know, neither do we. */
static int restart(struct replay *p)
{
	_cleanup_buf_ struct buf tokens = {0};
	int r = machine_limits_save(p->machine, &tokens);
	firing_spans_end(&p->replayed_spans, p->result->end_ns);
	firing_spans_end(&p->recorded_spans, p->result->end_ns);
	p->machine = machine_free(p->machine);
	r = r < 0 ? r : open_machine(p);
	if (r == 0)
		machine_limits_load(p->machine, buf_str(&tokens));
	return r;
}

static int take_piece(struct replay *p, const struct replay_piece *piece)
{
	if (!p->log) {
		int r = inputlog_open(piece->log, piece->len, p->options->vocabulary, &p->log);
		return r < 0 ? r : open_machine(p);
	}
	int r = inputlog_feed(p->log, piece->log, piece->len, piece->restarted, piece->shift_ns);
	return r == 0 && piece->restarted ? restart(p) : r;
}

static int run_piece(struct replay *p)
{
	struct inputlog_item item;
	int r;
	do {
		r = inputlog_next(p->log, &item);
		r = r < 0 ? r : take_item(p, &item);
	} while (r == 0);
	return r < 0 ? r : 0;
}

static int run(struct replay *p)
{
	p->was_recorded = calloc(p->options->rules->n + 1, sizeof(*p->was_recorded));
	if (!p->was_recorded)
		return -ENOMEM;
	struct replay_piece piece = {.log = p->options->samples, .len = p->options->len};
	int r = p->options->next ? p->options->next(p->options->ctx, &piece) : 1;
	while (r > 0) {
		r = take_piece(p, &piece);
		r = r < 0 ? r : run_piece(p);
		r = r < 0 || !p->options->next ? r : p->options->next(p->options->ctx, &piece);
	}
	return r;
}

static void leave_out_untold_times(const struct replay_options *o, struct replay_result *r)
{
	size_t kept = 0;
	if (!o->since_ns && !o->until_ns)
		return;
	r->happening = r->missed = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct replay_firing *f = &r->firings[i];
		uint64_t at_ns = f->happens ? f->at_ns : f->recorded_at_ns;
		if (at_ns < o->since_ns || (o->until_ns && at_ns > o->until_ns))
			continue;
		r->happening += f->happens;
		r->missed += !f->happens;
		r->firings[kept++] = *f;
	}
	r->n = kept;
}

int replay_run(const struct replay_options *options, struct replay_result *ret)
{
	_cleanup_(replay_done) struct replay_result result = {0};
	_cleanup_(replay_close) struct replay p = {.options = options, .result = &result};
	int r = run(&p);
	if (r == 0 && p.log)
		result.lost = inputlog_reader_lost(p.log);
	if (r == 0)
		r = firing_spans_match(&p.replayed_spans, &p.recorded_spans, options->next ? NS_PER_S : 0, &result);
	if (r < 0)
		return r;
	leave_out_untold_times(options, &result);
	*ret = result;
	result = (struct replay_result){0};
	return 0;
}

void replay_done(struct replay_result *r)
{
	free(r->firings);
	*r = (struct replay_result){0};
}
