/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/klog_patterns.h"

#include "bpf/event.h"
#include "engine/base/expression.h"
#include "rules/files.h"
#include "rules/text/node.h"

struct listed {
	struct listed *next;
	struct klog_pattern pattern;
};

struct klog_patterns {
	struct arena *arena;
	struct listed *first, **tail;
	size_t n;
};

struct loading {
	struct files files; /* first: what it hands back is us */
	struct klog_patterns *set;
	size_t errors_before;
};

#define refuse(l, at, code, ...) diagnostics_add((l)->files.diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)

/* A text that goes into a record's field, which is shorter than what people may write. */
static void read_word(struct loading *l, const struct node *map, const char *key, const char **ret)
{
	const struct node *n = node_get(map, key);
	if (!n)
		refuse(l, map->at, "missing-key", "this pattern has no %s", key);
	else if (node_string(n, l->files.diagnostics, ret) && n->len >= EVENT_NAME_LEN)
		refuse(l, n->at, "out-of-range", "the %s is longer than %d bytes", key, EVENT_NAME_LEN - 1);
}

static void read_count(struct loading *l, const struct node *map, const char *key, unsigned most, unsigned *ret)
{
	const struct node *n = node_get(map, key);
	uint64_t v;
	if (!n || !node_u64(n, l->files.diagnostics, &v))
		return;
	if (v > most)
		refuse(l, n->at, "out-of-range", "'%.40s' is out of range: %s is at most %u", n->text, key, most);
	else
		*ret = (unsigned)v;
}

static bool compile(struct loading *l, const struct node *n, const char *expression, regex_t *ret)
{
	char problem[128];
	if (!expression_is_affordable(expression, n->len)) {
		refuse(l, n->at, "bad-match", "the pattern costs too much: at most %d characters, no back references, and no "
		       "repetitions within repetitions that unfold to more than %d characters", EXPRESSION_MAX, EXPRESSION_UNFOLDED_MAX);
		return false;
	}
	int r = regcomp(ret, expression, REG_EXTENDED);
	if (r == 0)
		return true;
	regerror(r, ret, problem, sizeof(problem));
	refuse(l, n->at, "bad-match", "the pattern is no regular expression: %s", problem);
	return false;
}

static void read_literal(struct loading *l, const char *expression, struct klog_pattern *p)
{
	char literal[EXPRESSION_MAX + 1];
	klog_literal(expression, literal, sizeof(literal));
	p->literal = arena_strdup(l->set->arena, literal);
}

/* Added to the set once its expression is compiled, so that it is freed with it. */
static void read_match(struct loading *l, const struct node *map, struct listed *item)
{
	const struct node *n = node_get(map, "match");
	const char *expression;
	struct klog_pattern *p = &item->pattern;
	if (!n)
		refuse(l, map->at, "missing-key", "this pattern has no match");
	if (!n || !node_string(n, l->files.diagnostics, &expression) || !compile(l, n, expression, &p->regex))
		return;
	*l->set->tail = item;
	l->set->tail = &item->next;
	l->set->n++;
	read_literal(l, expression, p);
	if (p->device > p->regex.re_nsub)
		refuse(l, node_get(map, "device")->at, "out-of-range", "the pattern has %zu groups, %u is none of them",
		       p->regex.re_nsub, p->device);
}

static void read_pattern(struct loading *l, const struct node *map)
{
	static const char *const keys[] = {"name", "match", "subsystem", "device", "lines", "level"};
	struct listed *item = arena_alloc(l->set->arena, sizeof(*item));
	if (!item || !node_is_mapping(map, "a pattern: a mapping with name, match and subsystem", l->files.diagnostics))
		return;
	item->pattern = (struct klog_pattern){.name = "", .subsystem = "", .level = 7};
	node_check_keys(map, "a pattern", keys, ARRAY_SIZE(keys), l->files.diagnostics);
	read_word(l, map, "name", &item->pattern.name);
	read_word(l, map, "subsystem", &item->pattern.subsystem);
	read_count(l, map, "device", KLOG_GROUPS_MAX, &item->pattern.device);
	read_count(l, map, "lines", KLOG_LINES_MAX, &item->pattern.lines);
	read_count(l, map, "level", 7, &item->pattern.level);
	read_match(l, map, item);
}

static void take_document(struct files *f, const struct node *root)
{
	static const char *const keys[] = {"version", "patterns"};
	struct loading *l = (struct loading *)f;
	if (!node_is_mapping(root, "version: 1 and patterns:", f->diagnostics))
		return;
	node_check_keys(root, "a file of patterns", keys, ARRAY_SIZE(keys), f->diagnostics);
	const struct node *list = files_list(f, root, "patterns", "patterns");
	for (size_t i = 0; list && i < list->n; i++) {
		if (l->set->n == KLOG_PATTERNS_MAX) {
			refuse(l, list->items[i]->at, "too-many-patterns", "more than %d patterns; join some by |", KLOG_PATTERNS_MAX);
			return;
		}
		read_pattern(l, list->items[i]);
	}
}

static int begin(struct loading *l, struct diagnostics *diagnostics)
{
	*l = (struct loading){
		.files = {.caps = &load_caps_default, .diagnostics = diagnostics, .take = take_document},
		.set = calloc(1, sizeof(*l->set)),
		.errors_before = diagnostics_count(diagnostics, DIAGNOSTIC_ERROR),
	};
	if (!l->set)
		return -ENOMEM;
	l->set->tail = &l->set->first;
	l->files.arena = l->set->arena = arena_new();
	return l->set->arena ? 0 : -ENOMEM;
}

static int finish(struct loading *l, const char *path, int r, struct klog_patterns **ret)
{
	bool wrong = diagnostics_count(l->files.diagnostics, DIAGNOSTIC_ERROR) > l->errors_before;
	if (r == 0 && !wrong && l->set->n == 0) {
		refuse(l, ((struct position){path, 1, 1}), "no-patterns", "no patterns at '%s'", path);
		wrong = true;
	}
	if (r == 0 && !wrong)
		*ret = l->set;
	else
		klog_patterns_free(l->set);
	return r < 0 ? r : wrong ? -EINVAL : 0;
}

int klog_patterns_load(const char *path, struct stamps *stamps, struct diagnostics *diagnostics, struct klog_patterns **ret)
{
	struct loading l;
	int r = begin(&l, diagnostics);
	l.files.stamps = stamps;
	if (r == 0)
		r = files_load(&l.files, path);
	return finish(&l, path, r, ret);
}

int klog_patterns_load_text(const char *name, const char *text, size_t len, struct diagnostics *diagnostics,
			    struct klog_patterns **ret)
{
	struct loading l;
	int r = begin(&l, diagnostics);
	if (r == 0)
		r = files_load_text(&l.files, name, text, len);
	return finish(&l, name, r, ret);
}

static void copy_group(const char *line, const regmatch_t *group, char *ret, size_t size)
{
	if (group->rm_so >= 0)
		snprintf(ret, size, "%.*s", (int)(group->rm_eo - group->rm_so), line + group->rm_so);
}

const struct klog_pattern *klog_patterns_find(const struct klog_patterns *p, const char *line, unsigned level,
					      char *ret_device, size_t size)
{
	regmatch_t groups[KLOG_GROUPS_MAX + 1];
	ret_device[0] = '\0';
	for (const struct listed *i = p ? p->first : NULL; i; i = i->next) {
		const struct klog_pattern *one = &i->pattern;
		if (level > one->level || (*one->literal && !strstr(line, one->literal)) ||
		    regexec(&one->regex, line, one->device ? one->device + 1 : 0, groups, 0) != 0)
			continue;
		if (one->device)
			copy_group(line, &groups[one->device], ret_device, size);
		return one;
	}
	return NULL;
}

size_t klog_patterns_count(const struct klog_patterns *p)
{
	return p ? p->n : 0;
}

struct klog_patterns *klog_patterns_free(struct klog_patterns *p)
{
	if (!p)
		return NULL;
	for (struct listed *i = p->first; i; i = i->next)
		regfree(&i->pattern.regex);
	arena_free(p->arena);
	free(p);
	return NULL;
}
