/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Typed fetches from a YAML tree. Each returns false after it has reported what is wrong and what would be right, and
 * then leaves its output alone, so that a caller sets defaults first and goes on to find the next mistake.
 */
#pragma once

#include "rules/text/quantity.h"
#include "rules/text/yaml.h"

/* The value of a key, NULL when it is not there. */
const struct node *node_get(const struct node *map, const char *key);

/* "a list", "a mapping", "'text'": for messages; cut to what fits a line. */
const char *node_describe(const struct node *n, char *text, size_t size);

bool node_is_mapping(const struct node *n, const char *what, struct diagnostics *d);
bool node_is_sequence(const struct node *n, const char *what, struct diagnostics *d);

/* Reports each key that is not among names[0..n), with the nearest; `where` is "a rule", "arm", "store". */
bool node_check_keys(const struct node *map, const char *where, const char *const *names, size_t n,
		     struct diagnostics *d);

/* Text is the arena's. */
bool node_string(const struct node *n, struct diagnostics *d, const char **ret);
bool node_bool(const struct node *n, struct diagnostics *d, bool *ret); /* true, false, yes, no, on, off */
bool node_u64(const struct node *n, struct diagnostics *d, uint64_t *ret);
bool node_double(const struct node *n, struct diagnostics *d, double *ret); /* a bare number */
bool node_quantity(const struct node *n, struct diagnostics *d, struct quantity *ret);
bool node_bytes(const struct node *n, struct diagnostics *d, uint64_t *ret);	/* 32MiB; a bare number is bytes */
bool node_duration(const struct node *n, struct diagnostics *d, uint64_t *ret_ns); /* 500ms, 60s, 1h; 0 */
/* The index of the word in names[0..n). */
bool node_choice(const struct node *n, const char *const *names, size_t n_names, struct diagnostics *d, unsigned *ret);
/* A list of texts; a single text counts as a list of one. */
bool node_strings(const struct node *n, struct arena *arena, struct diagnostics *d, const char *const **ret,
		  size_t *ret_n);
