/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs collectors as a worker does, in a child, but keeps what they take in memory: to look at, and for later collectors
 * to read. Fails the test where it cannot.
 */
#pragma once

#include "snapshot/collect/collect.h"

#define TAKEN_MAX 128

struct taken {
	struct plan plan; /* to be filled before the first run; roots are /nonexistent until set */
	int fds[CAPTURE_FD_MAX_];
	const struct vocabulary *vocabulary;
	struct ledger_entry lines[TAKEN_MAX];
	char *text[TAKEN_MAX]; /* NULL without a file */
	size_t n;
};

void taken_init(struct taken *t);
void taken_run(struct taken *t, const struct collector *collector);
void taken_run_named(struct taken *t, const char *name);
/* A member as an earlier collector would have made it. */
void taken_put(struct taken *t, const char *member, const char *text);
void taken_put_bytes(struct taken *t, const char *member, const void *data, size_t len);
const struct ledger_entry *taken_line(const struct taken *t, const char *member); /* NULL */
const char *taken_text(const struct taken *t, const char *member);		  /* fails without one */
/* A memory file for a capture descriptor; closed by taken_done(). */
void taken_fd(struct taken *t, enum capture_fd which, const void *data, size_t len);
void taken_done(struct taken *t);
