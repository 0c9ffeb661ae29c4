/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One bundle on its way from the stage to the store, inside the writer process. The stage may still grow while its first
 * frames are already on disk: after a crash they are what is left.
 */
#pragma once

#include "snapshot/store/message.h"

struct outgoing {
	struct outgoing *next;
	char id[BUNDLE_ID_MAX + 1];
	int stage, fd;	 /* fd is locked while it is written: others see "writing" */
	uint64_t copied, wanted;
	uint64_t max_bytes; /* that it may grow to; 0: not said */
	bool has_end;
	enum message_kind end;
	int error; /* of the last attempt; tried once more at the end */
};

/* Opens ID.tar.zst.partial below the store; takes over the stage. NULL and *ret_error, the stage closed. */
struct outgoing *outgoing_new(int store, const char *id, int stage, int *ret_error);
/* Brings what is wanted onto the disk, fdatasync included. The bytes copied now, or -errno. */
int64_t outgoing_copy(struct outgoing *o);
/* All on disk, renamed, directory synced; -ENODATA when the stage has less than was wanted. */
int outgoing_publish(struct outgoing *o, int store);
struct outgoing *outgoing_free(struct outgoing *o);
