/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incident bundle: ID.tar.zst. A tar (by libarchive) in which each member — header, data and padding — is a zstd
 * frame of its own with a content checksum, so plain tools open it, one member is read without the rest, and a file cut at
 * any byte still yields every whole member. Last comes a skippable frame with the seek table of zstd's seekable format.
 *
 *     ┌ frame ──────────┬ frame ────────────┬ … ┬ frame ──────────┬ frame ┬ skippable ┐
 *     │ ID/manifest.json│ ID/sysrq/l.txt    │   │ ID/ledger.json  │ 1 KiB │ seek table│
 *     └─────────────────┴───────────────────┴───┴─────────────────┴ zeros ┴───────────┘
 *
 * A bundle is foreign input to whoever opens it: no path leaves the target, no length is believed, memory is bounded.
 */
#pragma once

#include "snapshot/bundle/ledger.h"

#define BUNDLE_FORMAT 1
#define BUNDLE_MEMBER_MAX (UINT64_C(1) << 30) /* of one member, uncompressed */
#define BUNDLE_SUFFIX ".tar.zst"

/* ---- writing ---- */

struct bundle_writer; /* opaque */

/* Writes to fd from its position on; `id` is the directory's name, mtime goes into the headers. */
int bundle_writer_new(int fd, const char *id, uint64_t realtime_ns, struct bundle_writer **ret);

/* One member, one frame, on fd when this returns. Fills sha256 and bytes of `entry` if given. -EEXIST for a name twice. */
int bundle_add(struct bundle_writer *w, const char *member, const void *data, size_t len, struct ledger_entry *entry);
uint64_t bundle_writer_bytes(const struct bundle_writer *w); /* compressed, so far */

/* End of archive and seek table. */
int bundle_finish(struct bundle_writer *w);
struct bundle_writer *bundle_writer_free(struct bundle_writer *w);

/* ---- reading ---- */

struct bundle; /* opaque */

struct bundle_member {
	char name[256]; /* below ID/, "sysrq/l.txt" */
	uint64_t bytes;
	bool whole; /* its frame is there to the end and its checksum fits */
};

/* Opens a file; the frames are found through the seek table, or by walking when there is none (a cut bundle). 0;
 * -EBADMSG when not even the first member can be read; -EPROTONOSUPPORT for a newer format. `ret_error` (may be NULL)
 * gets a sentence for people, at most `size` bytes. */
int bundle_open(const char *path, struct bundle **ret, char *ret_error, size_t size);
const char *bundle_id(const struct bundle *b);
const char *bundle_path(const struct bundle *b);
bool bundle_cut(const struct bundle *b); /* ends before its ledger and index */
size_t bundle_members(const struct bundle *b);
const struct bundle_member *bundle_member(const struct bundle *b, size_t i);
/* The whole text of one member; -ENOENT, -EBADMSG (damaged), -EFBIG over max. Ends in a NUL that is not counted. */
int bundle_read(struct bundle *b, const char *member, size_t max, struct buf *ret);
struct bundle *bundle_close(struct bundle *b);

/* ---- doing ---- */

struct bundle_finding {
	char member[256]; /* "" for the file as a whole */
	char problem[192];
};

/* Every changed or missing byte: seek table, frame checksums, ledger's sizes and sha256, members without a line and lines
 * without a member. 0 clean; the number of findings; -errno when it cannot be read at all. The caller frees. */
int bundle_verify(const char *path, struct bundle_finding **ret_findings);

/* Every whole member below `target`/ID/ (created). Never outside, never through a symlink, never over an existing file.
 * The number of members written, or -errno; with a cut bundle what is whole is written. */
int bundle_extract(struct bundle *b, const char *target);
