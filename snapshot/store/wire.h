/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine and its writer process say to each other, one message a packet. Never blocks on the engine's side.
 *
 *     OPTIONS (wire_options) first, once
 *     BEGIN id + stage fd,  EXTENT id bytes,  PUBLISH id,  ABANDON id
 *     PUT id = name, bytes = length, + memory file with the text
 */
#pragma once

#include "snapshot/store/writer.h"

enum wire_kind { WIRE_OPTIONS, WIRE_BEGIN, WIRE_EXTENT, WIRE_PUBLISH, WIRE_ABANDON, WIRE_PUT };

struct wire {
	uint32_t kind, reserved;
	uint64_t bytes;
	char id[BUNDLE_ID_MAX + 1];
};

struct wire_options {
	struct store_bounds bounds;
	char store_dir[512], state_dir[512];
};

/* One packet of `len` bytes, with a descriptor unless pass_fd < 0 (it stays the caller's). 0, -EAGAIN, -EPIPE, -errno. */
int wire_send(int socket, const void *message, size_t len, int pass_fd);

/* One packet of exactly `len` bytes; -EPIPE at the end, -EBADMSG for another length, -EAGAIN with MSG_DONTWAIT.
 * *ret_fd (may be NULL) is -1 without one, else the caller's. */
int wire_receive(int socket, void *ret_message, size_t len, int flags, int *ret_fd);
