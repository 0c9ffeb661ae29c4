/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine says to its writer process, one message a packet, with snapshot/wire.h.
 *
 *     struct message_options first, once
 *     BEGIN id max_bytes + stage fd,  EXTENT id bytes,  PUBLISH id,  ABANDON id
 *     PUT id = name of a state file, + memory file with its text
 *     LOG + one line
 *     HISTORY + what hourlog_pending() gave     both behind the message, or in a memory file when there is more
 */
#pragma once

#include "snapshot/store/writer.h"

enum message_kind { MESSAGE_BEGIN, MESSAGE_EXTENT, MESSAGE_PUBLISH, MESSAGE_ABANDON, MESSAGE_PUT, MESSAGE_LOG, MESSAGE_HISTORY };

struct message {
	uint32_t kind, reserved;
	uint64_t bytes;
	char id[BUNDLE_ID_MAX + 1];
};

#define MESSAGE_TAIL_MAX 4096U

/* A LOG or HISTORY that carries its bytes; as long as they are. */
struct message_tailed {
	struct message m;
	char tail[MESSAGE_TAIL_MAX];
};

struct message_options {
	struct store_bounds bounds;
	struct hours_bounds history_bounds;
	bool history;
	char store_dir[512], state_dir[512];
};
