/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/perfdata_layout.h"

struct perf_event_attr perfdata_attr_of(unsigned hz)
{
	struct perf_event_attr attr = sample_attr(hz);
	attr.sample_type = PERFDATA_SAMPLE_TYPE;
	sample_attr_add_maps(&attr);
	return attr;
}

/* Bodies stand one after another; the index before them has a row per set bit, in order of bits. */
static uint64_t add_features(const struct perfdata *d, uint64_t at, struct buf *index, struct buf *bodies)
{
	uint64_t bits = 0;
	struct perfdata_section sections[FEATURE_MAX_];
	size_t n = 0;
	for (unsigned f = 0; f < FEATURE_MAX_; f++) {
		size_t begin = bodies->len;
		if (!perfdata_add_feature(d, f, bodies)) {
			bodies->len = begin;
			continue;
		}
		sections[n++] = (struct perfdata_section){.offset = begin, .size = bodies->len - begin};
		bits |= UINT64_C(1) << f;
	}
	for (size_t i = 0; i < n; i++) {
		sections[i].offset += at + n * sizeof(*sections);
		buf_add(index, &sections[i], sizeof(*sections));
	}
	return bits;
}

static void add_head(struct buf *head, uint64_t data_size, uint64_t features)
{
	static const uint64_t ids[PERFDATA_EVENTS] = {PERFDATA_ID_BEFORE, PERFDATA_ID_AFTER};
	static const unsigned hz[PERFDATA_EVENTS] = {SAMPLE_HZ_BEFORE, SAMPLE_HZ_AFTER};
	uint64_t ids_at = sizeof(struct perfdata_header), attrs_at = ids_at + sizeof(ids);
	struct perfdata_header h = {
		.magic = PERFDATA_MAGIC,
		.size = sizeof(h),
		.attr_size = sizeof(struct perfdata_attr),
		.attrs = {attrs_at, PERFDATA_EVENTS * sizeof(struct perfdata_attr)},
		.data = {attrs_at + PERFDATA_EVENTS * sizeof(struct perfdata_attr), data_size},
		.features = {features},
	};
	buf_add(head, &h, sizeof(h));
	buf_add(head, ids, sizeof(ids));
	for (size_t i = 0; i < PERFDATA_EVENTS; i++) {
		struct perfdata_attr a = {.attr = perfdata_attr_of(hz[i]),
					  .ids = {ids_at + i * sizeof(ids[0]), sizeof(ids[0])}};
		buf_add(head, &a, sizeof(a));
	}
}

static bool write_buf(FILE *to, const struct buf *b)
{
	return b->len == 0 || fwrite(b->data, b->len, 1, to) == 1;
}

int perfdata_write(FILE *to, const struct perfdata *d, uint64_t *ret_samples)
{
	_cleanup_buf_ struct buf head = {0};
	_cleanup_buf_ struct buf data = {0};
	_cleanup_buf_ struct buf index = {0};
	_cleanup_buf_ struct buf bodies = {0};
	uint64_t samples;
	int r = perfdata_add_records(d, &data, &samples);
	if (r < 0)
		return r;
	uint64_t head_size =
		sizeof(struct perfdata_header) + PERFDATA_EVENTS * (sizeof(uint64_t) + sizeof(struct perfdata_attr));
	add_head(&head, data.len, add_features(d, head_size + data.len, &index, &bodies));
	if (head.failed || index.failed || bodies.failed)
		return -ENOMEM;
	if (!write_buf(to, &head) || !write_buf(to, &data) || !write_buf(to, &index) || !write_buf(to, &bodies))
		return -EIO;
	*ret_samples = samples;
	return 0;
}
