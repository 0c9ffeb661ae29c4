/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * manifest.json, the first member of a bundle: what was meant to be captured, where and why. What came of it stands in the
 * ledger. Writer and readers share this one file, so the two cannot drift apart.
 *
 *     {format, id, rule, severity, summary, entity: {kind, name}, labels: {…}, fired_at, fired_ns, onset_ns, started_ns, before_ns,
 *      after_ns, drill, by_hand, host: {hostname, release, machine, cpus, mem_bytes},
 *      clocks: {realtime, monotonic, boottime, monotonic_raw, tai, utc_offset_s}, collectors: […], signals: […],
 *      event: {…}, version, source}
 *
 * Times named _ns are CLOCK_MONOTONIC of the machine that wrote it; `clocks` joins them to the others.
 */
#pragma once

#include "snapshot/plan.h"

#include "engine/base/buf.h"

#define MANIFEST_BYTES_MAX (UINT64_C(1) << 20)

struct manifest {
	unsigned format;
	char id[INCIDENT_ID_MAX], rule[128], severity[16], summary[512];
	char entity_kind[16], entity[ENTITY_NAME_MAX];
	char fired_at[CLOCK_TEXT_MAX]; /* RFC 3339 UTC, made from fired_realtime_ns */
	uint64_t fired_realtime_ns;
	uint64_t fired_ns, onset_ns, before_ns, after_ns;
	uint64_t started_ns; /* of the daemon; 0 in older bundles */
	bool drill, by_hand;
	char hostname[65], release[65], machine[65];
	unsigned cpus;
	uint64_t mem_bytes;
	struct clocks clocks;
	char version[32], source[128];
	struct json_object *json; /* the whole, for what has no field here; labels, collectors, event */
};

/* The manifest of a plan on this machine; -EBADMSG when the plan's labels or event are no JSON, -ENOMEM. */
int manifest_json(const struct plan *p, struct buf *out);

/* 0; -EBADMSG; -EPROTONOSUPPORT for a newer format, with ret->format set and nothing else to free. */
int manifest_parse(const char *text, size_t len, struct manifest *ret);
void manifest_done(struct manifest *m);
