/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/trial/record.h"

#include "bpf/event.h"
#include "engine/base/text.h"
#include "rules/trial/notation.h"

#include <arpa/inet.h>

#define TEXT_MAX 4096U

struct record {
	const struct vocabulary *vocabulary;
	const struct detector_def *detector;
	uint16_t index;
	struct diagnostics *diagnostics;
	char *bytes; /* the fixed part */
	const char *tail, *context[EVENT_CONTEXTS_];
};

#define refuse(r, at, code, ...) diagnostics_add((r)->diagnostics, DIAGNOSTIC_ERROR, at, code, __VA_ARGS__)

/* Up to where the fields of fixed place reach. */
static uint32_t fixed_len(const struct detector_def *d)
{
	uint32_t len = sizeof(struct event);
	for (size_t i = 0; i < d->n_fields; i++)
		if (d->fields[i].type != FIELD_CONTEXT)
			len = MAX(len, (uint32_t)d->fields[i].offset +
					       (d->fields[i].type == FIELD_TAIL ? 0U : d->fields[i].size));
	return len;
}

static void put_number(struct record *r, const struct event_field *f, const struct node *n)
{
	char sentence[256];
	double quanta;
	const char *wrong = notation_amount(n->text, f->unit, &quanta, sentence, sizeof(sentence));
	if (wrong) {
		refuse(r, n->at, "bad-field", "%s", wrong);
		return;
	}
	if (f->type != FIELD_S64 && (quanta < 0 || (f->type == FIELD_U32 && quanta > UINT32_MAX))) {
		refuse(r, n->at, "bad-field", "'%s' does not fit the field '%s', which is at least 0 and at most %s", n->text, f->name,
		       f->type == FIELD_U32 ? "4294967295" : "what 64 bits hold");
		return;
	}
	int64_t value = (int64_t)quanta;
	memcpy(r->bytes + f->offset, &value, f->type == FIELD_U32 ? sizeof(uint32_t) : sizeof(value));
}

static void put_text(struct record *r, const struct event_field *f, const struct node *n)
{
	size_t room = f->type == FIELD_TEXT ? f->size : TEXT_MAX;
	if (n->len >= room)
		refuse(r, n->at, "bad-field", "'%.64s' is too long: '%s' holds %zu bytes at most", n->text, f->name, room - 1);
	else if (f->type == FIELD_TAIL)
		r->tail = n->text;
	else if (f->type == FIELD_CONTEXT)
		r->context[f->offset] = n->text;
	else
		memcpy(r->bytes + f->offset, n->text, n->len);
}

static void put_address(struct record *r, const struct event_field *f, const struct node *n)
{
	uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
	if (inet_pton(AF_INET, n->text, address + 12) == 1 || inet_pton(AF_INET6, n->text, address) == 1)
		memcpy(r->bytes + f->offset, address, sizeof(address));
	else
		refuse(r, n->at, "bad-field", "'%.64s' is no IP address, like 192.0.2.1 or 2001:db8::1", n->text);
}

static void put_word(struct record *r, const struct event_field *f, const struct node *n)
{
	uint32_t value = 0;
	while (f->words[value] && !streq(f->words[value], n->text))
		value++;
	if (f->words[value]) {
		memcpy(r->bytes + f->offset, &value, sizeof(value));
		return;
	}
	const char *near = text_nearest(n->text, f->words, value);
	_cleanup_buf_ struct buf known = {0};
	for (value = 0; f->words[value]; value++)
		buf_printf(&known, "%s%s", known.len && *f->words[value] ? " " : "", f->words[value]);
	if (near && *near)
		refuse(r, n->at, "unknown-word", "'%s' is never '%.64s', did you mean '%s'?", f->name, n->text, near);
	else
		refuse(r, n->at, "unknown-word", "'%s' is never '%.64s'; it is one of %s", f->name, n->text, buf_str(&known));
}

static void put(struct record *r, const struct event_field *f, const struct node *n)
{
	switch (f->type) {
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_S64:
		put_number(r, f, n);
		break;
	case FIELD_TEXT:
	case FIELD_TAIL:
	case FIELD_CONTEXT:
		put_text(r, f, n);
		break;
	case FIELD_IP:
		put_address(r, f, n);
		break;
	case FIELD_WORD:
		put_word(r, f, n);
		break;
	case FIELD_STACK:
		refuse(r, n->at, "bad-field", "'%s' is a stack; no rule looks at it: leave it out", f->name);
		break;
	}
}

static const char *join(const char *const *names, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? " " : "", names[i]);
	return buf_str(out);
}

static void unknown_field(struct record *r, const struct node *key)
{
	const struct vocabulary *v = r->vocabulary;
	const char *names[r->detector->n_fields + v->n_common_fields + 1];
	size_t n = 0;
	for (size_t i = 0; i < r->detector->n_fields; i++)
		names[n++] = r->detector->fields[i].name;
	for (size_t i = 0; i < v->n_common_fields; i++)
		names[n++] = v->common_fields[i].name;
	_cleanup_buf_ struct buf known = {0};
	const char *near = text_nearest(key->text, names, n);
	if (near)
		refuse(r, key->at, "unknown-field", "events of '%s' have no field '%.64s', did you mean '%s'?", r->detector->name,
		       key->text, near);
	else
		refuse(r, key->at, "unknown-field", "events of '%s' have no field '%.64s'; they have %s", r->detector->name, key->text,
		       join(names, n, &known));
}

static void put_all(struct record *r, const struct node *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct node *key = fields->pairs[i].key, *value = fields->pairs[i].value;
		const struct event_field *f = vocabulary_field(r->vocabulary, r->index, key->text);
		const char *text;
		if (!f)
			unknown_field(r, key);
		else if (node_string(value, r->diagnostics, &text))
			put(r, f, value);
	}
}

/* Behind the fixed part: the tail, then the context. */
static char *finish(const struct record *r, uint32_t fixed, struct arena *arena, uint32_t *ret_len)
{
	size_t tail = r->tail ? strlen(r->tail) + 1 : 0, context = 0;
	unsigned n = EVENT_CONTEXTS_;
	while (n && !r->context[n - 1])
		n--;
	for (unsigned i = 0; i < n; i++)
		context += strlen(r->context[i] ? r->context[i] : "") + 1;
	char *bytes = arena_alloc(arena, fixed + tail + context), *at = bytes + fixed + tail;
	if (!bytes)
		return NULL;
	memcpy(bytes, r->bytes, fixed);
	copy_bytes(bytes + fixed, r->tail, tail);
	for (unsigned i = 0; i < n; i++)
		at = stpcpy(at, r->context[i] ? r->context[i] : "") + 1;
	struct event *h = (struct event *)bytes;
	h->kind = r->detector->kind;
	h->size = *ret_len = (uint32_t)(fixed + tail + context);
	h->context_at = context ? (uint32_t)(fixed + tail) : 0;
	h->context_len = (uint32_t)context;
	return bytes;
}

bool record_build(const struct vocabulary *v, uint16_t detector, const struct node *fields, struct arena *arena,
		  struct diagnostics *d, void **ret_record, uint32_t *ret_len)
{
	struct record r = {.vocabulary = v, .detector = &v->detectors[detector], .index = detector, .diagnostics = d};
	uint32_t fixed = fixed_len(r.detector);
	r.bytes = arena_alloc(arena, fixed);
	if (!r.bytes || (fields && !node_is_mapping(fields, "fields, as in {victim_comm: java}", d)))
		return false;
	if (fields)
		put_all(&r, fields);
	*ret_record = finish(&r, fixed, arena, ret_len);
	return *ret_record != NULL;
}
