/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of bundles: who is there, which one is meant, what has to go. Bundles are 0640, the directory 0750.
 * Reading functions are for commands; publication and eviction are done by the writer process (writer.h) alone.
 */
#pragma once

#include "snapshot/bundle/bundle.h"

#define STORE_PARTIAL ".partial" /* behind BUNDLE_SUFFIX while it is not published */
#define STORE_PIN ".pin"	 /* ID.pin: an empty file that keeps ID from eviction */
#define STORE_JOURNAL "journal"	 /* a JSON line for each publication and eviction */

struct store_row {
	char id[128], rule[128], severity[16], entity_kind[16], entity[256];
	char **rules; /* every rule that fired into it */
	size_t n_rules;
	char fired_at[40]; /* RFC 3339 */
	uint64_t fired_realtime_ns;
	char state[16]; /* complete | partial (members missing) | cut (needs salvage) | writing */
	char path[512];
	uint64_t bytes;
	bool pinned, drill;
};

/* All bundles, oldest first. The caller frees with store_rows_free(). */
int store_list(const char *dir, struct store_row **ret, size_t *ret_n);
struct store_row *store_rows_free(struct store_row *rows, size_t n);

/* Whether a file's name is that of a bundle, published or partial, and of which. */
bool store_is_bundle(const char *file, bool *ret_partial, char *ret_id, size_t size);

/* What a person typed — an id, a unique prefix, a path, @last — as a path. -ENOENT, -ENOTUNIQ; `ret_error` gets a sentence. */
int store_resolve(const char *dir, const char *word, char *ret_path, size_t path_size, char *ret_error, size_t error_size);

/* Which to evict so that `need` more bytes fit: pure. Rows are oldest first. What is older than max_age goes, unless pinned.
 * For space, the first and the biggest of each rule, the newest of all, pinned ones and those being written stay; else the
 * oldest of a rule that uses more than its share goes first, then the oldest. Marks rows[i] in ret_evict; false when even
 * that does not make room. A bound of 0 is none. */
struct store_bounds {
	uint64_t max_use, keep_free, max_age_ns;
};
bool store_plan_eviction(const struct store_row *rows, size_t n, const struct store_bounds *bounds, uint64_t free_bytes,
			 uint64_t need, uint64_t now_realtime_ns, bool *ret_evict);
