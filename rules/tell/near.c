/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/tell/near.h"

#include "rules/run/internal.h"

#include <math.h>

struct asked {
	const struct machine *m;
	const struct program *p;
};

static struct nearness far_off(void)
{
	return (struct nearness){.share = INFINITY};
}

static struct nearness pick(struct nearness a, struct nearness b, bool nearer)
{
	return (a.share <= b.share) == nearer ? a : b;
}

static struct nearness of(const struct asked *q, uint16_t op, uint16_t entity, bool wanted);

static bool is_so(const struct asked *q, uint16_t op, uint16_t entity, bool wanted)
{
	return eval_truth(q->m, q->p, op, entity) == (wanted ? TRUTH_TRUE : TRUTH_FALSE);
}

static struct nearness of_comparison(const struct asked *q, const struct op *o, uint16_t entity)
{
	double a, b;
	if (!eval_number(q->m, q->p, o->a, entity, &a) || !eval_number(q->m, q->p, o->b, entity, &b) || b == 0)
		return far_off();
	return (struct nearness){fabs(a - b) / fabs(b), o->expr, a, b, q->p->ops[o->a].expr->unit};
}

/* any() is wanted true, or all() false: the nearest will do. Over nothing there is nobody to come nearer. */
static struct nearness of_quantifier(const struct asked *q, const struct op *o, bool wanted)
{
	const struct selection *s = &q->m->selections[o->use];
	bool nearer = (o->kind == EXPR_ANY) == wanted;
	struct nearness best = far_off();
	for (size_t i = 0; i < s->n; i++) {
		struct nearness one = of(q, o->a, s->slots[i], wanted);
		best = i ? pick(best, one, nearer) : one;
	}
	return best;
}

static struct nearness of(const struct asked *q, uint16_t op, uint16_t entity, bool wanted)
{
	const struct op *o = &q->p->ops[op];
	if (is_so(q, op, entity, wanted))
		return (struct nearness){0};
	switch (o->kind) {
	case EXPR_NOT:
		return of(q, o->a, entity, !wanted);
	case EXPR_AND:
	case EXPR_OR:
		return pick(of(q, o->a, entity, wanted), of(q, o->b, entity, wanted), (o->kind == EXPR_OR) == wanted);
	case EXPR_ANY:
	case EXPR_ALL:
		return of_quantifier(q, o, wanted);
	case EXPR_LESS:
	case EXPR_LESS_EQUAL:
	case EXPR_GREATER:
	case EXPR_GREATER_EQUAL:
	case EXPR_EQUAL:
	case EXPR_NOT_EQUAL:
		return of_comparison(q, o, entity);
	default:
		return far_off();
	}
}

struct nearness near_now(const struct machine *m, uint16_t rule, uint16_t entity)
{
	const struct program *p = &m->rules[rule].program;
	struct asked q = {.m = m, .p = p};
	return p->when == NONE ? far_off() : of(&q, p->when, entity, true);
}

#define CLOSED UINT32_MAX

/* Of a rule and a slot. */
struct watched {
	uint32_t miss; /* the one that lasts, CLOSED */
	bool fired;    /* and was not away since */
};

struct near {
	const struct ruleset *rules;
	uint64_t since_ns, untold;
	unsigned generation, slots; /* of the machine of the last call */
	struct watched *watched; /* rules × slots */
	struct near_miss *misses;
	size_t n, cap;
};

int near_new(const struct ruleset *rules, uint64_t since_ns, struct near **ret)
{
	struct near *n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->rules = rules;
	n->since_ns = since_ns;
	*ret = n;
	return 0;
}

/* Another machine knows nothing of what was. */
static bool begin_with(struct near *n, const struct machine *m)
{
	struct watched *all = calloc(n->rules->n * m->max_entities + 1, sizeof(*all));
	if (!all)
		return false;
	for (size_t i = 0; i < n->rules->n * m->max_entities; i++)
		all[i].miss = CLOSED;
	free(n->watched);
	n->watched = all;
	n->slots = m->max_entities;
	n->generation = m->generation;
	return true;
}

static uint64_t realtime(const struct machine *m)
{
	return m->now_ns + (uint64_t)m->realtime_offset_ns;
}

static void open_miss(struct near *n, const struct machine *m, struct watched *w, const struct rule *rule, uint16_t entity)
{
	const struct resident *who = &m->residents[entity];
	if (n->n >= NEAR_MISSES_MAX || !array_room(n->misses, n->n, n->cap)) {
		n->untold++;
		return;
	}
	w->miss = (uint32_t)n->n;
	struct near_miss *miss = &n->misses[n->n++];
	*miss = (struct near_miss){.rule = rule, .kind = who->kind, .from_ns = realtime(m), .nearest = far_off()};
	snprintf(miss->entity, sizeof(miss->entity), "%s", who->name);
}

static void extend(struct near_miss *miss, const struct machine *m, const struct nearness *now, uint64_t held_ns)
{
	miss->to_ns = realtime(m);
	miss->held_ns = MAX(miss->held_ns, held_ns);
	if (now->share >= miss->nearest.share)
		return;
	miss->nearest = *now;
	miss->nearest_ns = realtime(m);
}

/* It led to a firing, and so was no miss. Those behind it keep their order, and their watchers their index. */
static void drop(struct near *n, struct watched *w)
{
	if (w->miss == CLOSED)
		return;
	memmove(&n->misses[w->miss], &n->misses[w->miss + 1], (n->n - w->miss - 1) * sizeof(*n->misses));
	n->n--;
	for (size_t i = 0; i < n->rules->n * n->slots; i++)
		if (n->watched[i].miss != CLOSED && n->watched[i].miss > w->miss)
			n->watched[i].miss--;
	w->miss = CLOSED;
}

static void watch_one(struct near *n, const struct machine *m, uint16_t rule, const struct instance *i)
{
	struct watched *w = &n->watched[(size_t)rule * n->slots + i->entity];
	struct rule_status s;
	if (w->miss != CLOSED && !streq(n->misses[w->miss].entity, m->residents[i->entity].name))
		w->miss = CLOSED; /* another entity, in the slot of one that went */
	if (i->state == RULE_FIRING) {
		drop(n, w);
		w->fired = true;
		return;
	}
	struct nearness now = i->state == RULE_PENDING ? (struct nearness){0} : near_now(m, rule, i->entity);
	if (now.share > NEAR_SHARE) {
		w->miss = CLOSED;
		w->fired = false;
		return;
	}
	if (w->miss == CLOSED && !w->fired)
		open_miss(n, m, w, m->rules[rule].rule, i->entity);
	if (w->miss != CLOSED && machine_status(m, rule, i->entity, &s))
		extend(&n->misses[w->miss], m, &now, s.hold_progress_ns);
}

static bool goes_on(const struct near *n, const struct machine *m)
{
	return n->watched && n->generation == m->generation && n->slots == m->max_entities;
}

void near_watch(struct near *n, const struct machine *m)
{
	if (realtime(m) < n->since_ns || (!goes_on(n, m) && !begin_with(n, m)))
		return;
	for (uint16_t k = 0; k < m->n_rules; k++) {
		const struct rule_run *r = &m->rules[k];
		for (size_t i = 0; r->rule->on < 0 && i < r->n_instances; i++)
			if (r->instances[i].judged && r->instances[i].evaluated_ns == m->now_ns)
				watch_one(n, m, k, &r->instances[i]);
	}
}

const struct near_miss *near_misses(const struct near *n, size_t *ret_n, uint64_t *ret_untold)
{
	*ret_n = n->n;
	*ret_untold = n->untold;
	return n->misses;
}

struct near *near_free(struct near *n)
{
	if (n) {
		free(n->watched);
		free(n->misses);
		free(n);
	}
	return NULL;
}
