/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incident bundle: ID.tar.zst. A tar (by libarchive) in which each member — header, data and padding — is a zstd
 * frame of its own with a content checksum, so plain tools open it, one member is read without the rest, and a file cut at
 * any byte still yields every whole member. Then come two skippable frames: the seal, a digest of all before it, and the
 * seek table of zstd's seekable format.
 *
 *     ┌ frame ──────────┬ frame ────────────┬ … ┬ frame ──────────┬ frame ┬ skippable ┬ skippable ┐
 *     │ ID/manifest.json│ ID/sysrq/l.txt    │   │ ID/ledger.json  │ 1 KiB │ seal      │ seek table│
 *     └─────────────────┴───────────────────┴───┴─────────────────┴ zeros ┴───────────┴───────────┘
 *
 * A bundle is foreign input to whoever opens it: no path leaves the target, no length is believed, memory is bounded.
 */
#pragma once

#include "snapshot/bundle/ledger.h"

#define BUNDLE_FORMAT 1
#define BUNDLE_MEMBER_MAX (UINT64_C(1) << 30) /* of one member, uncompressed */
#define BUNDLE_PLAIN_MAX (UINT64_C(4) << 30)  /* of all members together, uncompressed */
#define BUNDLE_MEMBERS_MAX 4096
#define BUNDLE_NAME_MAX 159 /* of a member, below ID/ */
#define BUNDLE_ID_MAX 127
#define BUNDLE_SUFFIX ".tar.zst"

/* Letters, digits and ._-+=,:@%~ in parts between slashes, none of them empty, "." or ".."; an id is one such part. */
bool bundle_name_ok(const char *member);
bool bundle_id_ok(const char *id);
/* Makes a name out of foreign text: every other character but '/' becomes '_'. */
void bundle_name_clean(char *name);

/* ---- writing ---- */

struct bundle_writer; /* opaque */

/* Writes to fd from its position on; `id` is the directory's name, mtime goes into the headers. */
int bundle_writer_new(int fd, const char *id, uint64_t realtime_ns, struct bundle_writer **ret);

/* Bytes the members may take, compressed; what no longer fits is -ENOSPC and leaves the bundle as it was. Unlimited
 * unless called; may be called again, to keep room for the ledger. bundle_finish() is not bound by it. */
void bundle_writer_limit(struct bundle_writer *w, uint64_t max_bytes);

/* One member, one frame, on fd when this returns. Fills sha256, bytes and present of `entry` if given. -EEXIST for a name
 * twice, -EINVAL for a bad one, -EFBIG, -E2BIG beyond the bounds above, -ENOSPC: the bundle is as it was and goes on.
 * After an error of writing to fd every later call fails too. */
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
	bool whole; /* its frame is there to the end; whether its checksum fits shows when it is read */
};

/* Opens a file; the frames are found through the seek table, or by walking when there is none (a cut bundle). 0;
 * -EBADMSG when not one member can be read; -EFBIG beyond the bounds above; -EPROTONOSUPPORT for a newer format.
 * `ret_error` (may be NULL) gets a sentence for people, at most `size` bytes. */
int bundle_open(const char *path, struct bundle **ret, char *ret_error, size_t size);
const char *bundle_id(const struct bundle *b);
const char *bundle_path(const struct bundle *b);
bool bundle_cut(const struct bundle *b); /* has no usable index: cut, still being written, or damaged there */
size_t bundle_members(const struct bundle *b);
const struct bundle_member *bundle_member(const struct bundle *b, size_t i);
/* The whole text of one member; -ENOENT, -EBADMSG (damaged), -EFBIG over max. Ends in a NUL that is not counted. */
int bundle_read(struct bundle *b, const char *member, size_t max, struct buf *ret);
struct bundle *bundle_close(struct bundle *b);

/* For a listing: the manifest and the ledger alone, without looking at what lies between. Either stays empty when it cannot
 * be read; a bundle without index has no ledger here. 0 or -errno of opening. */
int bundle_peek(const char *path, struct buf *ret_manifest, struct buf *ret_ledger, uint64_t *ret_bytes);

/* ---- doing ---- */

struct bundle_finding {
	char member[256]; /* "" for the file as a whole */
	char problem[192];
};

/* Every changed or missing byte: seek table, frame checksums, ledger's sizes and sha256, members without a line and lines
 * without a member. 0 clean; the number of findings; -errno when it cannot be read at all. The caller frees. */
int bundle_verify(const char *path, struct bundle_finding **ret_findings);

/* Every whole member below `target`/ID/ (ID is created, `target` is there). Never outside, never through a symlink, never over an existing file.
 * The number of members written, or -errno; with a cut bundle what is whole is written. */
int bundle_extract(struct bundle *b, const char *target);

/* Writes the whole members as a valid bundle to fd, with a ledger that names what was lost. The number of members rescued;
 * -EBADMSG without a readable manifest (extract what there is instead). */
int bundle_salvage(struct bundle *b, int fd);
