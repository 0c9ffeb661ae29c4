/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/block.h"

#include "engine/detect/file.h"

void block_errnos(uint8_t ret[BLOCK_STATUS_MAX])
{
	static const uint8_t errors[] = {0,	  EOPNOTSUPP, ETIMEDOUT, ENOSPC, ENOLINK, EREMOTEIO, EBADE,
					 ENODATA, EILSEQ,     ENOMEM,	 EIO,	 EREMCHG, EAGAIN,    EBUSY};
	for (size_t i = 0; i < BLOCK_STATUS_MAX; i++)
		ret[i] = i < ARRAY_SIZE(errors) ? errors[i] : EIO;
}

bool block_completes_with_errno(const struct btf *btf)
{
	return detector_tracepoint_takes(btf, "block_rq_complete", 1, "blk_status_t") != 1;
}

void block_finish(const struct detector *d, const char disk[EVENT_NAME_LEN], struct event_file *file,
		  char entity[ENTITY_NAME_MAX])
{
	_cleanup_buf_ struct buf mounts = {0};
	snprintf(entity, ENTITY_NAME_MAX, "%.*s", EVENT_NAME_LEN, disk);
	if (file->path[0] == '/' && file_read_mounts(d->world->proc_root, &mounts) >= 0)
		file_add_mount(buf_str(&mounts), file);
}
