/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracetrap.yaml: how the daemon behaves, apart from the rules. Every value has a default, so an absent file is fine; a
 * wrong one is refused with diagnostics in the same form as a rule's. conf/tracetrap.yaml comments each key.
 */
#pragma once

#include "engine/detect/detect.h"
#include "engine/source/source.h"
#include "rules/noise.h"
#include "snapshot/store/hours.h"
#include "snapshot/store/store.h"

struct config_paths {
	char **at;
	size_t n;
};

#define CONFIG_NOISE_DIR "/etc/tracetrap/noise"

struct config {
	/* roots and paths; owned by the config */
	char *proc_root, *sys_root, *host_root, *state_dir, *run_dir, *klog_path;
	struct config_paths rules;
	struct config_paths noise; /* CONFIG_NOISE_DIR may be absent, whatever else is named may not */

	/* tick */
	enum source_kind source;
	unsigned tick_hz; /* 0: the source's own default */
	unsigned max_entities;

	/* the past */
	uint64_t inputlog_bytes, history_bytes, events_bytes, census_bytes, stacks_bytes, maps_bytes;
	unsigned stacks_hz; /* 0: no stack ring */
	uint64_t census_every_ns;

	/* arming */
	double arm_share;	       /* of the time, per detector: 0.1 */
	struct detector_settings *detectors; /* by index of detector_defs */
	bool *always;			     /* armed ones to keep attached */

	/* captures */
	struct limit host_limit;
	struct store_bounds store;
	bool keep_history; /* on disk */
	struct hours_bounds history;
	uint64_t stage_bytes; /* most of a bundle, which grows and waits for the disk in memory */
};

/* Defaults; 0 or -ENOMEM. */
int config_init(struct config *ret);
/* Reads `path` over the defaults. -ENOENT when there is no such file (no diagnostic), -EINVAL with diagnostics. */
int config_load(struct config *c, const char *path, struct diagnostics *diagnostics);
/* The filters that config.noise names; as noise_load(). `stamps` NULL: not wanted. */
int config_load_noise(const struct config *c, const struct vocabulary *v, struct stamps *stamps, struct diagnostics *diagnostics,
		      struct noise **ret);
/* Which keys differ that a reload cannot change: "past.history, store.max_use". A reload changes what paths.rules, paths.noise
 * and paths.klog name, and limits.host. */
void config_restart_keys(const struct config *running, const struct config *c, struct buf *out);
void config_done(struct config *c);
