/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"

#define WINDOW_MAX_NS (600 * NS_PER_S) /* as far back as the history goes; as long forward */
#define ARM_MAX_NS (3600 * NS_PER_S)
#define SIZE_MIN ((uint64_t)64 << 10)
#define SIZE_LIMIT ((uint64_t)1 << 30)

static const struct section_key arm_keys[] = {
	KEY("when", VALUE_CONDITION, "default: at the firing"),
	KEY("detectors", VALUE_DETECTORS, "which", .required = true),
	KEY("for", VALUE_DURATION, "so long after it was last true; default: 30s"),
};
const struct section section_arm = SECTION("arm", arm_keys);

static const struct section_key capture_keys[] = {
	KEY("before", VALUE_DURATION, "how far the evidence reaches back; default: 60s"),
	KEY("after", VALUE_DURATION, "and forward; default: 10s"),
	KEY("collect", VALUE_COLLECTORS, "default: profile, tasks, kmsg"),
	KEY("max_size", VALUE_SIZE, "compressed; default: 32MiB"),
};
const struct section section_capture = SECTION("capture", capture_keys);

static const struct section_key limits_keys[] = {
	KEY("entity", VALUE_LIMIT, "captures of one entity, as 1/10m, or none; default: 1/10m"),
	KEY("rule", VALUE_LIMIT, "captures of the rule; default: 6/1h"),
};
const struct section section_limits = SECTION("limits", limits_keys);

typedef int (*lookup_fn)(struct checker *c, const char *name, struct position at);

/* A list of names as indices, each once. */
static bool check_names(struct checker *c, const struct node *n, lookup_fn lookup, const uint16_t **ret, size_t *ret_n)
{
	const char *const *names;
	size_t n_names, n_found = 0;
	if (!node_strings(n, c->arena, c->diagnostics, &names, &n_names))
		return false;
	uint16_t *found = arena_array(c->arena, uint16_t, n_names);
	for (size_t i = 0; found && i < n_names; i++) {
		struct position at = n->kind == NODE_SEQUENCE ? n->items[i]->at : n->at;
		int index = lookup(c, names[i], at);
		bool again = false;
		for (size_t j = 0; j < n_found; j++)
			again |= found[j] == index;
		if (again)
			check_warning_at(c, at, "duplicate-name", "'%s' stands here twice", names[i]);
		else if (index >= 0)
			found[n_found++] = (uint16_t)index;
	}
	*ret = found;
	*ret_n = n_found;
	return found != NULL;
}

static void check_span_between(struct checker *c, const struct node *n, uint64_t least, uint64_t most, uint64_t *ret)
{
	uint64_t ns;
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];
	if (!n || !node_duration(n, c->diagnostics, &ns))
		return;
	if (ns < least || ns > most)
		check_error_at(c, n->at, "out-of-range", "%s is not between %s and %s", n->text,
			       least ? clock_span(least, from) : "0s", clock_span(most, to));
	else
		*ret = ns;
}

static void warn_of_always(struct checker *c, const struct node *n)
{
	for (size_t i = 0; i < c->rule->arm.n_detectors; i++) {
		const struct detector_def *d = &c->vocabulary->detectors[c->rule->arm.detectors[i]];
		if (d->class == DETECTOR_ALWAYS)
			check_warning_at(c, n->at, "always-attached", "'%s' is always attached; arming it changes nothing", d->name);
	}
}

void check_arm(struct checker *c, const struct node *map)
{
	if (!node_is_mapping(map, "a mapping with detectors, when and for", c->diagnostics))
		return;
	section_check(&section_arm, map, c->diagnostics);
	const struct node *detectors = node_get(map, "detectors"), *when = node_get(map, "when");
	if (!detectors || (detectors->kind != NODE_SCALAR && detectors->n == 0))
		check_error_at(c, detectors ? detectors->at : map->at, "missing-key", "arm names no detectors, as in detectors: [softirq]");
	else if (check_names(c, detectors, check_detector, &c->rule->arm.detectors, &c->rule->arm.n_detectors))
		warn_of_always(c, detectors);
	c->between_events = true;
	if (when)
		c->rule->arm.when = check_condition(c, when);
	c->between_events = false;
	check_span_between(c, node_get(map, "for"), NS_PER_S, ARM_MAX_NS, &c->rule->arm.for_ns);
}

static void check_max_size(struct checker *c, const struct node *n)
{
	uint64_t bytes;
	if (!n || !node_bytes(n, c->diagnostics, &bytes))
		return;
	if (bytes < SIZE_MIN || bytes > SIZE_LIMIT)
		check_error_at(c, n->at, "out-of-range", "%s is not between 64KiB and 1GiB", n->text);
	else
		c->rule->capture.max_bytes = bytes;
}

/* What a rule that names nothing takes: who was there, what the CPUs did, what the kernel said. */
void check_capture_defaults(struct checker *c)
{
	static const char *const names[] = {"profile", "tasks", "kmsg"};
	uint16_t *found = arena_array(c->arena, uint16_t, ARRAY_SIZE(names));
	size_t n = 0;
	for (size_t i = 0; found && i < ARRAY_SIZE(names); i++) {
		int index = vocabulary_collector(c->vocabulary, names[i]);
		if (index >= 0)
			found[n++] = (uint16_t)index;
	}
	c->rule->capture.collectors = found;
	c->rule->capture.n_collectors = found ? n : 0;
}

void check_capture(struct checker *c, const struct node *map)
{
	static const char *const later[] = {"files", "exec"};
	if (!node_is_mapping(map, "a mapping with before, after, collect and max_size", c->diagnostics))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (node_get(map, later[i]))
			check_error_at(c, node_get(map, later[i])->at, "not-supported", "'capture.%s' is not supported yet; name collectors in capture.collect",
				       later[i]);
	if (!node_get(map, "files") && !node_get(map, "exec"))
		section_check(&section_capture, map, c->diagnostics);
	check_span_between(c, node_get(map, "before"), 0, WINDOW_MAX_NS, &c->rule->capture.before_ns);
	check_span_between(c, node_get(map, "after"), 0, WINDOW_MAX_NS, &c->rule->capture.after_ns);
	check_max_size(c, node_get(map, "max_size"));
	const struct node *collect = node_get(map, "collect");
	if (collect)
		check_names(c, collect, check_collector, &c->rule->capture.collectors, &c->rule->capture.n_collectors);
}

static void check_limit(struct checker *c, const struct node *map, const char *key, struct limit *ret)
{
	char full[32], got[96];
	snprintf(full, sizeof(full), "limits.%s", key);
	const struct node *n = overrides_get(c->overrides, c->rule->name, full, map ? node_get(map, key) : NULL);
	if (n && (n->kind != NODE_SCALAR || !limit_parse(n->text, ret)))
		check_error_at(c, n->at, "bad-limit", "expected a limit like 1/10m or 4/1h, or none, not %s",
			       node_describe(n, got, sizeof(got)));
}

void check_limits(struct checker *c, const struct node *map)
{
	if (map && !node_is_mapping(map, "limits, as in {entity: 1/10m, rule: 6/1h}", c->diagnostics))
		map = NULL;
	if (map)
		section_check(&section_limits, map, c->diagnostics);
	check_limit(c, map, "entity", &c->rule->limits.entity);
	check_limit(c, map, "rule", &c->rule->limits.rule);
}

static bool label_key_fits(const char *key)
{
	size_t len = strlen(key);
	return len && len <= 63 &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == len;
}

void check_labels(struct checker *c, const struct node *map)
{
	if (!node_is_mapping(map, "labels, as in {team: kernel}", c->diagnostics))
		return;
	struct text_pair *labels = arena_array(c->arena, struct text_pair, map->n);
	for (size_t i = 0; labels && i < map->n; i++) {
		const struct node_pair *p = &map->pairs[i];
		struct text_pair *l = &labels[c->rule->n_labels];
		l->key = p->key->text;
		if (!label_key_fits(l->key))
			check_error_at(c, p->key->at, "bad-name", "a label's name is made of letters, digits, _ . and -, not '%.64s'",
				       l->key);
		else if (node_string(p->value, c->diagnostics, &l->value))
			c->rule->n_labels++;
	}
	c->rule->labels = labels;
}
