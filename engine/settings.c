/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/settings.h"

#include "engine/vocabulary.h"
#include "rules/load.h"

struct loading {
	const struct settings_flags *flags;
	struct diagnostics *diagnostics;
	struct stamps *stamps;
	struct klog_patterns **klog; /* NULL: they are not asked for */
	struct settings *settings;
};

static void refuse(struct loading *l, const char *file, const char *code, const char *message, const char *word)
{
	diagnostics_add(l->diagnostics, DIAGNOSTIC_ERROR, (struct position){file, 1, 1}, code, "%s%s", message, word);
}

/* Its bytes are not in the digest: what matters of them is compared by value. */
static int load_config(struct loading *l)
{
	const struct settings_flags *f = l->flags;
	const char *path = f->config ? f->config : f->usual_config;
	struct stat st;
	if (stat(path, &st) == 0)
		stamps_add_file(l->stamps, path, &st, "", 0);
	int r = config_load(&l->settings->config, path, l->diagnostics);
	if (r == -ENOENT && !f->config)
		return 0;
	if (r < 0 && r != -EINVAL && r != -ENOMEM)
		refuse(l, path, "unreadable", "cannot read the configuration: ", strerror(-r));
	return r;
}

static bool replace(char **value, const char *flag)
{
	if (!flag || !*flag)
		return true;
	free(*value);
	*value = strdup(flag);
	return *value;
}

static int apply_source(struct loading *l)
{
	static const char *const kinds[] = {[SOURCE_AUTO] = "auto", [SOURCE_BPF] = "bpf", [SOURCE_PROC] = "proc"};
	for (size_t i = 0; l->flags->source && i < ARRAY_SIZE(kinds); i++)
		if (streq(l->flags->source, kinds[i])) {
			l->settings->config.source = (enum source_kind)i;
			return 0;
		}
	if (l->flags->source)
		refuse(l, "--source", "unknown-source", "there are auto, bpf and proc, not ", l->flags->source);
	return l->flags->source ? -EINVAL : 0;
}

static int apply_flags(struct loading *l)
{
	const struct settings_flags *f = l->flags;
	struct config *c = &l->settings->config;
	bool ok = replace(&c->state_dir, f->state_dir ? f->state_dir : getenv("TRACETRAP_STATE_DIR")) &&
		  replace(&c->run_dir, f->run_dir ? f->run_dir : getenv("TRACETRAP_RUN_DIR")) &&
		  replace(&c->proc_root, f->proc_root) && replace(&c->sys_root, f->sys_root);
	return ok ? apply_source(l) : -ENOMEM;
}

static int load_rules(struct loading *l)
{
	const struct settings_flags *f = l->flags;
	const struct config *c = &l->settings->config;
	struct load_options options = {
		.paths = f->n_rules ? f->rules : (const char *const *)c->rules.at,
		.n_paths = f->n_rules ? f->n_rules : c->rules.n,
		.overrides = f->sets,
		.n_overrides = f->n_sets,
		.vocabulary = vocabulary(),
		.store_bytes = c->store.max_use,
		.stamps = l->stamps,
	};
	return rules_load(&options, l->diagnostics, &l->settings->rules);
}

static int load_noise(struct loading *l)
{
	uint64_t before = l->stamps->digest;
	l->stamps->digest = 0;
	int r = config_load_noise(&l->settings->config, vocabulary(), l->stamps, l->diagnostics, &l->settings->noise);
	l->settings->noise_digest = l->stamps->digest;
	l->stamps->digest = before;
	return r;
}

static int load_klog(struct loading *l)
{
	struct klog_patterns *patterns = NULL;
	const char *path = l->settings->config.klog_path;
	l->stamps->digest = 0;
	int r = access(path, F_OK) < 0 ? 0 : klog_patterns_load(path, l->stamps, l->diagnostics, &patterns);
	l->settings->klog_digest = l->stamps->digest;
	if (l->klog)
		*l->klog = patterns;
	else
		klog_patterns_free(patterns);
	return l->klog ? r : 0;
}

/* The configuration says where the others are; of those all are read whatever is wrong with one. */
static int load_all(struct loading *l)
{
	int (*const steps[])(struct loading *) = {load_rules, load_noise, load_klog};
	int r = load_config(l);
	r = r < 0 ? r : apply_flags(l);
	if (r < 0)
		return r;
	for (size_t i = 0; r != -ENOMEM && i < ARRAY_SIZE(steps); i++) {
		int one = steps[i](l);
		r = r < 0 && one != -ENOMEM ? r : one;
	}
	return r;
}

int settings_load_config(const struct settings_flags *f, struct diagnostics *diagnostics, struct config *ret)
{
	struct stamps stamps = {0};
	struct settings settings = {0};
	struct loading l = {.flags = f, .diagnostics = diagnostics, .stamps = &stamps, .settings = &settings};
	int r = config_init(&settings.config);
	if (r == 0) {
		r = load_config(&l);
		int applied = apply_flags(&l);
		r = r < 0 ? r : applied;
	}
	stamps_done(&stamps);
	*ret = settings.config;
	return r;
}

int settings_load(const struct settings_flags *f, struct diagnostics *diagnostics, struct stamps *ret_stamps,
		  struct klog_patterns **ret_klog, struct settings **ret)
{
	struct loading l = {.flags = f, .diagnostics = diagnostics, .stamps = ret_stamps, .klog = ret_klog};
	*ret_stamps = (struct stamps){0};
	if (ret_klog)
		*ret_klog = NULL;
	l.settings = calloc(1, sizeof(*l.settings));
	int r = l.settings ? config_init(&l.settings->config) : -ENOMEM;
	r = r < 0 ? r : load_all(&l);
	if (r == 0) {
		*ret = l.settings;
		return 0;
	}
	settings_free(l.settings);
	if (ret_klog)
		*ret_klog = klog_patterns_free(*ret_klog);
	return r;
}

struct settings *settings_free(struct settings *s)
{
	if (!s)
		return NULL;
	noise_free(s->noise);
	ruleset_free(s->rules);
	config_done(&s->config);
	free(s);
	return NULL;
}
