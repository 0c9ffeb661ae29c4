/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that the daemon is told by files, read in one go: at the start, and again at every reload. The flags of `tracetrap run`
 * go before the environment, the environment before tracetrap.yaml, that before the defaults.
 */
#pragma once

#include "engine/config.h"
#include "engine/detect/klog_patterns.h"
#include "rules/stamps.h"

#define SETTINGS_PATHS_MAX 64

/* What `tracetrap run` was given; NULL and 0: not given. Borrowed. */
struct settings_flags {
	const char *config, *state_dir, *run_dir, *proc_root, *sys_root;
	const char *source; /* auto, bpf or proc */
	const char *usual_config; /* where `config` is not given; may be absent */
	const char *rules[SETTINGS_PATHS_MAX], *sets[SETTINGS_PATHS_MAX];
	size_t n_rules, n_sets;
};

struct settings {
	struct config config;
	struct ruleset *rules;
	struct noise *noise;
	uint64_t noise_digest, klog_digest; /* of the files' bytes */
};

/* tracetrap.yaml alone with what goes before it: where things are, for whoever is not the daemon. As settings_load(); after
 * an error `ret` holds what could be read, over the defaults. config_done() in any case. */
int settings_load_config(const struct settings_flags *f, struct diagnostics *diagnostics, struct config *ret);

/* 0; -EINVAL with errors in `diagnostics`, -ENOMEM, other -errno after a diagnostic. The patterns of the kernel's log are
 * checked with the rest where `ret_klog` is given (NULL in it: there are none); at the start their detector reads them.
 * `ret_stamps`, of everything that was read, are set in any case; stamps_done(). */
int settings_load(const struct settings_flags *f, struct diagnostics *diagnostics, struct stamps *ret_stamps,
		  struct klog_patterns **ret_klog, struct settings **ret);
struct settings *settings_free(struct settings *s);
