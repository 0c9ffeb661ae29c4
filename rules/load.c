/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/load.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "rules/check/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

const struct load_caps load_caps_default = {
	.file_bytes = (size_t)1 << 20,
	.scalar_bytes = (size_t)16 << 10,
	.nodes = 50000,
	.depth = 16,
	.rules = 1000,
	.span_ns = 600 * NS_PER_S,
};

struct listed {
	struct listed *next;
	struct rule rule;
};

struct loading {
	struct checker checker;
	struct overrides overrides;
	struct listed *first, **tail;
	size_t n, errors_before;
};

#define refuse(l, at, code, ...) diagnostics_add((l)->checker.diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)

static void load_rule(struct loading *l, const struct node *map)
{
	struct listed *item = arena_alloc(l->checker.arena, sizeof(*item));
	if (!item)
		return;
	check_rule(&l->checker, map, &item->rule);
	*l->tail = item;
	l->tail = &item->next;
	l->n++;
}

/* A file that is wrong everywhere is left after so many errors: each costs a search for what was meant. */
#define ERRORS_MAX 500

static void load_list(struct loading *l, const struct node *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (diagnostics_count(l->checker.diagnostics, DIAGNOSTIC_ERROR) >= l->errors_before + ERRORS_MAX) {
			refuse(l, list->items[i]->at, "too-many-errors", "too many errors, the rules from here on were not looked at");
			return;
		}
		if (l->n == l->checker.caps->rules) {
			refuse(l, list->items[i]->at, "too-many-rules", "more than %zu rules", l->checker.caps->rules);
			return;
		}
		load_rule(l, list->items[i]);
	}
}

static void check_version(struct loading *l, const struct node *root)
{
	const struct node *n = node_get(root, "version");
	uint64_t version;
	if (!n)
		refuse(l, root->at, "missing-key", "this file has no version; it begins with version: 1");
	else if (node_u64(n, l->checker.diagnostics, &version) && version != 1)
		refuse(l, n->at, "unknown-version", "rules of version %s; this tracetrap reads version 1", n->text);
}

static void check_head(struct loading *l, const struct node *root)
{
	static const char *const keys[] = {"version", "rules"};
	static const char *const later[] = {"include", "override"};
	bool any_later = false;
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		const struct node *n = node_get(root, later[i]);
		any_later |= n != NULL;
		if (n)
			refuse(l, n->at, "not-supported", "'%s' is not supported yet", later[i]);
	}
	if (!any_later)
		node_check_keys(root, "a rule file", keys, ARRAY_SIZE(keys), l->checker.diagnostics);
	check_version(l, root);
}

static int load_document(struct loading *l, const char *name, const char *text, size_t len)
{
	const struct node *root;
	int r = yaml_load(name, text, len, l->checker.caps, l->checker.arena, l->checker.diagnostics, &root);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	if (!node_is_mapping(root, "version: 1 and rules:", l->checker.diagnostics))
		return 0;
	check_head(l, root);
	const struct node *rules = node_get(root, "rules");
	if (!rules)
		refuse(l, root->at, "missing-key", "this file has no rules:");
	else if (node_is_sequence(rules, "a list of rules", l->checker.diagnostics))
		load_list(l, rules);
	return arena_failed(l->checker.arena) ? -ENOMEM : 0;
}

static void refuse_file(struct loading *l, const char *path, int error)
{
	struct position at = {path, 1, 1};
	if (error == -EFBIG)
		refuse(l, at, "yaml-too-big", "a file of more than %zu bytes", l->checker.caps->file_bytes);
	else
		refuse(l, at, "unreadable", "cannot read '%s': %s", path, strerror(-error));
}

static int load_file(struct loading *l, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
	if (r == 0 && !S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (r == 0)
		r = io_read_all(fd, l->checker.caps->file_bytes, &text);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		refuse_file(l, path, r);
		return 0;
	}
	return load_document(l, path, buf_str(&text), text.len);
}

static int is_rule_file(const struct dirent *d)
{
	size_t len = strlen(d->d_name);
	return d->d_name[0] != '.' && len > 5 && streq(d->d_name + len - 5, ".yaml");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_directory(struct loading *l, const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, is_rule_file, by_name), r = 0;
	if (n < 0) {
		refuse_file(l, path, -errno);
		return 0;
	}
	for (int i = 0; i < n; i++) {
		_cleanup_buf_ struct buf file = {0};
		buf_printf(&file, "%s/%s", path, names[i]->d_name);
		free(names[i]);
		if (r == 0)
			r = file.failed ? -ENOMEM : load_file(l, buf_str(&file));
	}
	free(names);
	return r;
}

static int load_path(struct loading *l, const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? load_directory(l, path) : load_file(l, path);
}

static void refuse_duplicates(struct loading *l, const struct rule *rules)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; *rules[i].name && j < i; j++)
			if (streq(rules[i].name, rules[j].name)) {
				refuse(l, rules[i].at, "duplicate-rule", "a second rule '%s'; the first stands at %s:%u",
				       rules[i].name, rules[j].at.file, rules[j].at.line);
				break;
			}
}

static bool emit_all(struct loading *l, struct rule *rules, char ret_digest[17])
{
	uint64_t state = DIGEST_START;
	for (size_t i = 0; i < l->n; i++) {
		if (!rule_emit(l->checker.arena, l->checker.vocabulary, &rules[i]))
			return false;
		digest_text(rules[i].digest, &state);
	}
	digest_format(state, ret_digest);
	return true;
}

/* All files were read: what concerns them together, and the set if nothing was wrong. */
static int finish(struct loading *l, struct ruleset **ret_set)
{
	struct arena *arena = l->checker.arena;
	struct ruleset *set = arena_alloc(arena, sizeof(*set));
	struct rule *rules = arena_array(arena, struct rule, l->n);
	size_t n = 0;
	if (!set || !rules)
		return -ENOMEM;
	for (const struct listed *i = l->first; i; i = i->next)
		rules[n++] = i->rule;
	refuse_duplicates(l, rules);
	overrides_complain(&l->overrides, rules, n, l->checker.diagnostics);
	if (diagnostics_count(l->checker.diagnostics, DIAGNOSTIC_ERROR) > l->errors_before)
		return -EINVAL;
	*set = (struct ruleset){.rules = rules, .n = n, .arena = arena};
	if (!emit_all(l, rules, set->digest) || arena_failed(arena))
		return -ENOMEM;
	*ret_set = set;
	return 0;
}

static int load_prepare(struct loading *l, const struct load_options *o, struct diagnostics *d, struct arena *arena)
{
	*l = (struct loading){
		.checker = {.vocabulary = o->vocabulary,
			    .caps = o->caps ? o->caps : &load_caps_default,
			    .diagnostics = d,
			    .arena = arena,
			    .overrides = &l->overrides},
		.tail = &l->first,
		.errors_before = diagnostics_count(d, DIAGNOSTIC_ERROR),
	};
	l->overrides = overrides_read(o->overrides, o->n_overrides, arena, d);
	return arena_failed(arena) ? -ENOMEM : 0;
}

int rules_load(const struct load_options *options, struct diagnostics *diagnostics, struct ruleset **ret_set)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct loading l;
	int r = arena ? load_prepare(&l, options, diagnostics, arena) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < options->n_paths; i++)
		r = load_path(&l, options->paths[i]);
	if (r == 0)
		r = finish(&l, ret_set);
	if (r == 0)
		arena = NULL;
	return r;
}

int rules_load_text(const char *name, const char *text, size_t len, const struct load_options *options,
		    struct diagnostics *diagnostics, struct ruleset **ret_set)
{
	_cleanup_arena_ struct arena *arena = arena_new();
	struct loading l;
	int r = arena ? load_prepare(&l, options, diagnostics, arena) : -ENOMEM;
	if (r == 0)
		r = load_document(&l, name, text, len);
	if (r == 0)
		r = finish(&l, ret_set);
	if (r == 0)
		arena = NULL;
	return r;
}
