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
void notify_watchdog(void);
