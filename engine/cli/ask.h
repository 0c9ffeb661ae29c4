/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking the running daemon, for the commands that do: one request, its answer or a sentence about what went wrong. */
#pragma once

#include "engine/base/buf.h"

#include <json-c/json.h>

/* EXIT_OK with the answer's JSON; else the message is on stderr and the exit status is returned. */
int ask_daemon(const char *command, const char *run_dir, const char *request, struct buf *ret_answer);

/* Says why control_ask() returned r; the exit status. */
int ask_failed(const char *command, const char *run_dir, int r, const struct buf *answer);

/* A member of the answer, of whatever type, as a table shows it: "-" when it is null or not there. Borrowed from `o`. */
const char *ask_text(const struct json_object *o, const char *key);
