/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

#include "engine/base/text.h"

#define SHOWN_MAX 64

static const char *at_name(const void *table, size_t stride, size_t i)
{
	return *(const char *const *)((const char *)table + stride * i);
}

/* The tables of a vocabulary all begin with their name. */
static const char *nearest(const char *word, const void *table, size_t stride, size_t n)
{
	const char **names = calloc(n + 1, sizeof(*names));
	for (size_t i = 0; names && i < n; i++)
		names[i] = at_name(table, stride, i);
	const char *near = names ? text_nearest(word, names, n) : NULL;
	free(names);
	return near;
}

static void unknown(struct checker *c, struct position at, const char *code, const char *what, const char *word,
		    const char *near, const char *otherwise)
{
	if (near)
		check_error_at(c, at, code, "unknown %s '%.*s', did you mean '%s'?", what, SHOWN_MAX, word, near);
	else
		check_error_at(c, at, code, "unknown %s '%.*s'; %s", what, SHOWN_MAX, word, otherwise);
}

int check_detector(struct checker *c, const char *name, struct position at)
{
	const struct vocabulary *v = c->vocabulary;
	int i = vocabulary_detector(v, name);
	if (i < 0)
		unknown(c, at, "unknown-detector", "detector", name,
			nearest(name, v->detectors, sizeof(*v->detectors), v->n_detectors), "`tracetrap detectors` lists them");
	return i;
}

int check_collector(struct checker *c, const char *name, struct position at)
{
	const struct vocabulary *v = c->vocabulary;
	int i = vocabulary_collector(v, name);
	if (i < 0)
		unknown(c, at, "unknown-collector", "collector", name,
			nearest(name, v->collectors, sizeof(*v->collectors), v->n_collectors),
			"some are profile, tasks, kmsg, mem, blk and net");
	return i;
}

/* A word that the field never has would make a comparison that is never true. */
bool check_word(struct checker *c, const struct event_field *f, const char *word, struct position at)
{
	char known[160] = "it is ";
	size_t n = 0, len = strlen(known);
	for (; f->words[n]; n++) {
		if (streq(f->words[n], word))
			return true;
		len += *f->words[n] && len < sizeof(known)
			       ? (size_t)snprintf(known + len, sizeof(known) - len, "%s%s", len > 6 ? ", " : "", f->words[n])
			       : 0;
	}
	unknown(c, at, "unknown-word", f->name, word, text_nearest(word, f->words, n), known);
	return false;
}

int check_entity_kind(struct checker *c, const char *name, struct position at)
{
	const char *names[ENTITY_KIND_MAX_];
	for (int i = 0; i < ENTITY_KIND_MAX_; i++)
		names[i] = entity_kind_name(i);
	int kind = entity_kind_of(name);
	if (kind < 0)
		unknown(c, at, "unknown-entity", "kind of entity", name, text_nearest(name, names, ENTITY_KIND_MAX_),
			"there are host, cpu, disk, netdev, mount and cgroup");
	return kind;
}

static void unknown_signal(struct checker *c, const struct term *t, const char *name)
{
	const struct vocabulary *v = c->vocabulary;
	struct position at = node_place(c->scalar, t->start + (size_t)(name - t->text));
	for (size_t i = 0; i < c->rule->n_params; i++)
		if (streq(c->params[i].name, name)) {
			check_error_at(c, at, "unknown-signal", "unknown signal '%s'; the parameter is written $%s", name, name);
			return;
		}
	if (vocabulary_detector(v, name) >= 0)
		check_error_at(c, at, "unknown-signal",
			       "'%s' is a detector, not a signal; count its events with events(%s, 10s)", name, name);
	else
		unknown(c, at, "unknown-signal", "signal", name, nearest(name, v->signals, sizeof(*v->signals), v->n_signals),
			"`tracetrap signals` lists them");
}

static const char *first_kind(uint32_t kinds)
{
	return entity_kind_name((enum entity_kind)__builtin_ctz(kinds));
}

/* A signal that exists, but not about those this term is about. */
static void misplaced_signal(struct checker *c, struct scope scope, const struct term *t, const struct signal_def *s)
{
	const char *own = first_kind(s->kinds);
	if (c->about_unknown && !scope.in_quantifier)
		return;
	if (scope.about == ENTITY_KIND_HOST)
		check_error(c, t->start, "needs-quantifier",
			    "'%s' is about each %s, this rule is about the host; write any(%s, %s …) or for_each: %s", s->name,
			    own, own, s->name, own);
	else if (s->kinds & ENTITY_BIT(ENTITY_KIND_HOST))
		check_error(c, t->start, "host-signal", "'%s' is about the host, not about a %s; write host.%s", s->name,
			    entity_kind_name(scope.about), s->name);
	else
		check_error(c, t->start, "wrong-entity", "'%s' is about a %s, not about a %s", s->name, own,
			    entity_kind_name(scope.about));
}

bool check_signal(struct checker *c, struct scope scope, const struct term *t, struct signal_ref *ret)
{
	bool host = starts_with(t->text, "host.");
	const char *name = t->text + (host ? strlen("host.") : 0);
	int i = vocabulary_signal(c->vocabulary, name);
	if (i < 0) {
		unknown_signal(c, t, name);
		return false;
	}
	const struct signal_def *s = &c->vocabulary->signals[i];
	enum entity_kind about = host ? ENTITY_KIND_HOST : scope.about;
	if (!(s->kinds & ENTITY_BIT(about))) {
		misplaced_signal(c, (struct scope){about, scope.in_quantifier}, t, s);
		return false;
	}
	*ret = (struct signal_ref){(uint16_t)i, about == ENTITY_KIND_HOST};
	return true;
}

static const char *nearest_field(const struct vocabulary *v, int detector, const char *name)
{
	const struct detector_def *d = &v->detectors[detector];
	const char *own = nearest(name, d->fields, sizeof(*d->fields), d->n_fields);
	return own ? own : nearest(name, v->common_fields, sizeof(*v->common_fields), v->n_common_fields);
}

static const char *known_fields(const struct vocabulary *v, int detector, struct buf *out)
{
	const struct detector_def *d = &v->detectors[detector];
	buf_add_str(out, "they have");
	for (size_t i = 0; i < d->n_fields; i++)
		buf_printf(out, " %s", d->fields[i].name);
	for (size_t i = 0; i < v->n_common_fields; i++)
		buf_printf(out, " %s", v->common_fields[i].name);
	return buf_str(out);
}

const struct event_field *check_field(struct checker *c, const struct term *t)
{
	const char *name = t->text + strlen("event.");
	if (c->rule->on < 0 && node_get(c->map, "on"))
		return NULL; /* a detector that nobody knows was complained of already */
	if (c->between_events) {
		check_error(c, t->start, "no-event", "'%.*s': arm.when is looked at before there is an event; it can ask for signals alone",
			    SHOWN_MAX, t->text);
		return NULL;
	}
	if (c->rule->on < 0) {
		check_error(c, t->start, "no-event", "'%.*s' is a field of an event; only a rule with `on:` has one", SHOWN_MAX,
			    t->text);
		return NULL;
	}
	const struct event_field *f = vocabulary_field(c->vocabulary, c->rule->on, name);
	if (f)
		return f;
	char what[96];
	_cleanup_buf_ struct buf known = {0};
	snprintf(what, sizeof(what), "field of '%.40s' events", c->vocabulary->detectors[c->rule->on].name);
	unknown(c, node_place(c->scalar, t->start + strlen("event.")), "unknown-field", what, name,
		nearest_field(c->vocabulary, c->rule->on, name), known_fields(c->vocabulary, c->rule->on, &known));
	return NULL;
}
