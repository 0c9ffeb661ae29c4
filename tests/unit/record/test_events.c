/* SPDX-License-Identifier: GPL-2.0-only */
#include <json-c/json.h>
#include <stddef.h>

#include "engine/record/events.h"
#include "tests/unit/support/test.h"

struct thing {
	struct event h;
	uint32_t small, pad;
	uint64_t big;
	int64_t negative;
	char name[8];
	uint64_t stack[4];
	uint8_t v4[16], v6[16];
};

#define AT(member) offsetof(struct thing, member), sizeof(((struct thing *)0)->member), NULL

static const struct event_field fields[] = {
	{"small", FIELD_U32, UNIT_COUNT, AT(small)},	   {"big", FIELD_U64, UNIT_BYTES, AT(big)},
	{"negative", FIELD_S64, UNIT_NUMBER, AT(negative)}, {"name", FIELD_TEXT, UNIT_NUMBER, AT(name)},
	{"stack", FIELD_STACK, UNIT_NUMBER, AT(stack)},	   {"v4", FIELD_IP, UNIT_NUMBER, AT(v4)},
	{"v6", FIELD_IP, UNIT_NUMBER, AT(v6)},		   {"text", FIELD_TAIL, UNIT_NUMBER, sizeof(struct thing), 0, NULL},
};
static const struct event_field common[] = {
	{"pid", FIELD_U32, UNIT_NUMBER, offsetof(struct event, pid), 4, NULL},
	{"comm", FIELD_TEXT, UNIT_NUMBER, offsetof(struct event, comm), EVENT_COMM_LEN, NULL},
};
static const struct detector_def detectors[] = {
	{.name = "thing", .kind = 77, .fields = fields, .n_fields = ARRAY_SIZE(fields)}};
static const struct vocabulary vocabulary = {
	.detectors = detectors, .n_detectors = 1, .common_fields = common, .n_common_fields = ARRAY_SIZE(common)};

static struct thing a_thing(void)
{
	struct thing t = {.h = {.kind = 77, .size = sizeof(t), .t_ns = 5, .pid = 42, .comm = "sixteen bytes lo"},
			  .small = 7,
			  .big = UINT64_MAX,
			  .negative = -3,
			  .name = {'e', 'i', 'g', 'h', 't', '"', '\n', (char)0xff},
			  .stack = {0xffffffff81000000, 0x10},
			  .v4 = {[10] = 0xff, 0xff, 192, 168, 0, 1},
			  .v6 = {0xfe, 0x80, [15] = 1}};
	return t;
}

static const char *symbol(void *ctx, uint64_t address)
{
	return address > 0x1000 ? ctx : NULL;
}

static void an_event_is_one_object_with_every_field_by_its_name(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	char record[sizeof(struct thing) + 9];
	struct thing t = a_thing();
	memcpy(record, &t, sizeof(t));
	memcpy(record + sizeof(t), "two\nlines", 9);
	event_json(&out, &vocabulary, (struct event *)record, sizeof(record), "eth0", 1000000000, symbol, "do_it+0x1f");
	assert_string_equal(buf_str(&out),
			    "{\"t_ns\":5,\"at\":\"1970-01-01T00:00:01.000000005Z\",\"kind\":\"thing\",\"entity\":\"eth0\","
			    "\"pid\":42,\"comm\":\"sixteen bytes lo\",\"small\":7,\"big\":18446744073709551615,"
			    "\"negative\":-3,\"name\":\"eight\\\"\\u000a\\u00ff\",\"stack\":[\"do_it+0x1f\",\"0x10\"],"
			    "\"v4\":\"192.168.0.1\",\"v6\":\"fe80::1\",\"text\":\"two\\u000alines\"}");
}

static void fields_past_the_end_of_an_older_record_are_left_out(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	struct thing t = a_thing();
	event_json(&out, &vocabulary, &t.h, offsetof(struct thing, negative), "host", 0, NULL, NULL);
	assert_non_null(strstr(buf_str(&out), "\"big\""));
	assert_null(strstr(buf_str(&out), "\"negative\""));
	assert_null(strstr(buf_str(&out), "\"text\""));
}

static void an_unknown_kind_still_shows_what_all_events_have(void **state _unused_)
{
	_cleanup_buf_ struct buf out = {0};
	struct event e = {.kind = 4000, .size = sizeof(e), .comm = "x"};
	event_json(&out, &vocabulary, &e, sizeof(e), "host", 0, NULL, NULL);
	assert_string_equal(buf_str(&out), "{\"t_ns\":0,\"at\":\"1970-01-01T00:00:00.000000000Z\",\"kind\":4000,"
					   "\"entity\":\"host\",\"pid\":0,\"comm\":\"x\"}");
}

static void hostile_bytes_never_break_the_json(void **state _unused_)
{
	char record[sizeof(struct thing) + 64], entity[40];
	srand(1);
	for (unsigned round = 0; round < 2000; round++) {
		_cleanup_buf_ struct buf out = {0};
		for (size_t i = 0; i < sizeof(record); i++)
			record[i] = (char)rand();
		for (size_t i = 0; i < sizeof(entity); i++)
			entity[i] = (char)rand();
		entity[sizeof(entity) - 1] = '\0';
		((struct event *)record)->kind = round % 2 ? 77 : 5;
		size_t len = sizeof(struct event) + (size_t)rand() % (sizeof(record) - sizeof(struct event) + 1);
		event_json(&out, &vocabulary, (struct event *)record, (uint32_t)len, entity, rand(), NULL, NULL);
		struct json_tokener *parser = json_tokener_new();
		json_tokener_set_flags(parser, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		struct json_object *o = json_tokener_parse_ex(parser, buf_str(&out), (int)out.len + 1);
		if (!o)
			fail_msg("round %u: %s", round, buf_str(&out));
		assert_null(strchr(buf_str(&out), '\n'));
		json_object_put(o);
		json_tokener_free(parser);
	}
}

static struct ring *event_ring(uint32_t segment_bytes)
{
	struct ring_options o = {.name = "events", .segment_bytes = segment_bytes, .segments = 2};
	struct ring *r = NULL;
	assert_int_equal(ring_new(&o, &r), 0);
	return r;
}

static void an_event_comes_back_as_it_was_appended(void **state _unused_)
{
	struct ring *r = event_ring(4096);
	struct thing t = a_thing();
	assert_int_equal(events_append(r, &t.h, sizeof(t), "/a.slice"), 0);
	assert_int_equal(events_append(r, &t.h, sizeof(t.h), ""), 0);
	struct ring_snapshot *s = NULL;
	assert_int_equal(ring_snapshot_take(ring_fd(r), 5, 5, &s), 0);
	struct ring_record rec;
	const char *entity;
	const struct event *e;
	uint32_t len;
	assert_true(ring_snapshot_next(s, &rec));
	assert_true(events_parse(&rec, &entity, &e, &len));
	assert_string_equal(entity, "/a.slice");
	assert_int_equal(len, sizeof(t));
	assert_memory_equal(e, &t, sizeof(t));
	assert_int_equal((uintptr_t)e % 8, 0);
	assert_true(ring_snapshot_next(s, &rec));
	assert_true(events_parse(&rec, &entity, &e, &len));
	assert_string_equal(entity, "");
	assert_false(ring_snapshot_next(s, &rec));
	ring_snapshot_free(s);
	ring_free(r);
}

static void what_is_no_event_is_refused_and_counted(void **state _unused_)
{
	static struct {
		struct event h;
		char tail[65536];
	} big;
	struct ring *r = event_ring(1 << 20);
	assert_int_equal(events_append(r, &big.h, sizeof(big.h) - 1, ""), -EINVAL);
	assert_int_equal(events_append(r, &big.h, sizeof(big), ""), -EMSGSIZE);
	assert_int_equal(events_append(r, &big.h, 65536, ""), 0);
	struct ring_snapshot *s = NULL;
	assert_int_equal(ring_snapshot_take(ring_fd(r), 0, UINT64_MAX, &s), 0);
	assert_int_equal(ring_snapshot_lost(s), 2);
	ring_snapshot_free(s);
	ring_free(r);
}

static void malformed_ring_records_are_told_apart(void **state _unused_)
{
	uint64_t payload[16] = {0};
	const char *entity;
	const struct event *e;
	uint32_t len;
	struct ring_record rec = {.type = EVENT_RECORD, .data = payload};
	for (rec.len = 0; rec.len < sizeof(struct event) + 8; rec.len++)
		assert_false(events_parse(&rec, &entity, &e, &len));
	assert_true(events_parse(&rec, &entity, &e, &len));
	rec.len = sizeof(payload);
	payload[0] = 4; /* a name of four NULs */
	assert_false(events_parse(&rec, &entity, &e, &len));
	payload[0] = 0xffff;
	assert_false(events_parse(&rec, &entity, &e, &len));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_object_with_every_field_by_its_name),
		cmocka_unit_test(fields_past_the_end_of_an_older_record_are_left_out),
		cmocka_unit_test(an_unknown_kind_still_shows_what_all_events_have),
		cmocka_unit_test(hostile_bytes_never_break_the_json),
		cmocka_unit_test(an_event_comes_back_as_it_was_appended),
		cmocka_unit_test(what_is_no_event_is_refused_and_counted),
		cmocka_unit_test(malformed_ring_records_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
