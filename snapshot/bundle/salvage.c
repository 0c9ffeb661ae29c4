/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/manifest.h"
#include "snapshot/bundle/member.h"
#include "snapshot/bundle/open.h"

#include <inttypes.h>

struct salvage {
	struct bundle *from;
	struct bundle_writer *to;
	struct ledger ledger;
	bool had_ledger;
	int rescued;
};

/* A foreign ledger may speak of a member twice, or of itself. */
static void drop_odd_lines(struct ledger *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->n; i++)
		if (!streq(l->entries[i].member, "ledger.json") && ledger_find(l, l->entries[i].member) == &l->entries[i])
			l->entries[kept++] = l->entries[i];
	l->n = kept;
}

static void read_ledger(struct salvage *s)
{
	_cleanup_buf_ struct buf text = {0};
	s->had_ledger = bundle_read(s->from, "ledger.json", LEDGER_BYTES_MAX, &text) == 0 &&
			ledger_parse(text.data, text.len, &s->ledger) == 0;
	drop_odd_lines(&s->ledger);
}

static int begin(struct salvage *s, int fd)
{
	_cleanup_buf_ struct buf text = {0};
	struct manifest m = {0};
	int r = bundle_read(s->from, "manifest.json", MANIFEST_BYTES_MAX, &text);
	if (r == 0)
		r = manifest_parse(text.data, text.len, &m);
	if (r < 0)
		return r == -ENOENT ? -EBADMSG : r;
	if (!s->had_ledger)
		s->ledger.fired_ns = m.fired_ns;
	r = bundle_writer_new(fd, m.id, m.clocks.realtime, &s->to);
	manifest_done(&m);
	return r == -EINVAL ? -EBADMSG : r;
}

static struct ledger_entry *line_of(struct salvage *s, const char *member)
{
	struct ledger_entry *e = (struct ledger_entry *)ledger_find(&s->ledger, member);
	if (e || !(e = ledger_add(&s->ledger, member)))
		return e;
	snprintf(e->collector, sizeof(e->collector), "salvage");
	snprintf(e->reason, sizeof(e->reason), "whole, but the ledger that said how it was taken is lost");
	return e;
}

static int write_off(struct salvage *s, const char *member, const char *why)
{
	struct ledger_entry *e = line_of(s, member);
	if (!e)
		return -ENOMEM;
	e->state = MEMBER_FAILED;
	e->present = false;
	e->bytes = 0;
	snprintf(e->reason, sizeof(e->reason), "%s", why);
	return 0;
}

static int rescue(struct salvage *s, const char *member)
{
	_cleanup_buf_ struct buf data = {0};
	int r = bundle_read(s->from, member, BUNDLE_MEMBER_MAX, &data);
	if (r == -EBADMSG || r == -EFBIG || r == -ENODATA || r == -ENOENT)
		return write_off(s, member, "damaged in the file it was salvaged from");
	struct ledger_entry *e = r == 0 ? line_of(s, member) : NULL;
	if (!e)
		return r < 0 ? r : -ENOMEM;
	s->rescued++;
	return bundle_add(s->to, member, data.data, data.len, e);
}

static int rescue_all(struct salvage *s)
{
	int r = rescue(s, "manifest.json");
	for (size_t i = 0; r == 0 && i < s->from->n; i++) {
		const char *name = s->from->members[i].name;
		if (!streq(name, "ledger.json") && !streq(name, "manifest.json"))
			r = rescue(s, name);
	}
	return r;
}

/* What the old ledger knew of and the file no longer has; without one, that the rest is unknown. */
static int account_for_rest(struct salvage *s)
{
	char why[160];
	for (size_t i = 0; i < s->ledger.n; i++)
		if (s->ledger.entries[i].present && bundle_find(s->from, s->ledger.entries[i].member) < 0)
			write_off(s, s->ledger.entries[i].member, "not in the file it was salvaged from");
	if (s->had_ledger)
		return 0;
	snprintf(why, sizeof(why), "the file of %" PRIu64 " bytes was cut or damaged; what came after its %d whole members is lost",
		 s->from->bytes, s->rescued);
	return write_off(s, "rest-of-bundle", why);
}

static int finish(struct salvage *s)
{
	_cleanup_buf_ struct buf text = {0};
	int r = ledger_json(&s->ledger, &text);
	if (r == 0)
		r = bundle_add(s->to, "ledger.json", text.data, text.len, NULL);
	return r == 0 ? bundle_finish(s->to) : r;
}

int bundle_salvage(struct bundle *b, int fd)
{
	struct salvage s = {.from = b};
	read_ledger(&s);
	int r = begin(&s, fd);
	if (r == 0)
		r = rescue_all(&s);
	if (r == 0)
		r = account_for_rest(&s);
	if (r == 0)
		r = finish(&s);
	bundle_writer_free(s.to);
	ledger_done(&s.ledger);
	return r < 0 ? r : s.rescued;
}
