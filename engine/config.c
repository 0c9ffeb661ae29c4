/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/config.h"

#include <fcntl.h>
#include <inttypes.h>

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/record/inputlog.h"
#include "rules/check/units.h"
#include "rules/text/node.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define CONFIG_BYTES_MAX MIB
#define RATE_MAX	 1000000 /* events per second */

enum key_type { KEY_PATH, KEY_PATHS, KEY_BYTES, KEY_SPAN, KEY_COUNT, KEY_SHARE, KEY_SOURCE, KEY_LIMIT, KEY_FLAG };

/* One row a key: adding one is a row here, a default below and a comment in conf/tracetrap.yaml. */
static const struct key {
	const char *section, *name;
	enum key_type type;
	size_t offset;
	uint64_t least, most; /* of bytes, spans (ns) and counts */
	bool live;	      /* a reload changes it */
} keys[] = {
#define KEY(section, name, type, field, least, most) {section, name, type, offsetof(struct config, field), least, most, false}
#define LIVE_KEY(section, name, type, field) {section, name, type, offsetof(struct config, field), 0, 0, true}
	LIVE_KEY("paths", "klog", KEY_PATH, klog_path),
	LIVE_KEY("paths", "noise", KEY_PATHS, noise),
	LIVE_KEY("paths", "rules", KEY_PATHS, rules),
	KEY("paths", "run", KEY_PATH, run_dir, 0, 0),
	KEY("paths", "state", KEY_PATH, state_dir, 0, 0),
	KEY("source", "kind", KEY_SOURCE, source, 0, 0),
	KEY("source", "hz", KEY_COUNT, tick_hz, 0, 1000),
	KEY("source", "entities", KEY_COUNT, max_entities, 16, INPUTLOG_ENTITIES_MAX),
	KEY("source", "proc_root", KEY_PATH, proc_root, 0, 0),
	KEY("source", "sys_root", KEY_PATH, sys_root, 0, 0),
	KEY("source", "host_root", KEY_PATH, host_root, 0, 0),
	KEY("past", "input_log", KEY_BYTES, inputlog_bytes, MIB, GIB),
	KEY("past", "history", KEY_BYTES, history_bytes, MIB, GIB),
	KEY("past", "events", KEY_BYTES, events_bytes, MIB, GIB),
	KEY("past", "census", KEY_BYTES, census_bytes, MIB, GIB / 2),
	KEY("past", "stacks", KEY_BYTES, stacks_bytes, MIB, GIB),
	KEY("past", "maps", KEY_BYTES, maps_bytes, MIB / 2, GIB / 2),
	KEY("past", "stacks_hz", KEY_COUNT, stacks_hz, 0, 99),
	KEY("past", "census_every", KEY_SPAN, census_every_ns, NS_PER_S, 3600 * NS_PER_S),
	KEY("arm", "share", KEY_SHARE, arm_share, 0, 0),
	LIVE_KEY("limits", "host", KEY_LIMIT, host_limit),
	KEY("history", "enabled", KEY_FLAG, keep_history, 0, 0),
	KEY("history", "max_use", KEY_BYTES, history.max_use, MIB, UINT64_MAX),
	KEY("history", "max_age", KEY_SPAN, history.max_age_ns, 0, UINT64_MAX),
	KEY("store", "max_use", KEY_BYTES, store.max_use, MIB, UINT64_MAX),
	KEY("store", "keep_free", KEY_BYTES, store.keep_free, 0, UINT64_MAX),
	KEY("store", "max_age", KEY_SPAN, store.max_age_ns, 0, UINT64_MAX),
	KEY("store", "stage", KEY_BYTES, stage_bytes, MIB, GIB),
#undef KEY
#undef LIVE_KEY
};

static const char *const sections[] = {"arm", "detectors", "history", "limits", "past", "paths", "source", "store", "version"};
static const char *const source_kinds[] = {[SOURCE_AUTO] = "auto", [SOURCE_BPF] = "bpf", [SOURCE_PROC] = "proc"};

static bool set_text(char **to, const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		return false;
	free(*to);
	*to = copy;
	return true;
}

static void free_paths(struct config_paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->at[i]);
	free(p->at);
	*p = (struct config_paths){0};
}

static bool set_paths(struct config_paths *to, const char *const *paths, size_t n)
{
	free_paths(to);
	to->at = calloc(MAX(n, (size_t)1), sizeof(*to->at));
	for (size_t i = 0; to->at && i < n; i++)
		if ((to->at[i] = strdup(paths[i])))
			to->n++;
	return to->at && to->n == n;
}

int config_init(struct config *ret)
{
	*ret = (struct config){
		.source = SOURCE_AUTO,
		.max_entities = ENTITY_DEFAULT_MAX,
		.inputlog_bytes = 8 * MIB,
		.history_bytes = 4 * MIB,
		.events_bytes = MIB,
		.census_bytes = 2 * MIB,
		.stacks_bytes = 4 * MIB,
		.maps_bytes = MIB,
		.stacks_hz = 19,
		.census_every_ns = 10 * NS_PER_S,
		.arm_share = 0.1,
		.host_limit = {.burst = 12, .refill_ns = 3600 * NS_PER_S / 12},
		.store = {.max_use = 2 * GIB, .keep_free = GIB, .max_age_ns = 90 * 86400 * NS_PER_S},
		.stage_bytes = 64 * MIB,
		.keep_history = true,
		.history = {.max_use = GIB / 2, .max_age_ns = 30 * 86400 * NS_PER_S},
	};
	ret->detectors = calloc(MAX(detector_defs_n, (size_t)1), sizeof(*ret->detectors));
	ret->always = calloc(MAX(detector_defs_n, (size_t)1), sizeof(*ret->always));
	bool ok = ret->detectors && ret->always && set_text(&ret->proc_root, "/proc") && set_text(&ret->sys_root, "/sys") &&
		  set_text(&ret->host_root, "/") &&
		  set_text(&ret->state_dir, "/var/lib/tracetrap") && set_text(&ret->run_dir, "/run/tracetrap") &&
		  set_text(&ret->klog_path, "/etc/tracetrap/klog") &&
		  set_paths(&ret->rules, (const char *const[]){"/etc/tracetrap/rules.d"}, 1) &&
		  set_paths(&ret->noise, (const char *const[]){CONFIG_NOISE_DIR}, 1);
	if (!ok)
		config_done(ret);
	return ok ? 0 : -ENOMEM;
}

static void add_bound(struct buf *out, const struct key *k, uint64_t bound)
{
	char span[CLOCK_TEXT_MAX];
	if (k->type == KEY_BYTES)
		buf_printf(out, "%.10gMiB", (double)bound / MIB);
	else if (k->type == KEY_SPAN)
		buf_add_str(out, clock_span(bound, span));
	else
		buf_printf(out, "%llu", (unsigned long long)bound);
}

/* "is between 1MiB and 1024MiB" */
static const char *bounds(const struct key *k, struct buf *out)
{
	buf_add_str(out, k->most == UINT64_MAX ? "is at least " : "is between ");
	add_bound(out, k, k->least);
	buf_add_str(out, k->most == UINT64_MAX ? "" : " and ");
	if (k->most != UINT64_MAX)
		add_bound(out, k, k->most);
	return buf_str(out);
}

static void read_number(const struct node *n, const struct key *k, struct diagnostics *d, void *field)
{
	uint64_t v;
	bool ok = k->type == KEY_BYTES ? node_bytes(n, d, &v) : k->type == KEY_SPAN ? node_duration(n, d, &v) : node_u64(n, d, &v);
	if (!ok)
		return;
	if (v < k->least || v > k->most) {
		_cleanup_buf_ struct buf accepted = {0};
		diagnostics_add(d, DIAGNOSTIC_ERROR, n->at, "out-of-range", "'%.40s' is out of range: %s.%s %s", n->text, k->section,
				k->name, bounds(k, &accepted));
		return;
	}
	if (k->type == KEY_COUNT)
		*(unsigned *)field = (unsigned)v;
	else
		*(uint64_t *)field = v;
}

static void read_share(const struct node *n, struct diagnostics *d, double *field)
{
	struct quantity q;
	if (!node_quantity(n, d, &q))
		return;
	double share = q.value / (unit_quanta(UNIT_PERCENT) * 100);
	if (q.unit != UNIT_PERCENT || share <= 0 || share > 1)
		diagnostics_add(d, DIAGNOSTIC_ERROR, n->at, "out-of-range", "'%.40s' is no share of the time: write 1%% to 100%%",
				n->text);
	else
		*field = share;
}

/* "12/1h": 12 at once, one more every five minutes. */
static void read_limit(const struct node *n, struct diagnostics *d, struct limit *field)
{
	const char *text;
	struct limit limit;
	if (!node_string(n, d, &text))
		return;
	if (!limit_parse(text, &limit) || !limit.burst)
		diagnostics_add(d, DIAGNOSTIC_ERROR, n->at, "bad-limit", "'%.40s' is no limit: write a number of captures and a span, as 12/1h",
				text);
	else
		*field = limit;
}

static bool read_key(struct config *c, const struct node *n, const struct key *k, struct arena *arena, struct diagnostics *d)
{
	void *field = (char *)c + k->offset;
	const char *text;
	const char *const *list;
	size_t n_list;
	switch (k->type) {
	case KEY_PATH:
		return !node_string(n, d, &text) || set_text(field, text);
	case KEY_PATHS:
		return !node_strings(n, arena, d, &list, &n_list) || set_paths(field, list, n_list);
	case KEY_SOURCE:
		node_choice(n, source_kinds, ARRAY_SIZE(source_kinds), d, field);
		return true;
	case KEY_FLAG:
		node_bool(n, d, field);
		return true;
	case KEY_SHARE:
		read_share(n, d, field);
		return true;
	case KEY_LIMIT:
		read_limit(n, d, field);
		return true;
	default:
		read_number(n, k, d, field);
		return true;
	}
}

static bool read_section(struct config *c, const char *section, const struct node *map, struct arena *arena,
			 struct diagnostics *d)
{
	const char *names[ARRAY_SIZE(keys)];
	size_t n = 0;
	bool ok = true;
	if (!node_is_mapping(map, section, d))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!streq(keys[i].section, section))
			continue;
		names[n++] = keys[i].name;
		const struct node *value = node_get(map, keys[i].name);
		ok &= !value || read_key(c, value, &keys[i], arena, d);
	}
	node_check_keys(map, section, names, n, d);
	return ok;
}

static void read_threshold(const struct node *n, const struct detector_def *def, struct diagnostics *d, int64_t *field)
{
	struct quantity q;
	if (!node_quantity(n, d, &q))
		return;
	if (q.unit != def->threshold_unit || q.value < 0)
		diagnostics_add(d, DIAGNOSTIC_ERROR, n->at, "bad-unit", "'%.40s' is %s, the threshold of '%s' is %s%s", n->text,
				unit_describe(q.unit), def->name, unit_describe(def->threshold_unit),
				def->threshold_unit == UNIT_SECONDS ? ", as 10ms" : "");
	else
		*field = (int64_t)q.value;
}

static void read_rate(const struct node *n, struct diagnostics *d, uint32_t *field)
{
	struct quantity rate;
	if (!n || !node_quantity(n, d, &rate))
		return;
	double per_s = rate.value / unit_quanta(UNIT_PER_SECOND);
	if (rate.unit != UNIT_PER_SECOND || per_s < 1 || per_s > RATE_MAX)
		diagnostics_add(d, DIAGNOSTIC_ERROR, n->at, "bad-unit", "a rate is written as 100/s, at most %d/s, not '%.40s'",
				RATE_MAX, n->text);
	else
		*field = (uint32_t)per_s;
}

static void read_detector(struct config *c, uint16_t i, const struct node *map, struct diagnostics *d)
{
	static const char *const names[] = {"always", "cgroup_rate", "rate", "threshold"};
	if (!node_is_mapping(map, detector_defs[i].name, d))
		return;
	node_check_keys(map, "a detector", names, ARRAY_SIZE(names), d);
	const struct node *n = node_get(map, "threshold");
	if (n)
		read_threshold(n, &detector_defs[i], d, &c->detectors[i].threshold);
	n = node_get(map, "always");
	if (n)
		node_bool(n, d, &c->always[i]);
	read_rate(node_get(map, "rate"), d, &c->detectors[i].rate_per_s);
	read_rate(node_get(map, "cgroup_rate"), d, &c->detectors[i].cgroup_rate_per_s);
}

static void read_detectors(struct config *c, const struct node *map, struct diagnostics *d)
{
	const char *names[64];
	if (!node_is_mapping(map, "detectors", d))
		return;
	for (uint16_t i = 0; i < detector_defs_n && i < ARRAY_SIZE(names); i++) {
		names[i] = detector_defs[i].name;
		const struct node *value = node_get(map, names[i]);
		if (value)
			read_detector(c, i, value, d);
	}
	node_check_keys(map, "detectors", names, MIN(detector_defs_n, ARRAY_SIZE(names)), d);
}

/* Each segment of the input log begins with the names of all entities: the two keys go together. */
static void check_room(const struct config *c, const struct node *root, struct diagnostics *d)
{
	const struct node *source = node_get(root, "source"), *past = node_get(root, "past");
	const struct node *entities = source ? node_get(source, "entities") : NULL;
	const struct node *at = entities ? entities : past ? node_get(past, "input_log") : NULL;
	uint64_t least = inputlog_bytes_min(c->max_entities);
	if (at && c->inputlog_bytes < least)
		diagnostics_add(d, DIAGNOSTIC_ERROR, at->at, "out-of-range",
				"source.entities of %u needs a past.input_log of at least %" PRIu64 "MiB, not %.10gMiB",
				c->max_entities, (least + MIB - 1) / MIB, (double)c->inputlog_bytes / MIB);
}

static bool read_root(struct config *c, const struct node *root, struct arena *arena, struct diagnostics *d)
{
	bool ok = true;
	if (!node_is_mapping(root, "the configuration", d))
		return true;
	node_check_keys(root, "the configuration", sections, ARRAY_SIZE(sections), d);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct node *map = node_get(root, sections[i]);
		uint64_t version;
		if (!map)
			continue;
		if (streq(sections[i], "detectors"))
			read_detectors(c, map, d);
		else if (!streq(sections[i], "version"))
			ok &= read_section(c, sections[i], map, arena, d);
		else if (node_u64(map, d, &version) && version != 1)
			diagnostics_add(d, DIAGNOSTIC_ERROR, map->at, "unknown-version", "version %.20s is not known here: write 1",
					map->text);
	}
	check_room(c, root, d);
	return ok;
}

int config_load(struct config *c, const char *path, struct diagnostics *diagnostics)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_arena_ struct arena *arena = arena_new();
	const struct node *root = NULL;
	int r = io_read_file(AT_FDCWD, path, CONFIG_BYTES_MAX, &text);
	if (r < 0)
		return r;
	if (!arena)
		return -ENOMEM;
	r = yaml_load(path, buf_str(&text), text.len, &load_caps_default, arena, diagnostics, &root);
	if (r < 0)
		return r;
	if (!read_root(c, root, arena, diagnostics))
		return -ENOMEM;
	return diagnostics_count(diagnostics, DIAGNOSTIC_ERROR) ? -EINVAL : 0;
}

int config_load_noise(const struct config *c, const struct vocabulary *v, struct stamps *stamps, struct diagnostics *diagnostics,
		      struct noise **ret)
{
	bool absent = c->noise.n == 1 && streq(c->noise.at[0], CONFIG_NOISE_DIR) && access(CONFIG_NOISE_DIR, F_OK) < 0;
	struct load_options options = {.paths = (const char *const *)c->noise.at, .n_paths = absent ? 0 : c->noise.n,
				       .vocabulary = v, .stamps = stamps};
	return noise_load(&options, diagnostics, ret);
}

static size_t size_of(enum key_type type)
{
	static const size_t sizes[] = {[KEY_BYTES] = sizeof(uint64_t), [KEY_SPAN] = sizeof(uint64_t), [KEY_COUNT] = sizeof(unsigned),
				       [KEY_SHARE] = sizeof(double), [KEY_SOURCE] = sizeof(enum source_kind),
				       [KEY_FLAG] = sizeof(bool)};
	return type < ARRAY_SIZE(sizes) ? sizes[type] : 0;
}

static bool is_equal(const struct config *a, const struct config *b, const struct key *k)
{
	const void *of_a = (const char *)a + k->offset, *of_b = (const char *)b + k->offset;
	if (k->type == KEY_PATH)
		return streq(*(char *const *)of_a, *(char *const *)of_b);
	return memcmp(of_a, of_b, size_of(k->type)) == 0;
}

static void add_key(struct buf *out, const char *section, const char *name)
{
	buf_printf(out, "%s%s.%s", out->len ? ", " : "", section, name);
}

void config_restart_keys(const struct config *running, const struct config *c, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!keys[i].live && !is_equal(running, c, &keys[i]))
			add_key(out, keys[i].section, keys[i].name);
	for (size_t i = 0; i < detector_defs_n; i++)
		if (memcmp(&running->detectors[i], &c->detectors[i], sizeof(*c->detectors)) != 0 ||
		    running->always[i] != c->always[i])
			add_key(out, "detectors", detector_defs[i].name);
}

void config_done(struct config *c)
{
	free_paths(&c->rules);
	free_paths(&c->noise);
	free(c->proc_root);
	free(c->sys_root);
	free(c->host_root);
	free(c->state_dir);
	free(c->run_dir);
	free(c->klog_path);
	free(c->detectors);
	free(c->always);
	*c = (struct config){0};
}
