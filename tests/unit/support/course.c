/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/course_live.h"

#include "engine/base/clock.h"
#include "rules/tell/why.h"
#include "tests/unit/support/dice.h"
#include "tests/unit/support/vocabulary.h"

#define TERMS_PERCENT 25 /* of the inputs that lead to no decision: every term is looked at there, too */
#define LOG_BYTES_EACH 256 /* room in the ring for an input and what it leads to */
#define CHECKPOINTS 3	   /* in a course, beside those of reloads */

const uint64_t *course_periods(void)
{
	static uint64_t periods[256];
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
		periods[i] = WORLD_PERIOD_NS;
	return periods;
}

static struct machine *make_machine(const struct ruleset *set)
{
	struct machine_options options = {.rules = set,
					  .vocabulary = test_vocabulary(),
					  .period_ns = course_periods(),
					  .max_entities = NAIVE_SLOTS,
					  .host_limit = COURSE_HOST_LIMIT};
	struct machine *m;
	if (machine_new(&options, &m) < 0)
		abort();
	return m;
}

/* --- the log --- */

static struct inputlog_options log_rules(const struct ruleset *set, struct inputlog_rule rules[RANDOM_NAMES])
{
	for (size_t i = 0; i < set->n; i++)
		rules[i] = (struct inputlog_rule){set->rules[i].name, set->rules[i].digest};
	return (struct inputlog_options){.rules_digest = set->digest,
					 .rules = rules,
					 .n_rules = set->n,
					 .host_burst = COURSE_HOST_LIMIT.burst,
					 .host_refill_ns = COURSE_HOST_LIMIT.refill_ns};
}

static int checkpoint(void *ctx, struct buf *out)
{
	struct course *c = ctx;
	if (c->n_checkpoints == ARRAY_SIZE(c->checkpoints))
		abort();
	c->checkpoints[c->n_checkpoints].t_ns = c->world.t_ns;
	c->checkpoints[c->n_checkpoints++].live = c->live.len;
	return machine_checkpoint(c->machine, out);
}

static struct inputlog *make_log(struct course *c, unsigned inputs)
{
	struct inputlog_rule rules[RANDOM_NAMES];
	struct inputlog_options o = log_rules(&c->sets.of[0], rules);
	struct inputlog *log;
	o.vocabulary = test_vocabulary();
	o.period_ns = course_periods();
	o.entities = c->entities;
	o.checkpoint = checkpoint;
	o.ctx = c;
	o.ring_bytes = (UINT64_C(1) << 21) + (uint64_t)inputs * LOG_BYTES_EACH;
	o.checkpoint_every_ns = (1 + inputs / CHECKPOINTS) * NS_PER_S;
	if (inputlog_new(&o, &log) < 0)
		abort();
	return log;
}

/* --- what happens --- */

void course_line(const struct course *c, const char *digest, const struct recorded_transition *t, struct buf *out)
{
	buf_printf(out, "%s %llu %s %s %s%s%s%s%s\n", digest, (unsigned long long)t->t_ns, transition_name(t->kind),
		   entity_kind_name(t->entity_kind), t->entity, t->excepted ? " excepted" : "", t->by_hand ? " by hand" : "",
		   t->drill ? " drill" : "", t->token && !c->reloads ? " token" : "");
}

static void seal(struct course *c, const void *data, size_t len)
{
	crypto_hash_sha256_update(&c->sum->digest, data, len);
}

static void on_transition(void *ctx, const struct transition *t)
{
	struct course *c = ctx;
	const struct entity *e = entities_get(c->entities, t->entity);
	const struct rule *rule = &c->naive.set->rules[t->rule];
	const struct recorded_transition r = {.t_ns = t->t_ns,
					      .kind = t->kind,
					      .entity_kind = e->kind,
					      .entity = e->name,
					      .token = t->token,
					      .by_hand = t->by_hand,
					      .drill = t->drill,
					      .excepted = t->exception != NULL};
	size_t before = c->live.len;
	inputlog_transition(c->log, t);
	course_line(c, rule->digest, &r, &c->live);
	seal(c, c->live.data + before, c->live.len - before);
	seal(c, &t->true_since_ns, sizeof(t->true_since_ns));
	seal(c, &t->token, sizeof(t->token));
	c->decided = true;
	c->sum->transitions++;
	c->sum->firings += t->kind == TRANSITION_FIRED;
	buf_printf(&c->said, "%llu %s %u %u\n", (unsigned long long)t->t_ns, transition_name(t->kind), t->rule, t->entity);
	if (t->exception)
		buf_printf(&c->said, "but %s\n", t->exception);
}

static void reload(struct course *c)
{
	const struct ruleset *set = &c->sets.of[c->world.set];
	struct inputlog_rule rules[RANDOM_NAMES];
	struct inputlog_options o = log_rules(set, rules);
	struct machine *next = make_machine(set);
	if (machine_succeed(next, c->machine) < 0 || inputlog_reload(c->log, &o) < 0)
		abort();
	machine_free(c->machine);
	c->machine = next;
	naive_reload(&c->naive, set);
	c->sum->reloads++;
}

static void take(struct course *c, const struct input *in)
{
	c->decided = false;
	buf_clear(&c->said);
	buf_clear(&c->naive.said);
	if (in->kind == INPUT_BORN && !entities_add_at(c->entities, in->born.entity, in->born.kind, in->born.name))
		abort();
	inputlog_input(c->log, in);
	machine_input(c->machine, in, on_transition, c);
	naive_input(&c->naive, in);
	if (in->kind == INPUT_GONE)
		entities_remove(c->entities, in->gone.entity);
	if (in->kind == INPUT_RELOAD)
		reload(c);
	c->sum->inputs++;
	c->sum->readings += in->kind == INPUT_TICK ? in->tick.n : 0;
}

/* --- the machine beside the naive evaluator --- */

static bool same(double a, double b)
{
	return a == b || (a != a && b != b);
}

static bool same_term(struct course *c, const struct why_term *t)
{
	const struct expr *e = t->expr;
	double value = 0;
	bool known = e->kind < EXPR_NOT && naive_number(&c->naive, e, t->entity, &value);
	enum truth verdict = e->kind < EXPR_NOT ? TRUTH_UNKNOWN : naive_truth(&c->naive, e, t->entity);
	double told = t->known && t->value == t->value ? t->value : 0; /* one of the many NaNs */
	seal(c, &t->verdict, sizeof(t->verdict));
	seal(c, &told, sizeof(told));
	c->sum->terms++;
	if (t->verdict == verdict && t->known == known && (!known || same(t->value, value)))
		return true;
	fprintf(stderr, "a term of kind %d, function %d: %d %d %.17g, naive %d %d %.17g\n", e->kind,
		e->kind == EXPR_WINDOW ? (int)e->window.fn : -1, t->verdict, t->known, t->value, verdict, known, value);
	return false;
}

static bool same_terms(struct course *c, uint16_t rule, uint16_t slot)
{
	_cleanup_free_ struct why_term *terms = NULL;
	size_t n = 0;
	bool all = true;
	if (why_terms(c->machine, rule, slot, &terms, &n) < 0)
		return true;
	for (size_t i = 0; i < n; i++)
		all &= same_term(c, &terms[i]);
	return all;
}

static bool same_state(struct course *c, uint16_t rule, uint16_t slot, bool with_terms)
{
	const struct naive_watch *w = &c->naive.watches[rule][slot];
	struct rule_status s;
	bool watched = machine_status(c->machine, rule, slot, &s);
	if (watched != w->watched || !watched)
		return watched == w->watched;
	bool agree = s.state == w->state && s.evaluated_ns == w->evaluated_ns && (!w->judged || s.verdict == w->verdict);
	if (agree && (!with_terms || same_terms(c, rule, slot)))
		return true;
	fprintf(stderr, "rule %u on entity %u: state %d, verdict %d; naive %d, %d\n", rule, slot, s.state, s.verdict, w->state,
		w->verdict);
	return false;
}

static bool agree(struct course *c)
{
	bool with_terms = dice_chance(TERMS_PERCENT) || c->decided, all = true;
	if (strcmp(buf_str(&c->said), buf_str(&c->naive.said)) != 0) {
		fprintf(stderr, "decided:\n%snaive:\n%s", buf_str(&c->said), buf_str(&c->naive.said));
		return false;
	}
	for (uint16_t rule = 0; rule < c->naive.set->n; rule++)
		for (uint16_t slot = 0; slot < NAIVE_SLOTS; slot++)
			all &= same_state(c, rule, slot, with_terms);
	return all;
}

/* --- from begin to end --- */

static void begin(struct course *c, uint64_t seed, unsigned inputs, struct course_sum *sum)
{
	*c = (struct course){.seed = seed, .sum = sum, .entities = entities_new(NAIVE_SLOTS)};
	dice_seed(seed);
	random_rules(&c->sets);
	world_begin(&c->world, &c->sets);
	c->reloads = seed % 5 < 3;
	c->world.reload_every = c->reloads ? 1 + inputs / 7 : 0;
	c->world.reloads_left = COURSE_RELOADS_MAX;
	c->machine = make_machine(&c->sets.of[0]);
	naive_start(&c->naive, &c->sets.of[0], test_vocabulary(), WORLD_PERIOD_NS);
	c->log = make_log(c, inputs);
	take(c, &(struct input){.kind = INPUT_CLOCK, .t_ns = c->world.t_ns});
}

static void end(struct course *c)
{
	machine_free(c->machine);
	naive_stop(&c->naive);
	inputlog_free(c->log);
	entities_free(c->entities);
	buf_done(&c->said);
	buf_done(&c->live);
}

bool course_run(uint64_t seed, unsigned inputs, struct course_sum *sum)
{
	static struct course c;
	bool fine = true;
	unsigned i = 0;
	begin(&c, seed, inputs, sum);
	for (; fine && i < inputs; i++) {
		struct input in = world_next(&c.world);
		take(&c, &in);
		fine = agree(&c);
	}
	fine = fine && course_replays(&c);
	if (!fine)
		fprintf(stderr, "that was course %llu of %u inputs, at input %u\n", (unsigned long long)seed, inputs, i);
	end(&c);
	return fine;
}

void course_sum_begin(struct course_sum *sum)
{
	*sum = (struct course_sum){0};
	crypto_hash_sha256_init(&sum->digest);
}

void course_sum_say(const struct course_sum *sum, struct buf *out)
{
	crypto_hash_sha256_state state = sum->digest;
	unsigned char digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_final(&state, digest);
	buf_printf(out, "%llu inputs with %llu readings and %llu reloads led to %llu transitions, %llu of them firings; "
		   "%llu terms agree; %llu transitions were decided again\n",
		   (unsigned long long)sum->inputs, (unsigned long long)sum->readings, (unsigned long long)sum->reloads,
		   (unsigned long long)sum->transitions, (unsigned long long)sum->firings, (unsigned long long)sum->terms,
		   (unsigned long long)sum->replayed);
	for (size_t i = 0; i < sizeof(digest); i++)
		buf_printf(out, "%02x", digest[i]);
	buf_add_char(out, '\n');
}
