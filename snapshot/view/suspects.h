/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may be to blame: names with a score from 0 to 1 (a share of what went wrong, or near 1 for what an event itself
 * names) and the sentences that say why. Pure. Names are foreign bytes; whoever shows them escapes them.
 */
#pragma once

#include "engine/base/buf.h"

#define SUSPECT_LEAST 0.2 /* below that share nobody stands out */
#define SUSPECTS_MAX 64
#define SUSPECTS_SHOWN 8

struct suspect {
	const char *kind; /* task, function, wait, device, cgroup, bond */
	char name[256];
	uint32_t pid; /* 0: none, or several */
	double score;
	char evidence[512];
};

struct suspects {
	struct suspect list[SUSPECTS_MAX];
	size_t n;
};

/* The same kind and name again keeps the higher score and adds its sentence. Scores under SUSPECT_LEAST are left out. */
void suspects_add(struct suspects *s, const char *kind, const char *name, uint32_t pid, double score, const char *evidence, ...)
	_printf_(6, 7);
/* Highest first. */
void suspects_sort(struct suspects *s);

/* Weights by name, for shares. */
struct tally_row {
	char name[128];
	uint32_t pid; /* of the heaviest addition */
	uint32_t times;
	uint64_t weight, heaviest;
};

struct tally {
	struct tally_row *rows;
	size_t n, cap;
	uint64_t total;
};

void tally_add(struct tally *t, const char *name, size_t len, uint32_t pid, uint64_t weight);
/* Merges equal names; heaviest first. */
void tally_settle(struct tally *t);
double tally_share(const struct tally *t, size_t i);
void tally_done(struct tally *t);
