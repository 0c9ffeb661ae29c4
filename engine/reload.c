/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other rules while it runs. All that can fail comes first, beside the old set; then they change places:
 *
 *     read all ─▶ whole? ─▶ no error? ─▶ a machine, a judge of noise, room in the log ─▶ INPUT_RELOAD to the old machine
 *        └── any "no": the old set stays ──────────┘                    the new one succeeds it, the logs say so ◀─┘
 */
#include "engine/engine_state.h"

#include <json-c/json.h>

#include "engine/base/log.h"
#include "engine/notify.h"

#define TRIES 10 /* a second apart */

/* What was read, and what was made of it. */
struct reload {
	struct settings *settings;
	struct klog_patterns *klog; /* NULL: there are none any more */
	struct stamps stamps;
	struct diagnostics *diagnostics;
	struct machine *machine; /* NULL: the rules are the same */
	struct noise_judge *judge; /* NULL: the noise is the same */
	struct inputlog_rule *names; /* the log's options borrow them */
	struct inputlog_options log;
	bool klog_changed;
};

static void reload_done(struct reload *l)
{
	machine_free(l->machine);
	noise_judge_free(l->judge);
	free(l->names);
	settings_free(l->settings);
	klog_patterns_free(l->klog);
	stamps_done(&l->stamps);
	diagnostics_free(l->diagnostics);
}

static const struct rule *same_rule(const struct ruleset *set, const struct rule *r)
{
	const struct rule *other = ruleset_find(set, r->name);
	return other && streq(other->digest, r->digest) ? other : NULL;
}

static void add_diagnostics(struct reload *l, struct buf *out)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(l->diagnostics, &n);
	buf_add_str(out, "nothing was changed:");
	for (size_t i = 0; i < n; i++) {
		buf_add_char(out, '\n');
		diagnostic_format(out, &all[i]);
	}
}

/* Half a file is mostly wrong, too: that it is half is said first. */
static int read_all(struct engine *e, struct reload *l, struct buf *out)
{
	l->diagnostics = diagnostics_new();
	if (!l->diagnostics)
		return -ENOMEM;
	int r = settings_load(e->flags, l->diagnostics, &l->stamps, &l->klog, &l->settings);
	const char *unsettled = stamps_unsettled(&l->stamps, clock_now(CLOCK_REALTIME));
	if (unsettled) {
		buf_printf(out, "nothing was changed: '%s' is being written", unsettled);
		return -EAGAIN;
	}
	if (r < 0)
		add_diagnostics(l, out);
	return r;
}

static bool limit_equal(const struct limit *a, const struct limit *b)
{
	return a->burst == b->burst && a->refill_ns == b->refill_ns;
}

static int prepare_machine(struct engine *e, struct reload *l, struct buf *out)
{
	const struct ruleset *set = l->settings->rules;
	const struct limit *host = &l->settings->config.host_limit;
	if (streq(set->digest, e->rules->digest) && limit_equal(host, &e->config->host_limit))
		return 0;
	l->names = calloc(set->n + 1, sizeof(*l->names));
	if (!l->names)
		return -ENOMEM;
	l->log = engine_log_options(e, set, host, l->names);
	struct machine_options options = engine_machine_options(e, set, host);
	int r = inputlog_may_reload(e->inputlog, &l->log) ? machine_new(&options, &l->machine) : -E2BIG;
	if (r == -E2BIG)
		buf_add_str(out, "nothing was changed: these rules need more memory than they may have");
	return r;
}

static bool reads_klog(const struct engine *e)
{
	struct detector_status s;
	int klog = vocabulary_detector(e->vocabulary, "klog");
	if (klog < 0)
		return false;
	detect_status(e->detect, (uint16_t)klog, &s);
	return s.state != DETECTOR_UNSUPPORTED;
}

static int prepare(struct engine *e, struct reload *l, struct buf *out)
{
	int r = prepare_machine(e, l, out);
	if (r == 0 && l->settings->noise_digest != e->settings->noise_digest)
		r = noise_judge_new(l->settings->noise, e->vocabulary, e->config->proc_root, &l->judge);
	l->klog_changed = l->settings->klog_digest != e->settings->klog_digest && reads_klog(e);
	if (r < 0 && !out->len)
		buf_printf(out, "nothing was changed: %s", strerror(-r));
	return r;
}

/* The old machine ends what goes, while its rules are still the engine's. */
static int end_gone_rules(struct engine *e, const struct ruleset *next)
{
	_cleanup_free_ const char **gone = calloc(e->rules->n + 1, sizeof(*gone));
	struct input in = {.kind = INPUT_RELOAD, .t_ns = clock_now(CLOCK_MONOTONIC), .reload = {next->digest, gone, 0}};
	if (!gone)
		return -ENOMEM;
	for (size_t i = 0; i < e->rules->n; i++)
		if (!same_rule(next, &e->rules->rules[i]))
			gone[in.reload.n_gone++] = e->rules->rules[i].name;
	engine_take(e, &in);
	return 0;
}

static int renumber(struct engine *e, const struct ruleset *next)
{
	_cleanup_free_ uint16_t *to = calloc(e->rules->n + 1, sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < e->rules->n; i++) {
		const struct rule *same = same_rule(next, &e->rules->rules[i]);
		to[i] = same ? (uint16_t)(same - next->rules) : INCIDENT_NO_RULE;
	}
	incidents_renumber(e->incidents, to);
	return 0;
}

#define SWAP(a, b) ({ __typeof__(a) swap_ = (a); (a) = (b); (b) = swap_; })

static int change_rules(struct engine *e, struct reload *l)
{
	if (!l->machine)
		return 0;
	int r = end_gone_rules(e, l->settings->rules);
	r = r < 0 ? r : machine_succeed(l->machine, e->machine);
	r = r < 0 ? r : renumber(e, l->settings->rules);
	if (r < 0)
		return r;
	SWAP(e->machine, l->machine);
	SWAP(e->settings->rules, l->settings->rules);
	e->settings->config.host_limit = l->settings->config.host_limit;
	e->rules = e->settings->rules;
	e->limits_changed = true;
	r = inputlog_reload(e->inputlog, &l->log);
	return r < 0 || !e->hourlog ? r : hourlog_reload(e->hourlog, &l->log);
}

static void change_noise(struct engine *e, struct reload *l)
{
	if (!l->judge)
		return;
	SWAP(e->judge, l->judge);
	SWAP(e->settings->noise, l->settings->noise);
	e->noise = e->settings->noise;
	e->settings->noise_digest = l->settings->noise_digest;
}

static void change_klog(struct engine *e, struct reload *l)
{
	if (!l->klog_changed)
		return;
	detect_set_klog(e->detect, take_ptr(l->klog));
	e->settings->klog_digest = l->settings->klog_digest;
}

/* What is in `a` and not, or only otherwise, in `b`. */
static struct json_object *names_but(const struct ruleset *a, const struct ruleset *b, bool otherwise)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < a->n; i++) {
		const struct rule *r = &a->rules[i];
		bool there = ruleset_find(b, r->name) != NULL;
		if (otherwise ? there && !same_rule(b, r) : !there)
			json_object_array_add(list, json_object_new_string(r->name));
	}
	return list;
}

static void tell_changes(const struct engine *e, const struct reload *l, struct buf *out)
{
	const struct ruleset *was = e->rules, *is = l->settings->rules;
	_cleanup_buf_ struct buf restart = {0};
	struct json_object *o = json_object_new_object(), *added = names_but(is, was, false), *changed = names_but(is, was, true);
	size_t same = is->n - json_object_array_length(added) - json_object_array_length(changed);
	config_restart_keys(e->config, &l->settings->config, &restart);
	json_object_object_add(o, "added", added);
	json_object_object_add(o, "removed", names_but(was, is, false));
	json_object_object_add(o, "changed", changed);
	json_object_object_add(o, "unchanged", json_object_new_uint64(same));
	json_object_object_add(o, "host_limit_changed", json_object_new_boolean(
		!limit_equal(&l->settings->config.host_limit, &e->config->host_limit)));
	json_object_object_add(o, "noise_changed", json_object_new_boolean(l->judge != NULL));
	json_object_object_add(o, "klog_changed", json_object_new_boolean(l->klog_changed));
	json_object_object_add(o, "restart_for", json_object_new_string(buf_str(&restart)));
	json_object_object_add(o, "digest", json_object_new_string(is->digest));
	buf_add_str(out, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static int reload(struct engine *e, struct buf *out)
{
	_cleanup_(reload_done) struct reload l = {0};
	_cleanup_buf_ struct buf changes = {0};
	int r = read_all(e, &l, out);
	r = r < 0 ? r : prepare(e, &l, out);
	if (r < 0)
		return r;
	tell_changes(e, &l, &changes);
	r = change_rules(e, &l);
	if (r < 0) {
		buf_printf(out, "cannot change the rules: %s", strerror(-r));
		return r;
	}
	change_noise(e, &l);
	change_klog(e, &l);
	buf_add_str(out, buf_str(&changes));
	log_info("reloaded: %s", buf_str(&changes));
	return 0;
}

int engine_reload(struct engine *e, struct buf *out)
{
	notify_reloading(clock_now(CLOCK_MONOTONIC));
	int r = reload(e, out);
	notify_ready();
	return r;
}

static void log_refusal(const struct buf *text)
{
	_cleanup_free_ char *copy = strdup(buf_str(text));
	char *save = NULL;
	for (char *line = copy ? strtok_r(copy, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		log_error("reload: %s", line);
}

void reload_retry(struct engine *e)
{
	_cleanup_buf_ struct buf out = {0};
	if (!e->reload_tries)
		return;
	e->reload_tries--;
	int r = engine_reload(e, &out);
	if (r == -EAGAIN && e->reload_tries)
		return;
	e->reload_tries = 0;
	if (r < 0)
		log_refusal(&out);
}

void reload_signalled(struct engine *e)
{
	e->reload_tries = TRIES;
	reload_retry(e);
}
