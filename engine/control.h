/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket, RUN_DIR/control.sock: one packet in (a JSON object, at most 4 KiB), one packet back (a status word),
 * with the answer's JSON in a memory file passed beside it, so that a slow client can never block the daemon.
 *
 *     {"command": "reload"}                                        root, the daemon's user, group tracetrap
 *     {"command": "status"}                                        the same
 *     {"command": "why", "rule": R, "entity": E}                   the same
 *     {"command": "trigger", "rule": R, "entity": E, "dry_run": B} anyone; outsiders together 4, then 1 per 15 min
 *
 * Who asks is read from the socket (SO_PEERCRED, SO_PEERGROUPS), never from the request. At most 16 clients are kept; one
 * more closes the oldest.
 */
#pragma once

#include "engine/engine.h"
#include "engine/loop.h"

#define CONTROL_REQUEST_MAX 4096
#define CONTROL_GROUP "tracetrap"

struct control; /* opaque */

int control_new(struct engine *engine, struct loop *loop, const char *run_dir, struct control **ret);
struct control *control_free(struct control *c);

/* The other side, for commands: sends a request and waits for the answer. 0 with its JSON; -ECONNREFUSED or -ENOENT when
 * no daemon listens; -EACCES, -EINVAL, -ENOENT… as the daemon answered, with its sentence in `ret_answer`. */
int control_ask(const char *run_dir, const char *request, struct buf *ret_answer);
