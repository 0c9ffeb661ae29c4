/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking the running daemon, for the commands that do: one request, its answer or a sentence about what went wrong. */
#pragma once

#include "engine/base/buf.h"

/* EXIT_OK with the answer's JSON; else the message is on stderr and the exit status is returned. */
int ask_daemon(const char *command, const char *run_dir, const char *request, struct buf *ret_answer);
