/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/ledger.h"

#include "snapshot/bundle/json.h"

#include <sodium.h>

#define LEDGER_FORMAT 1
#define LEDGER_ENTRIES_MAX 8192 /* what a foreign ledger may make us allocate: about 4 MiB */

static const char *const states[MEMBER_STATE_MAX_] = {
	[MEMBER_COMPLETE] = "complete", [MEMBER_PARTIAL] = "partial",	      [MEMBER_TRUNCATED] = "truncated",
	[MEMBER_LOSSY] = "lossy",	[MEMBER_TIMEOUT] = "timeout",	      [MEMBER_DENIED] = "denied",
	[MEMBER_UNSUPPORTED] = "unsupported", [MEMBER_SKIPPED] = "skipped", [MEMBER_FAILED] = "failed",
};

const char *member_state_name(enum member_state s)
{
	return states[s];
}

int member_state_of(const char *name)
{
	for (int i = 0; i < MEMBER_STATE_MAX_; i++)
		if (streq(states[i], name))
			return i;
	return -1;
}

bool member_state_is_gap(enum member_state s)
{
	return s != MEMBER_COMPLETE && s != MEMBER_PARTIAL && s != MEMBER_UNSUPPORTED && s != MEMBER_SKIPPED;
}

/* Makes room for one more in an array that grows by powers of two. */
static bool grow(void **array, size_t n, size_t size)
{
	if (n & (n - 1))
		return true;
	void *more = reallocarray(*array, n ? 2 * n : 1, size);
	if (more)
		*array = more;
	return more;
}

struct ledger_entry *ledger_add(struct ledger *l, const char *member)
{
	if (!grow((void **)&l->entries, l->n, sizeof(*l->entries)))
		return NULL;
	struct ledger_entry *e = &l->entries[l->n++];
	*e = (struct ledger_entry){0};
	snprintf(e->member, sizeof(e->member), "%s", member);
	return e;
}

const struct ledger_entry *ledger_find(const struct ledger *l, const char *member)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->entries[i].member, member))
			return &l->entries[i];
	return NULL;
}

int ledger_add_firing(struct ledger *l, const struct ledger_firing *f)
{
	if (!grow((void **)&l->joined, l->n_joined, sizeof(*l->joined)))
		return -ENOMEM;
	l->joined[l->n_joined++] = *f;
	return 0;
}

static struct json_object *entry_object(const struct ledger_entry *e)
{
	struct json_object *o = json_object_new_object();
	json_add_text(o, "member", e->member);
	json_add_text(o, "collector", e->collector);
	json_add_text(o, "state", states[e->state]);
	if (e->reason[0])
		json_add_text(o, "reason", e->reason);
	if (e->present) {
		char hex[2 * sizeof(e->sha256) + 1];
		json_add_number(o, "bytes", e->bytes);
		json_add_text(o, "sha256", sodium_bin2hex(hex, sizeof(hex), e->sha256, sizeof(e->sha256)));
	}
	if (e->begin_ns || e->end_ns) {
		json_add_number(o, "begin_ns", e->begin_ns);
		json_add_number(o, "end_ns", e->end_ns);
	}
	if (e->cpu_ns)
		json_add_number(o, "cpu_ns", e->cpu_ns);
	if (e->lost)
		json_add_number(o, "lost", e->lost);
	return o;
}

static struct json_object *firing_object(const struct ledger_firing *f)
{
	struct json_object *o = json_object_new_object(), *who = json_object_new_object();
	json_add_text(o, "rule", f->rule);
	json_add_text(who, "kind", f->entity_kind);
	json_add_text(who, "name", f->entity);
	json_object_object_add(o, "entity", who);
	json_add_number(o, "fired_ns", f->fired_ns);
	return o;
}

int ledger_json(const struct ledger *l, struct buf *out)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	struct json_object *joined = json_object_new_array(), *members = json_object_new_array();
	for (size_t i = 0; i < l->n_joined; i++)
		json_object_array_add(joined, firing_object(&l->joined[i]));
	for (size_t i = 0; i < l->n; i++)
		json_object_array_add(members, entry_object(&l->entries[i]));
	json_add_number(o, "format", LEDGER_FORMAT);
	json_add_number(o, "fired_ns", l->fired_ns);
	json_add_number(o, "first_member_ns", l->first_member_ns);
	json_add_number(o, "done_ns", l->done_ns);
	json_object_object_add(o, "joined", joined);
	json_object_object_add(o, "members", members);
	return json_print(o, out);
}

static bool entry_parse(struct ledger *l, const struct json_object *o)
{
	char member[sizeof(l->entries->member)], state[32], hex[2 * 32 + 1];
	if (!json_text(o, "member", member, sizeof(member)) || !json_text(o, "state", state, sizeof(state)) ||
	    member_state_of(state) < 0)
		return false;
	struct ledger_entry *e = ledger_add(l, member);
	if (!e)
		return false;
	e->state = (enum member_state)member_state_of(state);
	json_text_cut(o, "collector", e->collector, sizeof(e->collector));
	json_text_cut(o, "reason", e->reason, sizeof(e->reason));
	e->bytes = json_number(o, "bytes");
	e->begin_ns = json_number(o, "begin_ns");
	e->end_ns = json_number(o, "end_ns");
	e->cpu_ns = json_number(o, "cpu_ns");
	e->lost = json_number(o, "lost");
	e->present = json_member(o, "sha256");
	size_t len = 0;
	return !e->present || (json_text(o, "sha256", hex, sizeof(hex)) &&
			       sodium_hex2bin(e->sha256, sizeof(e->sha256), hex, strlen(hex), NULL, &len, NULL) == 0 &&
			       len == sizeof(e->sha256));
}

static bool firing_parse(struct ledger *l, const struct json_object *o)
{
	struct ledger_firing f = {.fired_ns = json_number(o, "fired_ns")};
	const struct json_object *who = json_member(o, "entity");
	return json_text(o, "rule", f.rule, sizeof(f.rule)) &&
	       json_text(who, "kind", f.entity_kind, sizeof(f.entity_kind)) &&
	       json_text(who, "name", f.entity, sizeof(f.entity)) && ledger_add_firing(l, &f) == 0;
}

static bool parse_all(struct ledger *l, const struct json_object *array,
		      bool (*parse)(struct ledger *, const struct json_object *))
{
	size_t n = json_length(array);
	bool ok = n <= LEDGER_ENTRIES_MAX;
	for (size_t i = 0; ok && i < n; i++)
		ok = parse(l, json_object_array_get_idx(array, i));
	return ok;
}

int ledger_parse(const char *text, size_t len, struct ledger *ret)
{
	_cleanup_json_ struct json_object *o = json_read(text, len);
	_cleanup_(ledger_done) struct ledger l = {
		.fired_ns = json_number(o, "fired_ns"),
		.first_member_ns = json_number(o, "first_member_ns"),
		.done_ns = json_number(o, "done_ns"),
	};
	if (!json_member(o, "members") || json_number(o, "format") > LEDGER_FORMAT ||
	    !parse_all(&l, json_member(o, "members"), entry_parse) ||
	    !parse_all(&l, json_member(o, "joined"), firing_parse))
		return -EBADMSG;
	*ret = l;
	l = (struct ledger){0};
	return 0;
}

void ledger_done(struct ledger *l)
{
	free(l->entries);
	free(l->joined);
	*l = (struct ledger){0};
}
