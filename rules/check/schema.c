/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/check/schema.h"

#include "rules/check/check.h"
#include "rules/text/json.h"

#define NUMBER "[0-9]+(\\.[0-9]+)?"
#define CLOCK "([01][0-9]|2[0-4]):[0-5][0-9]"
#define ZERO_OR_TEXT "[\"string\", \"integer\"], \"minimum\": 0, \"maximum\": 0"
#define WORD "\"type\": [\"string\", \"number\", \"boolean\"]"

static const struct section *const sections[] = {&section_arm,	  &section_capture,  &section_exception,
						 &section_limits, &section_override, &section_rule};

/* "a rule" is $defs/rule. */
static const char *name_of(const struct section *s)
{
	const char *space = strchr(s->what, ' ');
	return space ? space + 1 : s->what;
}

static void put_ref(struct buf *out, const char *definition)
{
	_cleanup_buf_ struct buf path = {0};
	buf_printf(&path, "#/$defs/%s", definition);
	json_put_key_text(out, "$ref", buf_str(&path));
}

static void put_enum(struct buf *out, const char *const *words)
{
	json_put_key(out, "enum");
	buf_add_char(out, '[');
	for (; *words; words++) {
		json_put_comma(out);
		json_put_text(out, *words);
	}
	buf_add_char(out, ']');
}

/* One of them, or a list. */
static void put_one_or_list_of(struct buf *out, const char *definition)
{
	json_put_key(out, "oneOf");
	buf_add_str(out, "[{");
	put_ref(out, definition);
	buf_add_str(out, "}, {\"type\": \"array\", \"items\": {");
	put_ref(out, definition);
	buf_add_str(out, "}}]");
}

static void put_map(struct buf *out, const char *names, const char *definition)
{
	json_put_key_text(out, "type", "object");
	json_put_key(out, "propertyNames");
	buf_add_str(out, names);
	json_put_key(out, "additionalProperties");
	buf_add_char(out, '{');
	put_ref(out, definition);
	buf_add_char(out, '}');
}

static void put_sections(struct buf *out, const struct section *of)
{
	buf_add_str(out, ", \"type\": \"array\", \"items\": {");
	put_ref(out, name_of(of));
	buf_add_char(out, '}');
}

static void put_choices(struct buf *out, const char *const *words)
{
	json_put_key(out, "oneOf");
	buf_add_str(out, "[{");
	put_enum(out, words);
	buf_add_str(out, "}, {\"type\": \"array\", \"items\": {");
	put_enum(out, words);
	buf_add_str(out, "}}]");
}

/* `unknown: true` is a truth to an editor and a word to us. */
static void put_choice(struct buf *out, const char *const *words)
{
	put_enum(out, words);
	for (const char *const *w = words; *w; w++)
		if (streq(*w, "true")) {
			out->len--;
			buf_add_str(out, ", true, false]");
		}
}

static const char *definition_of(enum value_kind value)
{
	static const char *const names[VALUE_KIND_MAX_] = {
		[VALUE_TEXT] = "text",		 [VALUE_NAME] = "name",	    [VALUE_TRUTH] = "truth",
		[VALUE_VERSION] = "version",	 [VALUE_CONDITION] = "condition", [VALUE_DURATION] = "duration",
		[VALUE_HOLD] = "hold",		 [VALUE_SIZE] = "size",	    [VALUE_LIMIT] = "limit",
		[VALUE_BETWEEN] = "between",	 [VALUE_PATTERN] = "pattern",     [VALUE_KIND] = "kind",
		[VALUE_DETECTOR] = "detector",
	};
	return names[value];
}

static void put_value(struct buf *out, const struct section_key *k)
{
	switch (k->value) {
	case VALUE_CHOICE:
		put_choice(out, k->words);
		break;
	case VALUE_CHOICES:
		put_choices(out, k->words);
		break;
	case VALUE_DETECTORS:
		put_one_or_list_of(out, "detector");
		break;
	case VALUE_COLLECTORS:
		put_one_or_list_of(out, "collector");
		break;
	case VALUE_TEXTS:
		put_one_or_list_of(out, "text");
		break;
	case VALUE_PARAMS:
		put_map(out, "{\"pattern\": \"^[a-z_][a-z0-9_]*$\"}", "quantity");
		break;
	case VALUE_LABELS:
		put_map(out, "{\"pattern\": \"^[A-Za-z0-9_.-]+$\"}", "text");
		break;
	case VALUE_PATTERNS:
		put_map(out, "{\"$ref\": \"#/$defs/kind\"}", "pattern");
		break;
	case VALUE_SECTION:
		put_ref(out, name_of(k->of));
		break;
	case VALUE_ONE_OR_MORE:
		put_one_or_list_of(out, name_of(k->of));
		break;
	case VALUE_SECTIONS:
		put_sections(out, k->of);
		break;
	default:
		put_ref(out, definition_of(k->value));
		break;
	}
}

static void put_section(struct buf *out, const struct section *s)
{
	json_put_key_text(out, "type", "object");
	json_put_key(out, "properties");
	buf_add_char(out, '{');
	for (size_t i = 0; i < s->n; i++) {
		json_put_key(out, s->keys[i].name);
		buf_add_char(out, '{');
		json_put_key_text(out, "description", s->keys[i].summary);
		put_value(out, &s->keys[i]);
		buf_add_char(out, '}');
	}
	buf_add_str(out, "}, \"required\": [");
	for (size_t i = 0; i < s->n; i++)
		if (s->keys[i].required) {
			json_put_comma(out);
			json_put_text(out, s->keys[i].name);
		}
	buf_add_str(out, "], \"additionalProperties\": false");
}

/* "(ms|s|…)": the words for a unit, all of them for UNIT_MAX_. */
static void add_units(struct buf *out, enum unit unit)
{
	enum unit of;
	const char *word, *before = "(";
	for (size_t i = 0; (word = quantity_word(i, &of)); i++)
		if (unit == UNIT_MAX_ || of == unit) {
			buf_printf(out, "%s%s", before, word);
			before = "|";
		}
	buf_add_char(out, ')');
}

static void put_patterned(struct buf *out, const char *name, const char *type, const char *pattern)
{
	json_put_key(out, name);
	buf_printf(out, "{\"type\": %s", type);
	json_put_key_text(out, "pattern", pattern);
	buf_add_char(out, '}');
}

static void put_quantities(struct buf *out)
{
	_cleanup_buf_ struct buf time = {0}, size = {0}, any = {0}, duration = {0}, hold = {0};
	add_units(&time, UNIT_SECONDS);
	add_units(&size, UNIT_BYTES);
	add_units(&any, UNIT_MAX_);
	buf_printf(&duration, "^(" NUMBER "%s|0)$", buf_str(&time));
	buf_printf(&hold, "^(" NUMBER "%s|0)( of " NUMBER "%s)?$", buf_str(&time), buf_str(&time));
	put_patterned(out, "duration", ZERO_OR_TEXT, buf_str(&duration));
	put_patterned(out, "hold", ZERO_OR_TEXT, buf_str(&hold));
	buf_clear(&duration);
	buf_printf(&duration, "^(none|[0-9]+/" NUMBER "%s)$", buf_str(&time));
	put_patterned(out, "limit", "\"string\"", buf_str(&duration));
	buf_clear(&duration);
	buf_printf(&duration, "^" NUMBER "%s$", buf_str(&size));
	put_patterned(out, "size", "[\"string\", \"integer\"]", buf_str(&duration));
	buf_clear(&duration);
	buf_printf(&duration, "^-?" NUMBER "%s?$", buf_str(&any));
	put_patterned(out, "quantity", "[\"string\", \"number\"]", buf_str(&duration));
}

/* The names of a table of the vocabulary, all of which begin with them, and their summaries. */
static void put_names(struct buf *out, const char *definition, const void *table, size_t stride, size_t n)
{
	json_put_key(out, definition);
	buf_add_str(out, "{\"enum\": [");
	for (size_t i = 0; i < n; i++) {
		json_put_comma(out);
		json_put_text(out, *(const char *const *)((const char *)table + stride * i));
	}
	buf_add_str(out, "]}");
}

static void put_kinds(struct buf *out)
{
	json_put_key(out, "kind");
	buf_add_str(out, "{\"enum\": [");
	for (int i = 0; i < ENTITY_KIND_MAX_; i++) {
		json_put_comma(out);
		json_put_text(out, entity_kind_name((enum entity_kind)i));
	}
	buf_add_str(out, "]}");
}

static void put_condition(struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};
	const char *name;
	buf_add_str(&text, "signals and event.FIELDs, numbers with units, $params; and or not, comparisons, + - * /; functions:");
	for (size_t i = 0; (name = check_function_name(i)); i++)
		buf_printf(&text, " %s", name);
	json_put_key(out, "condition");
	buf_add_str(out, "{\"type\": [\"string\", \"boolean\"]");
	json_put_key_text(out, "description", buf_str(&text));
	buf_add_char(out, '}');
}

static void put_definitions(const struct vocabulary *v, struct buf *out)
{
	put_condition(out);
	put_quantities(out);
	put_kinds(out);
	put_names(out, "collector", v->collectors, sizeof(*v->collectors), v->n_collectors);
	put_names(out, "detector", v->detectors, sizeof(*v->detectors), v->n_detectors);
	put_names(out, "signal", v->signals, sizeof(*v->signals), v->n_signals);
	put_patterned(out, "name", "[\"string\", \"integer\"]", "^[a-z0-9][a-z0-9-]*$");
	put_patterned(out, "between", "\"string\"", "^" CLOCK "-" CLOCK "$");
	buf_add_str(out, ", \"text\": {" WORD "}, \"pattern\": {" WORD "}, \"version\": {\"enum\": [1, \"1\"]}");
	buf_add_str(out, ", \"truth\": {\"enum\": [true, false, \"yes\", \"no\", \"on\", \"off\", \"true\", \"false\"]}");
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		json_put_key(out, name_of(sections[i]));
		buf_add_char(out, '{');
		put_section(out, sections[i]);
		buf_add_char(out, '}');
	}
}

void rules_schema(const struct vocabulary *v, struct buf *out)
{
	buf_add_char(out, '{');
	json_put_key_text(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_put_key_text(out, "title", "rules of tracetrap");
	put_section(out, &section_file);
	json_put_key(out, "$defs");
	buf_add_char(out, '{');
	put_definitions(v, out);
	buf_add_str(out, "}}");
}
