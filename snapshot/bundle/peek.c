/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/manifest.h"
#include "snapshot/bundle/member.h"
#include "snapshot/bundle/open.h"

/* The member in this frame if it has that name; `finish` where the frame's length is known. */
static bool read_named(int fd, const struct frame *f, const char *name, size_t max, bool finish, struct buf *ret)
{
	_cleanup_member_ struct member_reader *m = NULL;
	if (f->skippable || member_open(fd, f, &m) < 0 || !streq(member_name(m), name))
		return false;
	bool ok = member_content(m, max, ret) == 0 && (!finish || member_finish(m) == 0);
	if (!ok)
		buf_clear(ret);
	return ok;
}

static void peek_indexed(int fd, const struct frames *f, struct buf *ret_manifest, struct buf *ret_ledger)
{
	read_named(fd, &f->frame[0], "manifest.json", MANIFEST_BYTES_MAX, true, ret_manifest);
	for (size_t back = 1; back <= MIN(f->n, (size_t)3); back++)
		if (read_named(fd, &f->frame[f->n - back], "ledger.json", LEDGER_BYTES_MAX, true, ret_ledger))
			return;
}

int bundle_peek(const char *path, struct buf *ret_manifest, struct buf *ret_ledger, uint64_t *ret_bytes)
{
	_cleanup_(frames_done) struct frames f = {0};
	uint64_t bytes;
	_cleanup_close_ int fd = bundle_file_open(path, &bytes);
	if (fd < 0)
		return fd;
	*ret_bytes = bytes;
	if (seek_table_read(fd, bytes, &f) == 0) {
		peek_indexed(fd, &f, ret_manifest, ret_ledger);
		return 0;
	}
	struct frame first = {.compressed = (uint32_t)MIN(bytes, (uint64_t)UINT32_MAX)};
	read_named(fd, &first, "manifest.json", MANIFEST_BYTES_MAX, /* finish= */ false, ret_manifest);
	return 0;
}
