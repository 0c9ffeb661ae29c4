/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/events.h"

#include <inttypes.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"

struct rendering {
	struct buf *out;
	const struct event *record;
	uint32_t len; /* of its own fields */
	uint32_t whole_len;
	symbol_fn symbol;
	void *ctx;
};

static void add_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '"');
	text_escape_json(out, text);
	buf_add_char(out, '"');
}

static void add_key(struct buf *out, const char *name)
{
	buf_add_char(out, ',');
	add_quoted(out, name);
	buf_add_char(out, ':');
}

static const char *field_at(const struct rendering *r, const struct event_field *f)
{
	return (const char *)r->record + f->offset;
}

static void add_number(const struct rendering *r, const struct event_field *f)
{
	int64_t v = 0;
	event_field_number(r->record, r->len, f, &v);
	if (f->type == FIELD_U64)
		buf_printf(r->out, "%" PRIu64, (uint64_t)v);
	else
		buf_printf(r->out, "%" PRId64, v);
}

static void add_text(const struct rendering *r, const struct event_field *f)
{
	size_t room = f->type == FIELD_TAIL ? r->len - f->offset : f->size;
	_cleanup_free_ char *text = strndup(field_at(r, f), room);
	if (text)
		add_quoted(r->out, text);
	else
		r->out->failed = true;
}

/* A word or an address. */
static void add_short_text(const struct rendering *r, const struct event_field *f)
{
	char text[128] = "";
	event_field_text(r->record, r->len, f, text, sizeof(text));
	add_quoted(r->out, text);
}

static void add_stack(const struct rendering *r, const struct event_field *f)
{
	const char *separator = "";
	buf_add_char(r->out, '[');
	for (size_t i = 0; i < f->size / sizeof(uint64_t); i++) {
		uint64_t address;
		memcpy(&address, field_at(r, f) + i * sizeof(address), sizeof(address));
		if (!address)
			break;
		const char *symbol = r->symbol ? r->symbol(r->ctx, address) : NULL;
		buf_add_str(r->out, separator);
		if (symbol)
			add_quoted(r->out, symbol);
		else
			buf_printf(r->out, "\"0x%" PRIx64 "\"", address);
		separator = ",";
	}
	buf_add_char(r->out, ']');
}

static void add_value(const struct rendering *r, const struct event_field *f)
{
	switch (f->type) {
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_S64:
		add_number(r, f);
		break;
	case FIELD_TEXT:
	case FIELD_TAIL:
		add_text(r, f);
		break;
	case FIELD_STACK:
		add_stack(r, f);
		break;
	case FIELD_IP:
	case FIELD_WORD:
		add_short_text(r, f);
		break;
	case FIELD_CONTEXT:
		add_quoted(r->out, event_context(r->record, r->whole_len, f->offset));
		break;
	}
}

static bool field_present(const struct rendering *r, const struct event_field *f)
{
	static const size_t least[] = {
		[FIELD_U32] = 4, [FIELD_U64] = 8, [FIELD_S64] = 8, [FIELD_IP] = 16, [FIELD_STACK] = 0,
		[FIELD_TEXT] = 0, [FIELD_TAIL] = 0, [FIELD_WORD] = 4};
	if (f->type == FIELD_CONTEXT) {
		const char *text = event_context(r->record, r->whole_len, f->offset);
		return text && *text;
	}
	if (f->type == FIELD_TAIL)
		return f->offset < r->len;
	return f->size >= least[f->type] && (size_t)f->offset + f->size <= r->len;
}

static void add_fields(const struct rendering *r, const struct event_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!field_present(r, &fields[i]))
			continue;
		add_key(r->out, fields[i].name);
		add_value(r, &fields[i]);
	}
}

static void add_head(struct buf *out, const struct event *record, const char *kind, const char *entity,
		     int64_t realtime_offset_ns)
{
	char at[CLOCK_TEXT_MAX];
	buf_printf(out, "{\"t_ns\":%" PRIu64, (uint64_t)record->t_ns);
	buf_printf(out, ",\"at\":\"%s\"", clock_rfc3339(record->t_ns + (uint64_t)realtime_offset_ns, at));
	if (kind) {
		add_key(out, "kind");
		add_quoted(out, kind);
	} else {
		buf_printf(out, ",\"kind\":%u", record->kind);
	}
	add_key(out, "entity");
	add_quoted(out, entity);
}

void event_json(struct buf *out, const struct vocabulary *v, const struct event *record, uint32_t len,
		const char *entity_name, int64_t realtime_offset_ns, symbol_fn symbol, void *ctx)
{
	struct rendering r = {.out = out, .record = record, .len = event_own_len(record, len), .whole_len = len,
			      .symbol = symbol, .ctx = ctx};
	int d = vocabulary_detector_of_kind(v, record->kind);
	add_head(out, record, d < 0 ? NULL : v->detectors[d].name, entity_name, realtime_offset_ns);
	add_fields(&r, v->common_fields, v->n_common_fields);
	if (d >= 0)
		add_fields(&r, v->detectors[d].fields, v->detectors[d].n_fields);
	buf_add_char(out, '}');
}
