/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * systemd's readiness and watchdog protocol (sd_notify(3)): datagrams to $NOTIFY_SOCKET. Without that variable nothing
 * happens.
 */
#pragma once

#include <stdint.h>

void notify_ready(void);
void notify_reloading(uint64_t monotonic_ns); /* until notify_ready() */
void notify_stopping(void);
/* To be called once a second or so: tells it three times within the span that the manager gave ($WATCHDOG_USEC), or
 * nothing where it gave none to this process. `*told_ns`: when it was told last, 0 before. */
void notify_watchdog(uint64_t now_ns, uint64_t *told_ns);
