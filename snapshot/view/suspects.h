/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may be to blame: names with a score (the share that is theirs of what was measured, 0 to 1; 1 for what an event itself
 * names), what such evidence counts for beside other evidence, and a sentence that says why. Pure. Names are foreign bytes;
 * whoever shows them escapes them.
 */
#pragma once

#include "engine/base/buf.h"

#define SUSPECT_LEAST 0.2 /* below that share nobody stands out */
#define SUSPECT_LEAST_FUNCTION 0.1 /* the time of one path ends in several functions */
#define SUSPECTS_MAX 64
#define SUSPECTS_SHOWN 8

/* What evidence counts for: suspects are ranked by score × standing. Who did what the rule watches comes before the place
 * where it was done, unless that stands out twice as much; what merely happened beside it comes last. */
#define STANDING_DEED 1.0
#define STANDING_PLACE 0.5
#define STANDING_BESIDE 0.25

struct suspect {
	const char *kind; /* task, function, wait, device, cgroup, bond */
	char name[256];
	uint32_t pid;	/* 0: none; of several, the one with the most */
	uint32_t tasks; /* how many tasks of that name; 0 or 1: one */
	double score, standing;
	char evidence[512];
	unsigned sentences; /* in evidence */
};

struct suspects {
	struct suspect list[SUSPECTS_MAX];
	size_t n;
};

/* What is known of whom; the strings are copied, but for `kind`. */
struct charge {
	const char *kind, *name;
	uint32_t pid, tasks;
	double score, standing;
};

/* A sentence without its full stop. The same kind and name again keeps what ranks higher and adds its sentence, two of them
 * at most: what weighs most is to come first. Scores below the least are left out. */
void suspects_add(struct suspects *s, const struct charge *charge, const char *evidence, ...) _printf_(3, 4);
/* Highest rank first. */
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
