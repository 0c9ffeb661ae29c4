/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/check.h"

#include "engine/base/clock.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

static void check_name(struct checker *c, const struct node *n)
{
	const char *name;
	if (!node_string(n, c->diagnostics, &name))
		return;
	if (n->len > RULE_NAME_MAX || strspn(name, NAME_CHARS) != n->len || name[0] == '-')
		check_error_at(c, n->at, "bad-name", "a rule's name is made of a-z, 0-9 and -, at most %d of them, not '%.80s'",
			       RULE_NAME_MAX, name);
	else
		c->rule->name = name;
}

static void check_summary(struct checker *c, const struct node *n)
{
	node_string(n, c->diagnostics, &c->rule->summary);
}

static void check_enabled(struct checker *c, const struct node *n)
{
	node_bool(n, c->diagnostics, &c->rule->enabled);
}

static void check_severity(struct checker *c, const struct node *n)
{
	unsigned i;
	if (node_choice(n, severity_words, SEVERITY_CRITICAL + 1, c->diagnostics, &i))
		c->rule->severity = (enum severity)i;
}

static void check_on(struct checker *c, const struct node *n)
{
	const char *name;
	if (node_string(n, c->diagnostics, &name))
		c->rule->on = check_detector(c, name, n->at);
}

static bool owns_events(const struct checker *c, enum entity_kind kind)
{
	return c->rule->on >= 0 && c->vocabulary->detectors[c->rule->on].entity == kind;
}

static void check_for_each(struct checker *c, const struct node *n)
{
	const char *word;
	int kind = node_string(n, c->diagnostics, &word) ? check_entity_kind(c, word, n->at) : -1;
	c->about_unknown = kind < 0;
	if (kind < 0)
		return;
	if (kind != ENTITY_KIND_HOST && c->rule->on >= 0 && !owns_events(c, (enum entity_kind)kind)) {
		const struct detector_def *d = &c->vocabulary->detectors[c->rule->on];
		check_error_at(c, n->at, "wrong-entity", "events of '%s' belong to a %s and the host, not to a %s", d->name,
			       entity_kind_name(d->entity), word);
		return;
	}
	if (kind == ENTITY_KIND_BOND && c->rule->on < 0) {
		check_error_at(c, n->at, "wrong-entity", "no signal is about a bond; for_each: bond needs on: lacp");
		return;
	}
	c->rule->for_each = (enum entity_kind)kind;
}

static void check_match_key(struct checker *c, const struct node *n)
{
	const char *match;
	if (!node_string(n, c->diagnostics, &match))
		return;
	if (c->rule->for_each == ENTITY_KIND_HOST && !c->about_unknown)
		check_error_at(c, n->at, "misplaced-match", "'match' picks among entities; this rule is for the host (see for_each)");
	else if (check_match(c, match, n->at))
		c->rule->match = match;
}

static void check_when(struct checker *c, const struct node *n)
{
	c->rule->when = check_condition(c, n);
}

/* What a rule on events has no use for: it fires per event and ends at once. */
static bool has_no_duration(struct checker *c, const struct node *n, const char *key)
{
	if (c->rule->on < 0)
		return false;
	check_error_at(c, n->at, "on-and-hold", "a rule on events ends at once; '%s' has no meaning in it: leave it out", key);
	return true;
}

static void check_clear(struct checker *c, const struct node *n)
{
	if (!has_no_duration(c, n, "clear"))
		c->rule->clear = check_condition(c, n);
}

static bool read_duration(const char *text, size_t len, uint64_t *ret_ns)
{
	struct quantity q;
	size_t used;
	if (quantity_scan(text, &q, &used) != QUANTITY_OK || used != len)
		return false;
	if (q.unit != UNIT_SECONDS && !(q.unit == UNIT_NUMBER && q.value == 0))
		return false;
	if (q.value >= 0x1p63)
		return false;
	*ret_ns = (uint64_t)q.value;
	return true;
}

/* "500ms" or "3s of 5s" */
static bool read_hold(const char *text, uint64_t *ret_hold, uint64_t *ret_of)
{
	const char *of = strstr(text, " of ");
	*ret_of = 0;
	if (!of)
		return read_duration(text, strlen(text), ret_hold);
	return read_duration(text, (size_t)(of - text), ret_hold) && read_duration(of + 4, strlen(of + 4), ret_of);
}

static void check_hold(struct checker *c, const struct node *n)
{
	uint64_t hold, of;
	char got[96], longest[CLOCK_TEXT_MAX];
	if (has_no_duration(c, n, "hold"))
		return;
	if (n->kind != NODE_SCALAR || !read_hold(n->text, &hold, &of))
		check_error_at(c, n->at, "bad-hold", "expected a time like 500ms, or 3s of 5s, not %s",
			       node_describe(n, got, sizeof(got)));
	else if (strstr(n->text, " of ") && (hold == 0 || hold > of))
		check_error_at(c, n->at, "bad-hold", "'%s': the first time must be positive and within the second", n->text);
	else if (MAX(hold, of) > c->caps->span_ns)
		check_error_at(c, n->at, "out-of-range", "a hold of '%s'; it is at most %s", n->text,
			       clock_span(c->caps->span_ns, longest));
	else {
		c->rule->hold_ns = hold;
		c->rule->hold_of_ns = of;
	}
}

static void check_clear_hold(struct checker *c, const struct node *n)
{
	char longest[CLOCK_TEXT_MAX];
	if (has_no_duration(c, n, "clear_hold") || !node_duration(n, c->diagnostics, &c->rule->clear_hold_ns))
		return;
	if (c->rule->clear_hold_ns > c->caps->span_ns)
		check_error_at(c, n->at, "out-of-range", "a clear_hold of '%s'; it is at most %s", n->text,
			       clock_span(c->caps->span_ns, longest));
}

static void check_unknown(struct checker *c, const struct node *n)
{
	unsigned i;
	if (!has_no_duration(c, n, "unknown") && node_choice(n, unknown_words, UNKNOWN_FALSE + 1, c->diagnostics, &i))
		c->rule->unknown = (enum unknown_policy)i;
}

/* In the order they build on each other: a condition needs the parameters and whom the rule is about. */
static const struct section_key keys[] = {
	KEY("name", VALUE_NAME, "unique; incidents are called after it", .required = true, .check = check_name),
	KEY("summary", VALUE_TEXT, "one line, for people", .check = check_summary),
	KEY("severity", VALUE_CHOICE, "default: major", .words = severity_words, .check = check_severity),
	KEY("enabled", VALUE_TRUTH, "false: loaded and checked, never evaluated", .check = check_enabled),
	KEY("on", VALUE_DETECTOR, "fires per event of this detector, and ends at once", .check = check_on),
	KEY("for_each", VALUE_KIND, "whom the rule is about; default: host", .check = check_for_each),
	KEY("match", VALUE_PATTERN, "which of them: a glob, or /an extended regular expression/", .check = check_match_key),
	KEY("params", VALUE_PARAMS, "numbers the conditions call $name; --set RULE.NAME=VALUE overrides", .check = check_params),
	KEY("when", VALUE_CONDITION, "fires when this is true", .check = check_when),
	KEY("clear", VALUE_CONDITION, "what ends a firing; default: not when", .check = check_clear),
	KEY("hold", VALUE_HOLD, "true for so long, as 500ms; or in sum, as 3s of 5s", .check = check_hold),
	KEY("clear_hold", VALUE_DURATION, "clear for so long; default: hold", .check = check_clear_hold),
	KEY("unknown", VALUE_CHOICE, "what an unknown condition counts as; default: keep", .words = unknown_words,
	 .check = check_unknown),
	KEY("arm", VALUE_SECTION, "detectors that are attached only now", .of = &section_arm, .check = check_arm),
	KEY("capture", VALUE_SECTION, "what evidence is taken", .of = &section_capture, .check = check_capture),
	KEY("limits", VALUE_SECTION, "how often it may capture", .of = &section_limits, .check = check_limits),
	KEY("labels", VALUE_LABELS, "words of your own for the incident", .check = check_labels),
	KEY("except", VALUE_SECTIONS, "fires, but captures nothing, while one of these holds", .of = &section_exception,
	 .check = check_except),
};

const struct section section_rule = SECTION("a rule", keys);

static void set_defaults(struct checker *c, struct position at)
{
	*c->rule = (struct rule){
		.name = "",
		.summary = "",
		.at = at,
		.severity = SEVERITY_MAJOR,
		.enabled = true,
		.for_each = ENTITY_KIND_HOST,
		.on = -1,
		.unknown = UNKNOWN_KEEP,
		.arm.for_ns = 30 * NS_PER_S,
		.capture = {.before_ns = 60 * NS_PER_S, .after_ns = 10 * NS_PER_S, .max_bytes = (uint64_t)32 << 20},
		.limits = {.entity = {1, 600 * NS_PER_S}, .rule = {6, 600 * NS_PER_S}},
	};
	check_capture_defaults(c);
}

static void check_missing(struct checker *c)
{
	if (!node_get(c->map, "name"))
		check_error_at(c, c->map->at, "missing-key", "this rule has no name, as in name: cpu-sys-spike");
	if (!node_get(c->map, "when") && !node_get(c->map, "on"))
		check_error_at(c, c->map->at, "missing-key", "this rule has neither 'when' (a condition) nor 'on' (a detector)");
	if (!node_get(c->map, "limits"))
		check_limits(c, NULL);
	if (!node_get(c->map, "clear_hold"))
		c->rule->clear_hold_ns = c->rule->hold_ns;
}

void check_rule(struct checker *c, const struct node *map, struct rule *ret)
{
	size_t errors = diagnostics_count(c->diagnostics, DIAGNOSTIC_ERROR);
	c->rule = ret;
	c->map = map;
	c->params = NULL;
	c->about_unknown = false;
	set_defaults(c, map->at);
	if (!node_is_mapping(map, "a rule: a mapping with name and when", c->diagnostics))
		return;
	section_check(&section_rule, map, c->diagnostics);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct node *n = node_get(map, keys[i].name);
		if (override_is_reserved(keys[i].name))
			n = overrides_get(c->overrides, c->rule->name, keys[i].name, n);
		if (n)
			keys[i].check(c, n);
	}
	check_missing(c);
	check_number_exprs(c);
	check_origins(c);
	if (diagnostics_count(c->diagnostics, DIAGNOSTIC_ERROR) == errors)
		check_lint(c);
}
