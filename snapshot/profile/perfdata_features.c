/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/perfdata_layout.h"

#include <perf/event.h>

#define STRING_ALIGN 64

static void add_u32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void add_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void add_padded(struct buf *b, const char *text, size_t room)
{
	size_t len = MIN(strlen(text), room - 1);
	buf_add(b, text, len);
	for (; len < room; len++)
		buf_add_char(b, '\0');
}

static size_t string_room(const char *text)
{
	return (strlen(text) + 1 + STRING_ALIGN - 1) / STRING_ALIGN * STRING_ALIGN;
}

static bool add_string(struct buf *b, const char *text)
{
	if (!text)
		return false;
	add_u32(b, (uint32_t)string_room(text));
	add_padded(b, text, string_room(text));
	return true;
}

static void add_event(struct buf *b, const char *name, unsigned hz, uint64_t id)
{
	struct perf_event_attr attr = perfdata_attr_of(hz);
	buf_add(b, &attr, sizeof(attr));
	add_u32(b, 1); /* ids */
	add_string(b, name);
	add_u64(b, id);
}

static void add_event_desc(struct buf *b)
{
	add_u32(b, PERFDATA_EVENTS);
	add_u32(b, sizeof(struct perf_event_attr));
	add_event(b, PERFDATA_BEFORE, SAMPLE_HZ_BEFORE, PERFDATA_ID_BEFORE);
	add_event(b, PERFDATA_AFTER, SAMPLE_HZ_AFTER, PERFDATA_ID_AFTER);
}

static void add_build_id(struct buf *b, const uint8_t *id, size_t len, uint16_t misc, const char *path)
{
	struct perf_record_header_build_id e = {
		.header = {.type = PERF_RECORD_HEADER_BUILD_ID, .misc = misc | PERF_RECORD_MISC_BUILD_ID_SIZE},
		.pid = -1,
	};
	size_t fixed = offsetof(struct perf_record_header_build_id, filename);
	if (!len || strlen(path) > 4000)
		return;
	e.header.size = (uint16_t)(fixed + string_room(path));
	e.size = (uint8_t)len;
	memcpy(e.data, id, MIN(len, sizeof(e.data)));
	buf_add(b, &e, fixed);
	add_padded(b, path, string_room(path));
}

static bool add_build_ids(const struct perfdata *d, struct buf *b)
{
	const struct symbols *s = d->profile->symbols;
	add_build_id(b, d->kernel_build_id, d->kernel_build_id_len, PERF_RECORD_MISC_KERNEL, "[kernel.kallsyms]");
	for (size_t i = 0; i < symbols_dsos(s); i++) {
		struct symbols_dso dso;
		symbols_dso(s, i, &dso);
		add_build_id(b, dso.build_id, dso.build_id_len, PERF_RECORD_MISC_USER, dso.path);
	}
	return b->len > 0;
}

static bool add_sample_time(const struct perfdata *d, struct buf *b)
{
	const struct records *before = &d->profile->before, *after = &d->profile->after;
	add_u64(b, before->n ? before->first_ns : after->first_ns);
	add_u64(b, after->n ? after->last_ns : before->last_ns);
	return before->n || after->n;
}

static bool add_clock_data(const struct perfdata *d, struct buf *b)
{
	if (!d->clocks)
		return false;
	add_u32(b, 1); /* the format's version */
	add_u32(b, CLOCK_MONOTONIC);
	add_u64(b, d->clocks->realtime);
	add_u64(b, d->clocks->monotonic);
	return true;
}

bool perfdata_add_feature(const struct perfdata *d, enum perfdata_feature feature, struct buf *body)
{
	switch (feature) {
	case FEATURE_BUILD_ID:
		return add_build_ids(d, body);
	case FEATURE_HOSTNAME:
		return add_string(body, d->hostname);
	case FEATURE_OSRELEASE:
		return add_string(body, d->release);
	case FEATURE_VERSION:
		return add_string(body, d->version);
	case FEATURE_ARCH:
		return add_string(body, d->arch);
	case FEATURE_NRCPUS:
		add_u32(body, d->cpus_available);
		add_u32(body, d->cpus_online);
		return true;
	case FEATURE_CMDLINE:
		add_u32(body, 1);
		return add_string(body, "tracetrap");
	case FEATURE_EVENT_DESC:
		add_event_desc(body);
		return true;
	case FEATURE_SAMPLE_TIME:
		return add_sample_time(d, body);
	case FEATURE_CLOCK_DATA:
		return add_clock_data(d, body);
	default:
		return false;
	}
}
