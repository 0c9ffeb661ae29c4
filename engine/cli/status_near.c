/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/status_near.h"

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/cli/diagnose.h"
#include "engine/cli/incident.h"
#include "engine/cli/recording.h"
#include "rules/tell/near.h"
#include "snapshot/bundle/json.h"

static void on_input(void *ctx, const struct machine *m)
{
	near_watch(ctx, m);
}

/* "held 400ms of 2s", or "43.1% > 45.0%, 4 % short". */
static void add_what(struct buf *out, const struct near_miss *m)
{
	if (m->nearest.share > 0 && m->nearest.term) {
		unit_format(out, m->nearest.unit, m->nearest.value);
		buf_add_str(out, " against ");
		unit_format(out, m->nearest.unit, m->nearest.threshold);
		buf_printf(out, " (%.1f %% off) in %s", m->nearest.share * 100, m->nearest.term->source);
		return;
	}
	buf_add_str(out, "true, held ");
	unit_format(out, UNIT_SECONDS, (double)m->held_ns);
	buf_add_str(out, " of ");
	unit_format(out, UNIT_SECONDS, (double)m->rule->hold_ns);
}

static void print_rows(const struct near_miss *misses, size_t n)
{
	struct grid g = {.columns = 5, .right = 1U << 3};
	static const char *const heads[] = {"RULE", "ENTITY", "FROM", "FOR", "NEAREST"};
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&g, "%s", heads[i]);
	for (size_t i = 0; i < n; i++) {
		char from[CLOCK_TEXT_MAX];
		_cleanup_buf_ struct buf what = {0};
		add_what(&what, &misses[i]);
		grid_add(&g, "%s", misses[i].rule->name);
		grid_add(&g, "%s", misses[i].entity);
		grid_add(&g, "%.19sZ", clock_rfc3339(misses[i].from_ns, from));
		grid_add(&g, "%llus", (unsigned long long)((misses[i].to_ns - misses[i].from_ns) / NS_PER_S));
		grid_add(&g, "%s", buf_str(&what));
	}
	grid_print(&g, "");
	grid_done(&g);
}

static void add_time(struct json_object *o, const char *key, uint64_t realtime_ns)
{
	char text[CLOCK_TEXT_MAX];
	json_add_text(o, key, clock_rfc3339(realtime_ns, text));
}

static void add_double(struct json_object *o, const char *key, double v)
{
	json_object_object_add(o, key, json_object_new_double(v));
}

static struct json_object *row_json(const struct near_miss *m)
{
	struct json_object *o = json_object_new_object();
	bool term = m->nearest.share > 0 && m->nearest.term;
	double quanta = unit_quanta(m->nearest.unit);
	json_add_text(o, "rule", m->rule->name);
	json_add_text(o, "entity_kind", entity_kind_name(m->kind));
	json_add_text(o, "entity", m->entity);
	add_time(o, "from", m->from_ns);
	add_time(o, "to", m->to_ns);
	add_time(o, "nearest_at", m->nearest_ns);
	add_double(o, "off", m->nearest.share);
	json_object_object_add(o, "term", term ? json_object_new_string(m->nearest.term->source) : NULL);
	json_object_object_add(o, "value", term ? json_object_new_double(m->nearest.value / quanta) : NULL);
	json_object_object_add(o, "threshold", term ? json_object_new_double(m->nearest.threshold / quanta) : NULL);
	add_double(o, "held_s", (double)m->held_ns / 1e9);
	add_double(o, "hold_s", (double)m->rule->hold_ns / 1e9);
	return o;
}

static void print_json(const struct near_miss *misses, size_t n)
{
	_cleanup_buf_ struct buf out = {0};
	struct json_object *all = json_object_new_array();
	for (size_t i = 0; i < n; i++)
		json_object_array_add(all, row_json(&misses[i]));
	if (json_print(all, &out) == 0)
		fputs(buf_str(&out), stdout);
	json_object_put(all);
}

static int tell(const struct near *near, uint64_t since_ns, bool json)
{
	size_t n;
	uint64_t untold;
	char text[CLOCK_TEXT_MAX];
	const struct near_miss *misses = near_misses(near, &n, &untold);
	if (json)
		print_json(misses, n);
	else if (n)
		print_rows(misses, n);
	else
		printf("no rule came within %.0f %% of firing since %s\n", NEAR_SHARE * 100, clock_rfc3339_ms(since_ns, text));
	if (untold)
		log_warning("%llu more are not told", (unsigned long long)untold);
	return n ? EXIT_OK : EXIT_FOUND;
}

static int look(uint64_t since_ns, const struct settings *settings, bool json)
{
	struct recording rec = {0};
	struct near *near = NULL;
	_cleanup_(replay_done) struct replay_result result = {0};
	int code = EXIT_FOUND;
	struct replay_options options = {.rules = settings->rules, .since_ns = since_ns, .watch = on_input};
	if (near_new(settings->rules, since_ns, &near) == 0) {
		options.watch_ctx = near;
		recording_of_state(settings->config.state_dir, &rec);
		if (recording_replay(&rec, &options, &result))
			code = tell(near, since_ns, json);
	}
	recording_done(&rec);
	near_free(near);
	return code;
}

int status_near(const char *span, const struct settings_flags *flags, bool json)
{
	uint64_t since_ns;
	struct settings *settings = NULL;
	struct stamps stamps;
	struct diagnostics *d = diagnostics_new();
	if (!when_parse(span, clock_now(CLOCK_REALTIME), &since_ns)) {
		diagnostics_free(d);
		return command_usage("status", "'%s' is no span and no time: write 1d, 2h30m, or a date", span);
	}
	int r = d ? settings_load(flags, d, &stamps, NULL, &settings) : -ENOMEM;
	if (d) {
		stamps_done(&stamps);
		if (r < 0)
			diagnose_print(d, stderr);
	}
	diagnostics_free(d);
	int code = r < 0 ? EXIT_FOUND : look(since_ns, settings, json);
	settings_free(settings);
	return code;
}
