/* SPDX-License-Identifier: GPL-2.0-only */
/* Bundles for tests: real ones, in a directory of the test's own. */
#pragma once

#include "snapshot/bundle/bundle.h"
#include "snapshot/bundle/manifest.h"

#define SAMPLE_ID "20261120T172301Z-cpu-sys-spike-1f3a9c2e"

/* A fresh directory below $TMPDIR; removed with all in it by scratch_remove(). */
char *scratch_make(void);
void scratch_remove(char *dir);
/* A path inside, in a static buffer that the sixteenth call from now overwrites. */
const char *scratch_path(const char *dir, const char *name);

/* The plan the samples are made of; `realtime_ns` of the firing. */
struct plan sample_plan(const char *id, const char *rule, uint64_t realtime_ns);

/* Writes a bundle with manifest, why, a few members (one of `bulk` bytes that hardly compress) and ledger; its size. */
uint64_t sample_bundle(const char *path, const struct plan *p, size_t bulk);

/* Writes a bundle of a recording and the rule it was made by alone. */
void recording_bundle(const char *path, const struct buf *samples, const char *rule_yaml);
