/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log as /dev/kmsg gives it: one record a read, numbered without gaps; a reader that is overtaken by the log's
 * own turn gets EPIPE and goes on at the oldest record left, and the jump of the numbers is what it lost.
 */
#pragma once

#include "snapshot/collect/collect.h"

#define KMSG_RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX: a longer record is an error of the kernel's own */

struct kmsg_record {
	uint64_t seq, t_us; /* of the kernel's local_clock, since boot */
	unsigned level, facility;
	const char *text; /* borrowed, not NUL-terminated; control bytes are \xNN as the kernel escapes them */
	size_t len;
};

/* "prio,seq,time_us,flags[,…];text\n KEY=value\n…": false when it is not that. */
bool kmsg_parse(const char *record, size_t len, struct kmsg_record *ret);

struct kmsg {
	int fd;
	uint64_t next_seq; /* 0: none was read yet */
	uint64_t lost;
	char record[KMSG_RECORD_MAX];
};

/* /dev/kmsg of the machine whose proc root this is, at the oldest record or behind the newest. -errno. */
int kmsg_open(struct kmsg *k, int proc_dirfd, bool at_end);
/* 1 with a record that borrows from `k`, 0 when there is none for now, -errno. Gaps are added to k->lost. */
int kmsg_next(struct kmsg *k, struct kmsg_record *ret);
void kmsg_close(struct kmsg *k);

/* "4711 [   12.345678] kern.warn text\n" */
void kmsg_print(FILE *to, const struct kmsg_record *r);

/*
 * Our marks in the log around a sysrq dump; whoever reads the log knows by them what was our own doing.
 *
 *     tracetrap: sysrq-w begin ID … tracetrap: sysrq-w end ID
 */
#define KMSG_DUMP_NS UINT64_C(15000000000) /* the deadline of a sysrq collector, and some */

enum kmsg_mark { KMSG_NO_MARK, KMSG_BEGIN, KMSG_END };
/* What the kernel wrote is no mark, whatever it says. */
enum kmsg_mark kmsg_mark_of(const struct kmsg_record *r, char *ret_letter);
/* Whether a mark is of that incident. */
bool kmsg_mark_is_of(const struct kmsg_record *r, const char *id);
/* Writes one; the log's descriptor must be open for writing. */
int kmsg_mark(int fd, enum kmsg_mark mark, char letter, const char *id);

/* The log without the dumps of one incident, which stand in its sysrq/X.txt; those of others stay. A mark without an end
 * hides for KMSG_DUMP_NS at most. What is hidden is counted where it stood. */
struct kmsg_filter {
	const char *id;
	char letter; /* 0: not inside a dump */
	unsigned lines;
	uint64_t until_us;
};

void kmsg_filter_print(struct kmsg_filter *f, FILE *to, const struct kmsg_record *r);
/* At the end of the log. */
void kmsg_filter_end(struct kmsg_filter *f, FILE *to);
