/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon: sources and detectors in, the machine's decisions out, incidents captured. One thread, one loop, nothing in
 * it that can block.
 *
 *     source ─┐                                       ┌─▶ arm ─▶ detect
 *     detect ─┼─▶ engine_take: inputlog, history, machine ─▶ transitions ─┤
 *     control ┘                                       └─▶ firing ─▶ incident (worker, writer)
 */
#pragma once

#include "engine/settings.h"

struct engine; /* opaque */

/* Everything is opened and the `always` detectors are attached when this returns. Both must outlive it; `settings` are
 * changed by a reload, which reads by `flags` again. */
int engine_new(struct settings *settings, const struct settings_flags *flags, struct engine **ret);

/* Until SIGTERM or SIGINT, or for run_ns if that is not 0; then the windows of open incidents are over, and their bundles are
 * finished within a minute or given up. 0 or -errno. */
int engine_run(struct engine *e, uint64_t run_ns);

/* What `tracetrap status --json` prints. */
void engine_status_json(struct engine *e, struct buf *out);

/* Why a rule holds or does not, on one entity ("host" by default): the JSON of why.h. -ENOENT. */
int engine_why_json(struct engine *e, const char *rule, const char *entity, struct buf *out);

/* Fires by hand. With dry_run it is decided and told, but nothing is captured. -ENOENT: no such rule or entity. The
 * answer is {"rule", "outcome", "incident", "drill"}: outcome is opened, joined, busy (too many incidents are still being
 * written), ended (the daemon is), failed or drill; incident is the id of what was opened or joined, else null. */
int engine_trigger(struct engine *e, const char *rule, const char *entity, bool dry_run, struct buf *out);

/*
 * Reads all files again and goes on with what they say now, or, if anything is wrong, as before. The files are read once,
 * here and now: they are few, small and local, as at the start. `out` says what changed as JSON (tracetrap(1), reload).
 *   -EINVAL  they are wrong: `out` has all their diagnostics, a line each
 *   -EAGAIN  they are being written (rules/stamps.h): `out` names one; try again in a while
 *   -E2BIG, -ENOMEM  it cannot be done, `out` says why
 */
int engine_reload(struct engine *e, struct buf *out);

struct engine *engine_free(struct engine *e);
