/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/manifest.h"
#include "snapshot/bundle/member.h"
#include "snapshot/bundle/open.h"

#include <sodium.h>
#include <stdarg.h>

struct seen {
	char name[BUNDLE_NAME_MAX + 1];
	uint64_t bytes;
	uint8_t sha256[crypto_hash_sha256_BYTES];
};

struct check {
	int fd;
	uint64_t bytes;
	bool indexed; /* the seek table could be used */
	struct frames frames;
	char id[BUNDLE_ID_MAX + 1];
	struct seen *seen; /* whole members in the file's order */
	size_t n_seen;
	uint64_t plain; /* bytes of all members so far, as their headers say */
	struct buf manifest, ledger;
	struct bundle_finding *findings;
	size_t n;
	bool failed; /* out of memory */
};

static void _printf_(3, 4) finding(struct check *c, const char *member, const char *fmt, ...)
{
	struct bundle_finding *more = reallocarray(c->findings, c->n + 1, sizeof(*more));
	c->failed |= !more;
	if (!more)
		return;
	c->findings = more;
	struct bundle_finding *f = &c->findings[c->n++];
	snprintf(f->member, sizeof(f->member), "%s", member);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(f->problem, sizeof(f->problem), fmt, ap);
	va_end(ap);
}

static const char *trouble(int error)
{
	switch (error) {
	case -EFBIG:
		return "larger than a member or a bundle may be, or a decompression bomb";
	case -EPERM:
		return "not a plain file with a plain name below one directory";
	case -ENODATA:
		return "cut short";
	default:
		return "damaged";
	}
}

static int check_index(struct check *c)
{
	uint64_t end = 0;
	int r = seek_table_read(c->fd, c->bytes, &c->frames);
	c->indexed = r == 0;
	if (r != -EBADMSG)
		return r;
	r = frames_walk(c->fd, c->bytes, &c->frames, &end);
	if (r == -EFBIG)
		finding(c, "", "%s", trouble(r));
	else if (r == 0)
		finding(c, "", "no usable index at the end (cut, added to or damaged there); whole up to byte %llu of %llu",
			(unsigned long long)end, (unsigned long long)c->bytes);
	return r == -EFBIG ? 0 : r;
}

static struct buf *keeper(struct check *c, const struct member_reader *m)
{
	if (streq(member_name(m), "manifest.json") && !c->manifest.len && member_bytes(m) <= MANIFEST_BYTES_MAX)
		return &c->manifest;
	if (streq(member_name(m), "ledger.json") && !c->ledger.len && member_bytes(m) <= LEDGER_BYTES_MAX)
		return &c->ledger;
	return NULL;
}

static int digest(struct check *c, struct member_reader *m, uint8_t *ret_sha256)
{
	crypto_hash_sha256_state sha;
	crypto_hash_sha256_init(&sha);
	struct buf *keep = keeper(c, m);
	char chunk[32768];
	ssize_t n;
	while ((n = member_read(m, chunk, sizeof(chunk))) > 0) {
		crypto_hash_sha256_update(&sha, (const uint8_t *)chunk, (size_t)n);
		if (keep)
			buf_add(keep, chunk, (size_t)n);
	}
	crypto_hash_sha256_final(&sha, ret_sha256);
	return n < 0 ? (int)n : member_finish(m);
}

/* Before it is read: each may be as large as a member may be, all of them together no larger than a bundle. */
static int account_for(struct check *c, const struct member_reader *m)
{
	if (c->n_seen >= BUNDLE_MEMBERS_MAX || member_bytes(m) > BUNDLE_PLAIN_MAX - c->plain)
		return -EFBIG;
	c->plain += member_bytes(m);
	return 0;
}

static const struct seen *seen_find(const struct check *c, const char *name)
{
	for (size_t i = 0; i < c->n_seen; i++)
		if (streq(c->seen[i].name, name))
			return &c->seen[i];
	return NULL;
}

static void check_member(struct check *c, struct member_reader *m)
{
	struct seen *s = &c->seen[c->n_seen];
	if (!c->id[0])
		strcpy(c->id, member_id(m));
	if (!streq(c->id, member_id(m)))
		finding(c, member_name(m), "lies below another directory than the rest");
	if (seen_find(c, member_name(m)))
		finding(c, member_name(m), "is there twice");
	int r = account_for(c, m);
	r = r < 0 ? r : digest(c, m, s->sha256);
	if (r < 0) {
		finding(c, member_name(m), "%s", trouble(r));
		return;
	}
	strcpy(s->name, member_name(m));
	s->bytes = member_bytes(m);
	c->n_seen++;
}

/* The end of the archive: zeros, as many as the seek table says, with a checksum that fits. */
static void check_end(struct check *c, size_t i)
{
	const struct frame *f = &c->frames.frame[i];
	struct frame_reader *r = NULL;
	const void *data = NULL;
	uint8_t tail[4] = {0};
	ssize_t n = frame_reader_new(c->fd, f->offset, f->offset + f->compressed, &r);
	if (n == 0)
		n = frame_reader_next(r, &data);
	const char *zeros = data;
	bool ok = n == 1024 && !zeros[0] && !memcmp(zeros, zeros + 1, 1023) && frame_reader_next(r, &data) == 0 &&
		  frame_reader_offset(r) == f->offset + f->compressed && f->plain == 1024 &&
		  read_at(c->fd, f->offset + f->compressed - 4, tail, 4) == 0 && le32(tail) == f->checksum;
	frame_reader_free(r);
	if (!ok)
		finding(c, "", "the end of the archive at byte %llu is damaged", (unsigned long long)f->offset);
	if (i + 2 < c->frames.n && c->indexed)
		finding(c, "", "members stand after the end of the archive");
}

static void check_frame(struct check *c, size_t i)
{
	const struct frame *f = &c->frames.frame[i];
	_cleanup_member_ struct member_reader *m = NULL;
	if (f->skippable)
		return;
	int r = member_open(c->fd, f, &m);
	if (r == -ENOENT)
		check_end(c, i);
	else if (r < 0)
		finding(c, "", "the frame at byte %llu is %s", (unsigned long long)f->offset, trouble(r));
	else
		check_member(c, m);
}

static int file_digest(int fd, uint64_t bytes, uint8_t *ret_sha256)
{
	crypto_hash_sha256_state sha;
	crypto_hash_sha256_init(&sha);
	uint8_t chunk[32768];
	for (uint64_t at = 0; at < bytes; at += sizeof(chunk)) {
		size_t n = (size_t)MIN(bytes - at, (uint64_t)sizeof(chunk));
		int r = read_at(fd, at, chunk, n);
		if (r < 0)
			return r;
		crypto_hash_sha256_update(&sha, chunk, n);
	}
	crypto_hash_sha256_final(&sha, ret_sha256);
	return 0;
}

static bool seal_fits(const struct check *c, const struct frame *f)
{
	uint8_t seal[SEAL_BYTES], sha256[crypto_hash_sha256_BYTES];
	return f->compressed == SEAL_BYTES && f->checksum == FRAME_EMPTY_CHECKSUM &&
	       read_at(c->fd, f->offset, seal, sizeof(seal)) == 0 &&
	       le32(seal) == SEAL_MAGIC && le32(seal + 4) == SEAL_BYTES - 8 &&
	       memcmp(seal + 8, SEAL_TEXT, sizeof(SEAL_TEXT) - 1) == 0 && file_digest(c->fd, f->offset, sha256) == 0 &&
	       memcmp(seal + SEAL_BYTES - sizeof(sha256), sha256, sizeof(sha256)) == 0;
}

static void check_seal(struct check *c)
{
	size_t seals = 0;
	for (size_t i = 0; i < c->frames.n; i++)
		seals += c->frames.frame[i].skippable;
	if (!c->frames.n || !c->indexed)
		return;
	if (!seal_fits(c, &c->frames.frame[c->frames.n - 1]))
		finding(c, "", "the seal does not fit: some byte before it was changed");
	if (seals != 1)
		finding(c, "", "%zu frames that are neither members nor the seal", seals ? seals - 1 : seals);
}

static void check_manifest(struct check *c)
{
	_cleanup_(manifest_done) struct manifest m = {0};
	int r = manifest_parse(buf_str(&c->manifest), c->manifest.len, &m);
	if (!c->n_seen || !streq(c->seen[0].name, "manifest.json"))
		finding(c, "manifest.json", "is missing, or not the first member");
	else if (r == -EPROTONOSUPPORT)
		finding(c, "manifest.json", "has format %u; this tracetrap reads up to %d", m.format, BUNDLE_FORMAT);
	else if (r < 0)
		finding(c, "manifest.json", "is no manifest");
	else if (!streq(m.id, c->id))
		finding(c, "manifest.json", "names another incident than the directory");
}

static void check_line(struct check *c, const struct ledger_entry *e)
{
	const struct seen *s = seen_find(c, e->member);
	if (!s && e->present)
		finding(c, e->member, "is in the ledger, but not in the bundle");
	else if (s && !e->present)
		finding(c, e->member, "is in the bundle, but not according to the ledger");
	else if (s && s->bytes != e->bytes)
		finding(c, e->member, "has %llu bytes, the ledger says %llu", (unsigned long long)s->bytes,
			(unsigned long long)e->bytes);
	else if (s && memcmp(s->sha256, e->sha256, sizeof(s->sha256)) != 0)
		finding(c, e->member, "has another SHA-256 than the ledger says");
}

static void check_ledger(struct check *c)
{
	_cleanup_(ledger_done) struct ledger l = {0};
	if (!c->n_seen || !streq(c->seen[c->n_seen - 1].name, "ledger.json"))
		finding(c, "ledger.json", "is missing, or not the last member");
	else if (ledger_parse(buf_str(&c->ledger), c->ledger.len, &l) < 0)
		finding(c, "ledger.json", "is no ledger");
	else
		for (size_t i = 0; i + 1 < c->n_seen; i++)
			if (!ledger_find(&l, c->seen[i].name))
				finding(c, c->seen[i].name, "has no line in the ledger");
	for (size_t i = 0; i < l.n; i++)
		check_line(c, &l.entries[i]);
}

static int check_all(struct check *c, const char *path)
{
	c->fd = bundle_file_open(path, &c->bytes);
	if (c->fd < 0)
		return c->fd;
	int r = check_index(c);
	if (r < 0)
		return r;
	c->seen = calloc(c->frames.n + 1, sizeof(*c->seen));
	if (!c->seen)
		return -ENOMEM;
	for (size_t i = 0; i < c->frames.n; i++)
		check_frame(c, i);
	check_seal(c);
	check_manifest(c);
	check_ledger(c);
	return c->failed || c->manifest.failed || c->ledger.failed ? -ENOMEM : (int)c->n;
}

int bundle_verify(const char *path, struct bundle_finding **ret_findings)
{
	struct check c = {.fd = -1};
	int r = check_all(&c, path);
	if (r >= 0)
		*ret_findings = take_ptr(c.findings);
	if (c.fd >= 0)
		close(c.fd);
	free(c.findings);
	free(c.seen);
	frames_done(&c.frames);
	buf_done(&c.manifest);
	buf_done(&c.ledger);
	return r;
}
