/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/text/yaml.h"

#include "rules/text/source.h"

#include <yaml.h>

#define KEYS_MAX 1024 /* of one mapping: duplicates are looked for pair by pair */
#define ANCHORS_MAX 256 /* an alias looks through them one by one */

struct anchor {
	struct anchor *next;
	const char *name;
	const struct node *node;
};

struct loader {
	yaml_parser_t parser;
	const struct load_caps *caps;
	struct diagnostics *diagnostics;
	struct arena *arena;
	const struct source *source;
	struct source_cursor cursor;
	struct anchor *anchors;
	size_t nodes, n_anchors;
};

struct child {
	struct child *next;
	const struct node *node;
};

static const struct node *load_node(struct loader *l, const yaml_event_t *event, unsigned depth);

static void event_done(yaml_event_t *event)
{
	yaml_event_delete(event);
}
#define _cleanup_event_ _cleanup_(event_done)

static struct position place(struct loader *l, yaml_mark_t mark)
{
	return source_at_character(&l->cursor, mark.index);
}

#define refuse(l, at, code, ...) diagnostics_add((l)->diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)

static const char *tab_hint(const struct loader *l)
{
	const struct source *s = l->source;
	return l->cursor.byte < s->len && s->text[l->cursor.byte] == '\t' ? "; YAML allows no tab here, use spaces" : "";
}

static void refuse_syntax(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	const char *problem = p->problem ? p->problem : "not YAML";
	if (p->error == YAML_READER_ERROR) {
		refuse(l, source_at_byte(&l->cursor, p->problem_offset), "yaml-encoding",
		       "not UTF-8 text: %s; save the file as UTF-8 without control characters", problem);
		return;
	}
	struct position at = place(l, p->problem_mark);
	char begun[48] = "";
	if (p->context && p->context_mark.line < p->problem_mark.line)
		snprintf(begun, sizeof(begun), " that begins in line %zu", p->context_mark.line + 1);
	refuse(l, at, "yaml-syntax", "%s%s%s%s%s", problem, p->context ? ", " : "", p->context ? p->context : "", begun, tab_hint(l));
}

static bool next_event(struct loader *l, yaml_event_t *ret)
{
	if (yaml_parser_parse(&l->parser, ret))
		return true;
	refuse_syntax(l);
	return false;
}

/* The start of an event stands at its anchor; the node's own first byte is behind that. */
static size_t behind_anchor(const struct source *s, size_t at)
{
	while (at < s->len && s->text[at] == '&') {
		at += strcspn(s->text + at, " \t\r\n");
		at += strspn(s->text + at, " \t\r\n");
	}
	return at;
}

static struct node *node_new(struct loader *l, const yaml_event_t *event, enum node_kind kind)
{
	struct node *n = arena_alloc(l->arena, sizeof(*n));
	if (!n)
		return NULL;
	place(l, event->start_mark);
	n->kind = kind;
	n->source = l->source;
	n->offset = behind_anchor(l->source, l->cursor.byte);
	n->at = source_at_byte(&l->cursor, n->offset);
	n->weight = 1;
	n->height = 1;
	return n;
}

static bool count_nodes(struct loader *l, struct position at, size_t n)
{
	l->nodes += n;
	if (l->nodes <= l->caps->nodes)
		return true;
	refuse(l, at, "yaml-too-big", "more than %zu nodes, aliases written out; split the file", l->caps->nodes);
	return false;
}

static void anchor_add(struct loader *l, const yaml_char_t *name, const struct node *node)
{
	struct anchor *a = name ? arena_alloc(l->arena, sizeof(*a)) : NULL;
	if (!a)
		return;
	if (l->n_anchors++ == ANCHORS_MAX)
		refuse(l, node->at, "yaml-too-big", "more than %d anchors", ANCHORS_MAX);
	if (l->n_anchors > ANCHORS_MAX)
		return;
	*a = (struct anchor){l->anchors, arena_strdup(l->arena, (const char *)name), node};
	l->anchors = a;
}

static const struct node *load_alias(struct loader *l, const yaml_event_t *event, unsigned depth)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct position at = place(l, event->start_mark);
	const struct anchor *a = l->anchors;
	while (a && a->name && !streq(a->name, name))
		a = a->next;
	if (!a || !a->node) {
		refuse(l, at, "yaml-alias", "alias '*%s' has no finished anchor '&%s' above it", name, name);
		return NULL;
	}
	if (depth + a->node->height > l->caps->depth + 1) {
		refuse(l, at, "yaml-too-deep", "alias '*%s' nests deeper than %zu levels", name, l->caps->depth);
		return NULL;
	}
	return count_nodes(l, at, a->node->weight) ? a->node : NULL;
}

static enum node_style style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return NODE_SINGLE_QUOTED;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return NODE_DOUBLE_QUOTED;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return NODE_BLOCK;
	default:
		return NODE_PLAIN;
	}
}

static const struct node *load_scalar(struct loader *l, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct node *n = node_new(l, event, NODE_SCALAR);
	if (!n)
		return NULL;
	if (len > l->caps->scalar_bytes) {
		refuse(l, n->at, "yaml-too-big", "a text of %zu bytes, at most %zu are taken", len, l->caps->scalar_bytes);
		return NULL;
	}
	if (memchr(text, '\0', len)) {
		refuse(l, n->at, "yaml-encoding", "a NUL inside a text; take it out");
		return NULL;
	}
	n->style = style_of(event->data.scalar.style);
	n->text = arena_strndup(l->arena, text, len);
	n->len = len;
	anchor_add(l, event->data.scalar.anchor, n);
	return n->text ? n : NULL;
}

static bool child_add(struct loader *l, struct node *parent, struct child ***tail, const struct node *node)
{
	struct child *c = arena_alloc(l->arena, sizeof(*c));
	if (!c || !node)
		return false;
	c->node = node;
	**tail = c;
	*tail = &c->next;
	parent->weight += node->weight;
	parent->height = MAX(parent->height, node->height + 1);
	parent->n++;
	return true;
}

/* The children of a sequence, or keys and values of a mapping in turn, up to its end; false after a refusal. */
static bool load_children(struct loader *l, struct node *parent, yaml_event_type_t end, unsigned depth,
			  struct child **ret_first)
{
	struct child **tail = ret_first;
	for (;;) {
		_cleanup_event_ yaml_event_t event = {0};
		if (!next_event(l, &event))
			return false;
		if (event.type == end)
			return true;
		if (!child_add(l, parent, &tail, load_node(l, &event, depth + 1)))
			return false;
	}
}

static const struct node *load_sequence(struct loader *l, const yaml_event_t *event, unsigned depth)
{
	struct node *n = node_new(l, event, NODE_SEQUENCE);
	struct child *first = NULL;
	if (!n || !load_children(l, n, YAML_SEQUENCE_END_EVENT, depth, &first))
		return NULL;
	const struct node **items = arena_array(l->arena, const struct node *, n->n);
	if (!items)
		return NULL;
	n->items = items;
	for (; first; first = first->next)
		*items++ = first->node;
	anchor_add(l, event->data.sequence_start.anchor, n);
	return n;
}

static void refuse_duplicate(struct loader *l, const struct node *map, size_t i)
{
	const struct node *key = map->pairs[i].key;
	for (size_t j = 0; j < i; j++) {
		if (!streq(map->pairs[j].key->text, key->text))
			continue;
		refuse(l, key->at, "duplicate-key", "'%s' stands here for the second time; first at line %u; delete one", key->text,
		       map->pairs[j].key->at.line);
		return;
	}
}

static bool check_keys(struct loader *l, const struct node *map)
{
	if (map->n > KEYS_MAX) {
		refuse(l, map->at, "yaml-too-big", "a mapping of %zu keys, at most %d are taken", map->n, KEYS_MAX);
		return false;
	}
	for (size_t i = 0; i < map->n; i++) {
		if (map->pairs[i].key->kind != NODE_SCALAR) {
			refuse(l, map->pairs[i].key->at, "yaml-key", "a key must be a word, not a list or a mapping");
			return false;
		}
		refuse_duplicate(l, map, i);
	}
	return true;
}

static const struct node *load_mapping(struct loader *l, const yaml_event_t *event, unsigned depth)
{
	struct node *n = node_new(l, event, NODE_MAPPING);
	struct child *first = NULL;
	if (!n || !load_children(l, n, YAML_MAPPING_END_EVENT, depth, &first))
		return NULL;
	n->n /= 2;
	struct node_pair *pairs = arena_array(l->arena, struct node_pair, n->n);
	if (!pairs)
		return NULL;
	n->pairs = pairs;
	for (; first; first = first->next->next)
		*pairs++ = (struct node_pair){first->node, first->next->node};
	if (!check_keys(l, n))
		return NULL;
	anchor_add(l, event->data.mapping_start.anchor, n);
	return n;
}

static const yaml_char_t *tag_of(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT	    ? event->data.scalar.tag
	       : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.tag
	       : event->type == YAML_MAPPING_START_EVENT  ? event->data.mapping_start.tag
							  : NULL;
}

static const struct node *load_node(struct loader *l, const yaml_event_t *event, unsigned depth)
{
	if (event->type == YAML_ALIAS_EVENT)
		return load_alias(l, event, depth);
	struct position at = place(l, event->start_mark);
	if (tag_of(event)) {
		refuse(l, at, "yaml-tag", "tags ('%s') have no meaning here; leave them out", (const char *)tag_of(event));
		return NULL;
	}
	if (depth > l->caps->depth) {
		refuse(l, at, "yaml-too-deep", "nested deeper than %zu levels; is a bracket open?", l->caps->depth);
		return NULL;
	}
	if (!count_nodes(l, at, 1))
		return NULL;
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return load_sequence(l, event, depth);
	if (event->type == YAML_MAPPING_START_EVENT)
		return load_mapping(l, event, depth);
	return load_scalar(l, event);
}

/* Skips what only frames the document. */
static bool next_content(struct loader *l, yaml_event_t *ret)
{
	for (;;) {
		if (!next_event(l, ret))
			return false;
		if (ret->type != YAML_STREAM_START_EVENT && ret->type != YAML_DOCUMENT_START_EVENT &&
		    ret->type != YAML_DOCUMENT_END_EVENT)
			return true;
		yaml_event_delete(ret);
	}
}

static const struct node *load_root(struct loader *l)
{
	_cleanup_event_ yaml_event_t event = {0};
	if (!next_content(l, &event))
		return NULL;
	if (event.type == YAML_STREAM_END_EVENT) {
		refuse(l, place(l, event.start_mark), "yaml-empty", "there is nothing in this file; it begins with version: 1");
		return NULL;
	}
	return load_node(l, &event, 1);
}

static bool check_end(struct loader *l)
{
	_cleanup_event_ yaml_event_t end = {0}, event = {0};
	if (!next_event(l, &end) || !next_event(l, &event))
		return false;
	if (event.type == YAML_STREAM_END_EVENT)
		return true;
	refuse(l, place(l, event.start_mark), "yaml-documents", "a second document; one file holds one: join them, or make two files");
	return false;
}

static const struct source *source_new(struct arena *arena, const char *name, const char *text, size_t len)
{
	struct source *s = arena_alloc(arena, sizeof(*s));
	if (!s)
		return NULL;
	*s = (struct source){arena_strdup(arena, name), arena_strndup(arena, text, len), len};
	return s->file && s->text ? s : NULL;
}

int yaml_load(const char *name, const char *text, size_t len, const struct load_caps *caps, struct arena *arena,
	      struct diagnostics *diagnostics, const struct node **ret_root)
{
	const struct source *source = source_new(arena, name, text, len);
	if (!source)
		return -ENOMEM;
	struct loader l = {
		.caps = caps,
		.diagnostics = diagnostics,
		.arena = arena,
		.source = source,
		.cursor = {.source = source},
	};
	if (len > caps->file_bytes) {
		refuse(&l, source_at_byte(&l.cursor, 0), "yaml-too-big", "a file of %zu bytes, at most %zu are taken", len,
		       caps->file_bytes);
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&l.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)source->text, len);
	const struct node *root = load_root(&l);
	bool whole = root && check_end(&l);
	bool no_memory = l.parser.error == YAML_MEMORY_ERROR || arena_failed(arena);
	yaml_parser_delete(&l.parser);
	if (no_memory)
		return -ENOMEM;
	if (!whole)
		return -EINVAL;
	*ret_root = root;
	return 0;
}
