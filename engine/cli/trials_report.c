/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/trials.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "snapshot/bundle/json.h"

static double seconds(uint64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static const char *rule_name(const struct trial_case *c, const struct moment *m)
{
	return c->set->rules[m->rule].name;
}

/* "cpu-sys-spike on disk vda fires" */
static void add_moment(struct buf *out, const struct trial_case *c, const struct moment *m)
{
	buf_printf(out, "%s on ", rule_name(c, m));
	if (m->entity_kind != ENTITY_KIND_HOST)
		buf_printf(out, "%s ", entity_kind_name(m->entity_kind));
	text_escape_terminal(out, m->entity);
	buf_printf(out, " %s", moment_name(m->kind));
}

/* What explains a difference better than the terms of a rule. */
static void add_notes(struct buf *out, const struct trial_case *c, const char *indent)
{
	if (c->result.overflow)
		buf_printf(out, "%smore than %u transitions; the rest was not looked at\n", indent, TRIAL_MOMENTS_MAX);
	if (c->result.undelivered)
		buf_printf(out, "%s%zu events were not delivered: their detectors were not attached then (attached: [NAME], or arm them)\n",
			   indent, c->result.undelivered);
}

/* What is wrong with a test, a line each. */
static void add_differences(struct buf *out, const struct trial_case *c, const char *indent)
{
	if (*c->error)
		buf_printf(out, "%s%s\n", indent, c->error);
	for (size_t i = 0; i < c->result.n; i++) {
		const struct moment *m = &c->result.moments[i];
		if (!m->differs)
			continue;
		buf_printf(out, "%s%.10gs: ", indent, seconds(m->t_ns));
		add_moment(out, c, m);
		buf_printf(out, "%s\n", m->seen ? ", not expected" : ": expected, not seen");
	}
	add_notes(out, c, indent);
}

static void print_why(const char *why)
{
	for (const char *line = why; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		printf("              %.*s\n", (int)strcspn(line, "\n"), line);
}

/* Expected and seen side by side; what differs is marked, with the terms of its rule at that time. */
static void print_diff(const struct trial_case *c)
{
	printf("    %9s   %-48s %s\n", "at", "expected", "seen");
	for (size_t i = 0; i < c->result.n; i++) {
		const struct moment *m = &c->result.moments[i];
		_cleanup_buf_ struct buf what = {0};
		if (!m->expected && !m->differs)
			continue;
		add_moment(&what, c, m);
		printf("  %c %8.10gs   %-48s %s\n", m->differs ? '*' : ' ', seconds(m->t_ns),
		       m->expected ? buf_str(&what) : "-", m->seen ? buf_str(&what) : "-");
		if (m->differs)
			print_why(m->why);
	}
}

static void print_case(const struct trial_file *f, const struct trial_case *c, bool diff)
{
	_cleanup_buf_ struct buf text = {0};
	printf("%s - %s:%u: ", trial_case_failed(c) ? "not ok" : "ok", f->path, c->test->at.line);
	text_escape_terminal(&text, c->test->name);
	printf("%s\n", buf_str(&text));
	if (!trial_case_failed(c))
		return;
	buf_clear(&text);
	if (diff && !*c->error) {
		print_diff(c);
		add_notes(&text, c, "    ");
	} else {
		add_differences(&text, c, "    ");
	}
	fputs(buf_str(&text), stdout);
}

void trials_print(const struct trials *t, bool diff)
{
	size_t n = 0, failed = trials_failed(t);
	for (const struct trial_file *f = t->files; f < t->files + t->n; f++) {
		if (!f->suite)
			printf("not ok - %s: cannot be loaded\n", f->path);
		n += !f->suite;
		for (size_t i = 0; f->suite && i < f->n; i++) {
			n += f->cases[i].chosen;
			if (f->cases[i].chosen)
				print_case(f, &f->cases[i], diff);
		}
	}
	printf("%zu passed, %zu failed\n", n - failed, failed);
}

static struct json_object *moment_json(const struct trial_case *c, const struct moment *m)
{
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "at_s", json_object_new_double(seconds(m->t_ns)));
	json_add_text(o, "rule", rule_name(c, m));
	json_add_text(o, "entity_kind", entity_kind_name(m->entity_kind));
	json_add_text(o, "entity", m->entity);
	json_add_text(o, "moment", moment_name(m->kind));
	json_add_flag(o, "expected", m->expected);
	json_add_flag(o, "seen", m->seen);
	if (m->why)
		json_add_text(o, "why", m->why);
	return o;
}

static struct json_object *case_json(const struct trial_file *f, const struct trial_case *c)
{
	struct json_object *o = json_object_new_object(), *differences = json_object_new_array();
	json_add_text(o, "file", f->path);
	json_add_number(o, "line", c->test->at.line);
	json_add_text(o, "name", c->test->name);
	json_add_flag(o, "ok", !trial_case_failed(c));
	if (*c->error)
		json_add_text(o, "error", c->error);
	for (size_t i = 0; i < c->result.n; i++)
		if (c->result.moments[i].differs)
			json_object_array_add(differences, moment_json(c, &c->result.moments[i]));
	json_object_object_add(o, "differences", differences);
	return o;
}

static struct json_object *broken_json(const struct trial_file *f)
{
	struct json_object *o = json_object_new_object(), *wrong = json_object_new_array();
	json_add_text(o, "file", f->path);
	json_add_flag(o, "ok", false);
	json_add_text(o, "error", "cannot be loaded");
	for (const char *line = buf_str(&f->wrong); *line; line = strchr(line, '\n') + 1)
		json_object_array_add(wrong, json_object_new_string_len(line, (int)strcspn(line, "\n")));
	json_object_object_add(o, "diagnostics", wrong);
	return o;
}

void trials_print_json(const struct trials *t)
{
	_cleanup_json_ struct json_object *all = json_object_new_array();
	_cleanup_buf_ struct buf out = {0};
	for (const struct trial_file *f = t->files; f < t->files + t->n; f++) {
		if (!f->suite)
			json_object_array_add(all, broken_json(f));
		for (size_t i = 0; f->suite && i < f->n; i++)
			if (f->cases[i].chosen)
				json_object_array_add(all, case_json(f, &f->cases[i]));
	}
	if (json_print(all, &out) == 0)
		fputs(buf_str(&out), stdout);
}

static void add_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	text_escape_xml(out, value);
	buf_add_str(out, "\"");
}

static void add_lines(struct buf *out, const char *text)
{
	_cleanup_buf_ struct buf line = {0};
	for (; *text; text = strchr(text, '\n') + 1) {
		buf_clear(&line);
		buf_add(&line, text, strcspn(text, "\n"));
		text_escape_xml(out, buf_str(&line));
		buf_add_char(out, '\n');
	}
}

static void add_testcase(struct buf *out, const struct trial_file *f, const struct trial_case *c)
{
	_cleanup_buf_ struct buf text = {0};
	buf_add_str(out, "    <testcase");
	add_attribute(out, "classname", f->path);
	add_attribute(out, "name", c->test->name);
	if (!trial_case_failed(c)) {
		buf_add_str(out, "/>\n");
		return;
	}
	add_differences(&text, c, "");
	buf_printf(out, ">\n      <failure");
	add_attribute(out, "message", *c->error ? c->error : "what fires is not what was expected");
	buf_add_str(out, ">");
	add_lines(out, buf_str(&text));
	buf_add_str(out, "</failure>\n    </testcase>\n");
}

static void add_testsuite(struct buf *out, const struct trial_file *f)
{
	const struct trials alone = {.files = (struct trial_file *)f, .n = 1};
	size_t n = !f->suite;
	for (size_t i = 0; f->suite && i < f->n; i++)
		n += f->cases[i].chosen;
	buf_add_str(out, "  <testsuite");
	add_attribute(out, "name", f->path);
	buf_printf(out, " tests=\"%zu\" failures=\"%zu\">\n", n, trials_failed(&alone));
	if (!f->suite) {
		buf_add_str(out, "    <testcase name=\"load\"><error message=\"cannot be loaded\">");
		add_lines(out, buf_str(&f->wrong));
		buf_add_str(out, "</error></testcase>\n");
	}
	for (size_t i = 0; f->suite && i < f->n; i++)
		if (f->cases[i].chosen)
			add_testcase(out, f, &f->cases[i]);
	buf_add_str(out, "  </testsuite>\n");
}

int trials_write_junit(const struct trials *t, const char *path)
{
	_cleanup_buf_ struct buf out = {0};
	buf_add_str(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	for (size_t i = 0; i < t->n; i++)
		add_testsuite(&out, &t->files[i]);
	buf_add_str(&out, "</testsuites>\n");
	_cleanup_fclose_ FILE *file = fopen(path, "we");
	if (!file)
		return -errno;
	return fwrite(buf_str(&out), 1, out.len, file) == out.len && fflush(file) == 0 ? 0 : -errno;
}
