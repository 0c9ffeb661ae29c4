/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/replay_match.h"

static bool same_subject(const struct said *a, const struct said *b)
{
	return a->entity_kind == b->entity_kind && streq(a->rule, b->rule) && streq(a->entity, b->entity);
}

static int span_open(struct firing_spans *s, const struct said *t)
{
	if (!array_room(s->span, s->n, s->cap))
		return -ENOMEM;
	s->span[s->n++] = (struct firing_span){.fired = *t, .end_ns = UINT64_MAX};
	return 0;
}

static void span_end(struct firing_spans *s, const struct said *t)
{
	for (size_t i = s->n; i-- > 0;) {
		if (!same_subject(&s->span[i].fired, t))
			continue;
		s->span[i].end_ns = MIN(s->span[i].end_ns, t->t_ns);
		return;
	}
}

int firing_spans_take(struct firing_spans *s, const struct said *t)
{
	if (t->kind == TRANSITION_FIRED)
		return span_open(s, t);
	if (t->kind == TRANSITION_ENDED || t->kind == TRANSITION_GONE)
		span_end(s, t);
	return 0;
}

void firing_spans_end(struct firing_spans *s, uint64_t t_ns)
{
	for (size_t i = 0; i < s->n; i++)
		s->span[i].end_ns = MIN(s->span[i].end_ns, t_ns);
}

void firing_spans_done(struct firing_spans *s)
{
	free(s->span);
	*s = (struct firing_spans){0};
}

static bool before(const struct firing_span *a, const struct firing_span *b, uint64_t slack_ns)
{
	return a->end_ns < b->fired.t_ns && b->fired.t_ns - a->end_ns > slack_ns;
}

static bool touch(const struct firing_span *a, const struct firing_span *b, uint64_t slack_ns)
{
	return same_subject(&a->fired, &b->fired) && !before(a, b, slack_ns) && !before(b, a, slack_ns);
}

/* Looks for partners in order of time, so that what is over need not be looked at again. */
struct search {
	struct firing_spans *among;
	struct firing_span **lasting; /* of those before `next`, what is not matched yet and may still be touched */
	size_t n, next;
	uint64_t slack_ns;
};

static void search_to(struct search *s, const struct firing_span *of)
{
	size_t kept = 0;
	while (s->next < s->among->n && s->among->span[s->next].fired.t_ns <= of->fired.t_ns)
		s->lasting[s->n++] = &s->among->span[s->next++];
	for (size_t i = 0; i < s->n; i++)
		if (!s->lasting[i]->matched && !before(s->lasting[i], of, s->slack_ns))
			s->lasting[kept++] = s->lasting[i];
	s->n = kept;
}

/* One that began at the very same time is meant before one that merely overlaps. */
static struct firing_span *partner(struct search *s, const struct firing_span *of)
{
	struct firing_span *any = NULL;
	search_to(s, of);
	for (size_t i = 0; i < s->n; i++) {
		if (!touch(of, s->lasting[i], s->slack_ns))
			continue;
		if (s->lasting[i]->fired.t_ns == of->fired.t_ns)
			return s->lasting[i];
		any = any ? any : s->lasting[i];
	}
	for (size_t i = s->next; !any && i < s->among->n && !before(of, &s->among->span[i], s->slack_ns); i++)
		if (!s->among->span[i].matched && touch(of, &s->among->span[i], s->slack_ns))
			any = &s->among->span[i];
	return any;
}

static struct replay_firing firing_of(const struct said *happens, const struct said *recorded)
{
	const struct said *t = happens ? happens : recorded;
	struct replay_firing f = {.rule = t->rule,
				  .entity_kind = t->entity_kind,
				  .happens = happens,
				  .recorded = recorded,
				  .t_ns = happens ? happens->t_ns : 0,
				  .at_ns = happens ? happens->at_ns : 0,
				  .recorded_t_ns = recorded ? recorded->t_ns : 0,
				  .recorded_at_ns = recorded ? recorded->at_ns : 0,
				  .token = t->token,
				  .excepted = t->excepted,
				  .mark = happens ? happens->mark : ""};
	memcpy(f.entity, t->entity, sizeof(f.entity));
	return f;
}

static uint64_t time_of(const struct replay_firing *f)
{
	return f->happens ? f->t_ns : f->recorded_t_ns;
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = time_of(a), y = time_of(b);
	return (x > y) - (x < y);
}

int firing_spans_match(struct firing_spans *replayed, struct firing_spans *recorded, uint64_t slack_ns,
		       struct replay_result *ret)
{
	_cleanup_free_ struct firing_span **lasting = calloc(recorded->n + 1, sizeof(struct firing_span *));
	struct search search = {.among = recorded, .lasting = lasting, .slack_ns = slack_ns};
	ret->firings = calloc(replayed->n + recorded->n + 1, sizeof(*ret->firings));
	if (!ret->firings || !lasting)
		return -ENOMEM;
	for (size_t i = 0; i < replayed->n; i++) {
		struct firing_span *other = partner(&search, &replayed->span[i]);
		if (other)
			other->matched = true;
		ret->firings[ret->n++] = firing_of(&replayed->span[i].fired, other ? &other->fired : NULL);
	}
	ret->happening = ret->n;
	for (size_t i = 0; i < recorded->n; i++) {
		if (recorded->span[i].matched)
			continue;
		ret->firings[ret->n++] = firing_of(NULL, &recorded->span[i].fired);
		ret->missed++;
	}
	qsort(ret->firings, ret->n, sizeof(*ret->firings), by_time);
	return 0;
}
