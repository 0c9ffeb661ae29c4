/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own dumps, by /proc/sysrq-trigger, and what stands for them where there is none or where asking would be
 * harmful. Private to sysrq.c, substitute.c and their tests.
 */
#pragma once

#include "snapshot/collect/kmsg.h"

/* Whether text would go to a console that prints slower than the kernel writes (a serial line): `consoles` is
 * /proc/consoles. The name of such a console goes to ret_name; false when there is none. */
bool sysrq_slow_console(const char *consoles, char *ret_name, size_t size);
/* Whether the dump of this letter is printed at all: `printk` is /proc/sys/kernel/printk. */
bool sysrq_is_printed(const char *printk, bool ignore_loglevel, char letter);

/* A dump on its way from the log into sysrq/LETTER.txt, which is opened for its first line: what was read of it by the
 * deadline is there. */
struct sysrq_dump {
	struct collect *c;
	const char *id; /* of the incident, in our marks */
	char letter;
	bool inside, over;
	bool is_open;
	FILE *to; /* NULL also when it could not be opened */
	unsigned lines;
	uint64_t lost; /* between our marks */
};

/* Takes everything there is now; false on an error of the log. */
bool sysrq_dump_drain(struct sysrq_dump *d, struct kmsg *log);
/* `error` is the pulling's. 0 when the member is told of; else nothing came: that error, or -ENODATA. */
int sysrq_dump_close(struct sysrq_dump *d, int error);

/* Takes the dump into sysrq/LETTER.txt; 0 or -errno. */
int sysrq_take(struct collect *c, char letter);

/* The same facts without sysrq, by iterator, samples and /proc, as sysrq/LETTER.txt with that ledger state; `why` becomes
 * its first line and its reason. */
int sysrq_substitute(struct collect *c, char letter, enum member_state state, const char *why);
