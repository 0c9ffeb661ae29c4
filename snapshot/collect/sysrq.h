/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own dumps, by /proc/sysrq-trigger, and what stands for them where there is none or where asking would be
 * harmful. Private to sysrq.c, substitute.c and their tests.
 */
#pragma once

#include "snapshot/collect/collect.h"

/* Whether text would go to a console that prints slower than the kernel writes (a serial line): `consoles` is
 * /proc/consoles. The name of such a console goes to ret_name; false when there is none. */
bool sysrq_slow_console(const char *consoles, char *ret_name, size_t size);
/* Whether the dump of this letter is printed at all: `printk` is /proc/sys/kernel/printk. */
bool sysrq_is_printed(const char *printk, bool ignore_loglevel, char letter);

/* Takes the dump into sysrq/LETTER.txt; 0 or -errno. */
int sysrq_take(struct collect *c, char letter);

/* The same facts without sysrq, by iterator, samples and /proc, as sysrq/LETTER.txt with that ledger state; `why` becomes
 * its first line and its reason. */
int sysrq_substitute(struct collect *c, char letter, enum member_state state, const char *why);
