/* SPDX-License-Identifier: GPL-2.0-only */
/* What the detectors of block requests have in common; the user's side of bpf/lib/block.bpf.h. */
#pragma once

#include "engine/detect/detector.h"

#define BLOCK_STATUS_MAX 32

/* The errno that the block layer makes of each BLK_STS_*. Up to BLK_STS_DEV_RESOURCE (13) the numbers are the same in all
 * kernels; later ones moved, and are EIO here. */
void block_errnos(uint8_t ret[BLOCK_STATUS_MAX]);

/* The error of block_rq_complete is still an errno: before 8a7d267b4a2d (5.16). */
bool block_completes_with_errno(const struct btf *btf);

/* Fills what the kernel's side asks of an opened object's .rodata. */
#define block_tell(d, bpf_)                                                                        \
	({                                                                                         \
		block_errnos((bpf_)->rodata->status_errno);                                        \
		(bpf_)->rodata->error_is_errno = block_completes_with_errno((d)->world->btf);      \
	})

/* The disk is the record's entity; its file gets the mount point that it lies under. */
void block_finish(const struct detector *d, const char disk[EVENT_NAME_LEN], struct event_file *file,
		  char entity[ENTITY_NAME_MAX]);
