/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/vocabulary.h"

#include "bpf/event.h"

#include <arpa/inet.h>

int vocabulary_signal(const struct vocabulary *v, const char *name)
{
	size_t lo = 0, hi = v->n_signals;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, v->signals[mid].name);
		if (c == 0)
			return (int)mid;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}

int vocabulary_detector(const struct vocabulary *v, const char *name)
{
	for (size_t i = 0; i < v->n_detectors; i++)
		if (streq(v->detectors[i].name, name))
			return (int)i;
	return -1;
}

int vocabulary_collector(const struct vocabulary *v, const char *name)
{
	for (size_t i = 0; i < v->n_collectors; i++)
		if (streq(v->collectors[i].name, name))
			return (int)i;
	return -1;
}

int vocabulary_detector_of_kind(const struct vocabulary *v, uint32_t kind)
{
	for (size_t i = 0; i < v->n_detectors; i++)
		if (v->detectors[i].kind == kind)
			return (int)i;
	return -1;
}

static const struct event_field *field_in(const struct event_field *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(fields[i].name, name))
			return &fields[i];
	return NULL;
}

const struct event_field *vocabulary_field(const struct vocabulary *v, int detector, const char *name)
{
	const struct detector_def *d = &v->detectors[detector];
	const struct event_field *own = field_in(d->fields, d->n_fields, name);
	return own ? own : field_in(v->common_fields, v->n_common_fields, name);
}

/* Foreign bytes: a context that does not lie inside the record is none. */
static bool find_context(const void *record, uint32_t len, const char **ret, uint32_t *ret_len)
{
	struct event h;
	if (len < sizeof(h))
		return false;
	memcpy(&h, record, sizeof(h));
	if (h.context_at < sizeof(h) || h.context_at > len || !h.context_len || h.context_len > len - h.context_at)
		return false;
	*ret = (const char *)record + h.context_at;
	*ret_len = h.context_len;
	return (*ret)[*ret_len - 1] == '\0';
}

uint32_t event_own_len(const void *record, uint32_t len)
{
	const char *context;
	uint32_t context_len;
	return find_context(record, len, &context, &context_len) ? (uint32_t)(context - (const char *)record) : len;
}

const char *event_context(const void *record, uint32_t len, unsigned which)
{
	const char *at;
	uint32_t left;
	if (!find_context(record, len, &at, &left))
		return NULL;
	for (; which && left; which--) {
		uint32_t n = (uint32_t)strlen(at) + 1;
		at += n;
		left -= n;
	}
	return left ? at : NULL;
}

bool event_field_number(const void *record, uint32_t len, const struct event_field *f, int64_t *ret)
{
	if (f->type == FIELD_CONTEXT || f->offset + f->size > event_own_len(record, len))
		return false;
	const char *at = (const char *)record + f->offset;
	uint32_t u32;
	switch (f->type) {
	case FIELD_U32:
		memcpy(&u32, at, sizeof(u32));
		*ret = u32;
		return true;
	case FIELD_U64:
	case FIELD_S64:
		memcpy(ret, at, sizeof(*ret));
		return true;
	default:
		return false;
	}
}

bool event_field_is_text(const struct event_field *f)
{
	return f->type == FIELD_TEXT || f->type == FIELD_TAIL || f->type == FIELD_IP || f->type == FIELD_WORD ||
	       f->type == FIELD_CONTEXT;
}

static void word_text(const char *at, const struct event_field *f, char *ret, size_t size)
{
	uint32_t value, n = 0;
	memcpy(&value, at, sizeof(value));
	while (f->words[n] && n < value)
		n++;
	if (f->words[n])
		snprintf(ret, size, "%s", f->words[n]);
	else
		snprintf(ret, size, "%u", value);
}

static void address_text(const char *at, char *ret, size_t size)
{
	struct in6_addr a;
	memcpy(&a, at, sizeof(a));
	bool v4 = IN6_IS_ADDR_V4MAPPED(&a);
	if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? (void *)&a.s6_addr[12] : &a, ret, (socklen_t)size))
		*ret = '\0';
}

/* Where the text lies and how long it can be at most. */
static const char *text_of(const void *record, uint32_t len, const struct event_field *f, size_t *ret_room)
{
	uint32_t own = event_own_len(record, len);
	const char *at = f->type == FIELD_CONTEXT ? event_context(record, len, f->offset) : (const char *)record + f->offset;
	if (f->type == FIELD_CONTEXT)
		*ret_room = at ? strlen(at) : 0;
	else
		*ret_room = f->type == FIELD_TAIL && f->offset < own ? own - f->offset : f->size;
	return f->type == FIELD_CONTEXT || f->offset + *ret_room <= own ? at : NULL;
}

bool event_field_text(const void *record, uint32_t len, const struct event_field *f, char *ret, size_t size)
{
	size_t room = 0;
	const char *at = event_field_is_text(f) ? text_of(record, len, f, &room) : NULL;
	if (!at)
		return false;
	if (f->type == FIELD_WORD || f->type == FIELD_IP) {
		f->type == FIELD_WORD ? word_text(at, f, ret, size) : address_text(at, ret, size);
		return true;
	}
	size_t n = MIN(strnlen(at, room), size - 1);
	memcpy(ret, at, n);
	ret[n] = '\0';
	return true;
}
