/* SPDX-License-Identifier: GPL-2.0-only */
/* The schema that editors get, held against rule files by a validator of the few words that it uses. */
#include "rules/check/schema.h"

#include "engine/base/io.h"
#include "engine/vocabulary.h"
#include "rules/check/keys.h"
#include "rules/text/yaml.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/vocabulary.h"

#include <fcntl.h>
#include <glob.h>
#include <json-c/json.h>
#include <regex.h>

static struct json_object *schema;

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;
	json_object_object_get_ex(o, key, &v);
	return v;
}

static bool fits_pattern(const char *pattern, const char *text)
{
	regex_t regex;
	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	bool fits = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return fits;
}

/* What YAML 1.2 takes a plain word for. */
static const char *type_of(const struct node *n)
{
	if (n->kind != NODE_SCALAR)
		return n->kind == NODE_MAPPING ? "object" : "array";
	if (n->style != NODE_PLAIN)
		return "string";
	if (streq(n->text, "true") || streq(n->text, "false"))
		return "boolean";
	return fits_pattern("^-?[0-9]+$", n->text) ? "integer" : fits_pattern("^-?[0-9]*\\.[0-9]+$", n->text) ? "number" : "string";
}

static bool has_type(struct json_object *types, const struct node *n)
{
	const char *is = type_of(n);
	if (json_object_is_type(types, json_type_string))
		return streq(json_object_get_string(types), is);
	for (size_t i = 0; i < json_object_array_length(types); i++) {
		const char *type = json_object_get_string(json_object_array_get_idx(types, i));
		if (streq(type, is) || (streq(type, "number") && streq(is, "integer")))
			return true;
	}
	return false;
}

static bool is_among(struct json_object *list, const char *text)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (streq(json_object_get_string(json_object_array_get_idx(list, i)), text))
			return true;
	return false;
}

static bool fits(struct json_object *s, const struct node *n);

static bool fits_name(struct json_object *s, const struct node *key)
{
	struct json_object *names = get(s, "propertyNames");
	return !names || fits(names, key);
}

static bool fits_object(struct json_object *s, const struct node *n)
{
	struct json_object *properties = get(s, "properties"), *required = get(s, "required"),
			   *more = get(s, "additionalProperties");
	for (size_t i = 0; (properties || more) && i < n->n; i++) {
		struct json_object *own = properties ? get(properties, n->pairs[i].key->text) : more;
		if (!own || !fits_name(s, n->pairs[i].key) || !fits(own, n->pairs[i].value))
			return false;
	}
	for (size_t i = 0; required && i < json_object_array_length(required); i++) {
		bool found = false;
		for (size_t k = 0; k < n->n; k++)
			found |= streq(n->pairs[k].key->text, json_object_get_string(json_object_array_get_idx(required, i)));
		if (!found)
			return false;
	}
	return true;
}

static bool fits_ref(struct json_object *ref, const struct node *n)
{
	const char *path = json_object_get_string(ref);
	struct json_object *definition = get(get(schema, "$defs"), path + strlen("#/$defs/"));
	if (!definition)
		fail_msg("no %s", path);
	return fits(definition, n);
}

static bool fits_one_of(struct json_object *list, const struct node *n)
{
	size_t count = 0;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		count += fits(json_object_array_get_idx(list, i), n);
	return count == 1;
}

static bool fits_items(struct json_object *items, const struct node *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (!fits(items, n->items[i]))
			return false;
	return true;
}

static bool fits(struct json_object *s, const struct node *n)
{
	struct json_object *v;
	if ((v = get(s, "$ref")) && !fits_ref(v, n))
		return false;
	if ((v = get(s, "type")) && !has_type(v, n))
		return false;
	if ((v = get(s, "enum")) && (n->kind != NODE_SCALAR || !is_among(v, n->text)))
		return false;
	if ((v = get(s, "pattern")) && n->kind == NODE_SCALAR && streq(type_of(n), "string") &&
	    !fits_pattern(json_object_get_string(v), n->text))
		return false;
	if ((v = get(s, "oneOf")) && !fits_one_of(v, n))
		return false;
	if ((v = get(s, "items")) && n->kind == NODE_SEQUENCE && !fits_items(v, n))
		return false;
	return n->kind != NODE_MAPPING || fits_object(s, n);
}

static bool file_fits(const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_arena_ struct arena *arena = arena_new();
	struct diagnostics *d = diagnostics_new();
	const struct node *root;
	assert_int_equal(io_read_file(AT_FDCWD, path, 1 << 20, &text), 0);
	assert_int_equal(yaml_load(path, buf_str(&text), text.len, &load_caps_default, arena, d, &root), 0);
	diagnostics_free(d);
	return fits(schema, root);
}

static void make(const struct vocabulary *v)
{
	_cleanup_buf_ struct buf out = {0};
	rules_schema(v, &out);
	schema = json_tokener_parse(buf_str(&out));
	if (!schema)
		fail_msg("no JSON: %s", buf_str(&out));
}

static void all_fit(const char *pattern)
{
	glob_t found = {0};
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!file_fits(found.gl_pathv[i]))
			fail_msg("%s does not fit its schema", found.gl_pathv[i]);
	globfree(&found);
}

static void the_stock_rules_and_packs_fit_it(void **state _unused_)
{
	make(vocabulary());
	all_fit("conf/rules.d/*.yaml");
	all_fit("conf/packs/*.yaml");
	json_object_put(schema);
}

static void what_the_checker_takes_fits_it(void **state _unused_)
{
	make(test_vocabulary());
	all_fit("tests/data/rules/good/*.yaml");
	all_fit("tests/data/rules/include/site.yaml");
	json_object_put(schema);
}

static void wrong_keys_words_and_shapes_do_not(void **state _unused_)
{
	static const char *const bad[] = {"arm-nothing", "arm-unknown",	 "collect-unknown", "except-between", "except-days",
					  "for-each-unknown", "hold-bad",	 "key-in-arm",	    "key-in-capture", "key-missing-name",
					  "key-unknown",	 "limit-bad",	 "name-bad",	    "on-unknown",     "param-no-number",
					  "rules-no-list",	 "severity-unknown", "unknown-policy",  "version-missing", "version-new"};
	make(test_vocabulary());
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char path[128];
		snprintf(path, sizeof(path), "tests/data/rules/bad/%s.yaml", bad[i]);
		if (file_fits(path))
			fail_msg("%s fits the schema", path);
	}
	json_object_put(schema);
}

static void every_key_of_a_rule_is_checked_and_explained(void **state _unused_)
{
	assert_in_range(section_rule.n, 1, 24);
	for (size_t i = 0; i < section_rule.n; i++) {
		assert_non_null(section_rule.keys[i].check);
		assert_true(*section_rule.keys[i].summary);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stock_rules_and_packs_fit_it),
		cmocka_unit_test(what_the_checker_takes_fits_it),
		cmocka_unit_test(wrong_keys_words_and_shapes_do_not),
		cmocka_unit_test(every_key_of_a_rule_is_checked_and_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
