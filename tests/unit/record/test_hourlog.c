/* SPDX-License-Identifier: GPL-2.0-only */
/* What is put into the history on disk and what comes out of its blocks, as sequences of lines. */
#include "engine/base/clock.h"
#include "engine/record/hourlog.h"
#include "engine/record/hourlog_codec.h"
#include "tests/unit/record/inputs.h"

#define OFFSET INT64_C(1795000000000000000) /* realtime − monotonic */
#define RUN UINT64_C(1794999990000000000)

struct past {
	struct hourlog *log;
	struct entities *entities;
	struct lines lines; /* everything put in, in order */
	struct buf tail;    /* everything that would be on disk */
	uint64_t t_ns, random;
	uint16_t disk;
};

static void note_input(struct past *p, const struct input *in)
{
	struct buf b = {0};
	describe_input(&b, in);
	lines_add(&p->lines, &b);
}

static void put(struct past *p, struct input in)
{
	in.t_ns = p->t_ns;
	hourlog_input(p->log, &in);
	note_input(p, &in);
}

static void send(struct past *p)
{
	const struct buf *bytes = hourlog_pending(p->log);
	if (bytes)
		buf_add(&p->tail, bytes->data, bytes->len);
	hourlog_sent(p->log);
}

static void past_begin(struct past *p, uint64_t seed)
{
	*p = (struct past){.random = seed, .t_ns = 1000 * NS_PER_S, .entities = entities_new(16)};
	struct inputlog_options o = {.vocabulary = &test_vocabulary,
				     .period_ns = test_periods,
				     .rules_digest = "digest",
				     .rules = test_rules,
				     .n_rules = ARRAY_SIZE(test_rules),
				     .entities = p->entities,
				     .host_burst = 12,
				     .host_refill_ns = 300 * NS_PER_S};
	assert_int_equal(hourlog_new(&o, RUN, &p->log), 0);
	put(p, (struct input){.kind = INPUT_CLOCK, .clock = {7, OFFSET, 3600}});
}

static void past_end(struct past *p)
{
	hourlog_free(p->log);
	entities_free(p->entities);
	lines_done(&p->lines);
	buf_done(&p->tail);
}

static uint64_t dice(struct past *p, uint64_t below)
{
	p->random = p->random * 6364136223846793005U + 1442695040888963407U;
	return (p->random >> 33) % below;
}

static void second(struct past *p)
{
	struct reading readings[4];
	size_t n = 0;
	for (uint16_t signal = 0; signal < 2; signal++) {
		bool unknown = dice(p, 20) == 0;
		int64_t extreme = dice(p, 9) ? (int64_t)dice(p, 1000000) : dice(p, 2) ? INT64_MIN : INT64_MAX;
		if (dice(p, 10))
			readings[n++] = (struct reading){signal, ENTITY_HOST, unknown, unknown ? 0 : extreme};
	}
	if (p->disk)
		readings[n++] = (struct reading){2, p->disk, false, (int64_t)dice(p, 1000)};
	p->t_ns += NS_PER_S - 500 + dice(p, 1000);
	hourlog_second(p->log, p->t_ns, readings, n);
	note_input(p, &(struct input){.kind = INPUT_TICK, .t_ns = p->t_ns, .tick = {readings, n}});
	send(p);
}

static void disk_comes_or_goes(struct past *p)
{
	if (p->disk) {
		put(p, (struct input){.kind = INPUT_GONE, .gone = {p->disk}});
		entities_remove(p->entities, p->disk);
		p->disk = 0;
		return;
	}
	p->disk = entities_add(p->entities, ENTITY_KIND_DISK, dice(p, 2) ? "sda" : "sd\xff");
	put(p, (struct input){.kind = INPUT_BORN,
			      .born = {p->disk, ENTITY_KIND_DISK, entities_get(p->entities, p->disk)->name}});
}

static void decided(struct past *p)
{
	struct buf b = {0};
	struct transition t = {.t_ns = p->t_ns, .kind = TRANSITION_FIRED, .rule = (uint16_t)dice(p, 2), .token = dice(p, 2)};
	hourlog_transition(p->log, &t);
	describe_transition(&b, &(struct recorded_transition){t.t_ns, t.kind, test_rules[t.rule].name, "host",
							      ENTITY_KIND_HOST, t.token, false, false, false});
	lines_add(&p->lines, &b);
}

static void event(struct past *p)
{
	uint8_t record[sizeof(struct event) + 40] = {(uint8_t)dice(p, 256)};
	put(p, (struct input){.kind = INPUT_EVENT, .event = {0, ENTITY_HOST, record, sizeof(record)}});
}

static void live(struct past *p, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		if (dice(p, 15) == 0)
			disk_comes_or_goes(p);
		if (dice(p, 15) == 0)
			decided(p);
		if (dice(p, 15) == 0)
			event(p);
		second(p);
	}
}

/* Where each block of what was written begins, as the writer sees it. */
static size_t next_block(const struct buf *tail, size_t from)
{
	size_t at = from, whole = from + hourlog_whole(tail->data + from, tail->len - from);
	do
		at += TAIL_HEAD + get_u32((const uint8_t *)tail->data + at);
	while (at < whole && !hourlog_begins(tail->data + at, whole - at));
	return at;
}

/* All blocks of these bytes, folded, packed and unpacked again, through one reader. */
static void read_tail(const struct buf *tail, struct lines *ret, struct inputlog_reader **r)
{
	_cleanup_buf_ struct buf hour = {0};
	for (size_t at = 0, end; at + TAIL_HEAD < tail->len && hourlog_begins(tail->data + at, tail->len - at); at = end) {
		_cleanup_buf_ struct buf block = {0};
		end = next_block(tail, at);
		int error = hourlog_fold(tail->data + at, end - at, &block);
		if (error == -ENODATA)
			continue;
		assert_int_equal(error, 0);
		assert_int_equal(hourlog_pack(&block, &hour), 0);
	}
	struct buf plain[2] = {{0}, {0}}; /* the reader's texts live in the block before until it is fed the next */
	size_t at = 0;
	uint64_t damaged = 0;
	for (unsigned n = 0; hourlog_unpack(buf_str(&hour), hour.len, &at, &plain[n % 2], &damaged) == 1; n++) {
		struct hourlog_block b;
		assert_int_equal(hourlog_block_open(plain[n % 2].data, plain[n % 2].len, &b), 0);
		assert_int_equal(b.run, RUN);
		assert_int_equal(b.realtime_offset_ns, OFFSET);
		assert_true(b.end_ns - b.begin_ns <= HOURLOG_BLOCK_NS);
		if (!*r)
			assert_int_equal(inputlog_open(b.log, b.len, &test_vocabulary, r), 0);
		else
			assert_int_equal(inputlog_feed(*r, b.log, b.len, false, 0), 0);
		struct inputlog_item item;
		uint64_t last_ns = b.begin_ns;
		while (assert_int_equal(inputlog_next(*r, &item), 0), item.kind != INPUTLOG_END) {
			struct buf line = {0};
			if (item.kind == INPUTLOG_TRANSITION)
				describe_transition(&line, &item.transition);
			else
				describe_input(&line, &item.input);
			last_ns = item.kind == INPUTLOG_INPUT ? item.input.t_ns : last_ns;
			lines_add(ret, &line);
		}
		assert_int_equal(last_ns, b.end_ns);
	}
	assert_int_equal(damaged, 0);
	buf_done(&plain[0]);
	buf_done(&plain[1]);
	inputlog_close(*r);
}

static void assert_lines(const struct lines *got, const struct lines *expected, size_t n)
{
	size_t first = got->n && expected->n && !streq(got->line[0], expected->line[0]); /* the segment tells the clock too */
	assert_true(got->n >= first);
	for (size_t i = 0; i < MIN(got->n - first, n); i++)
		assert_string_equal(got->line[i + first], expected->line[i]);
	assert_int_equal(got->n - first, n);
}

static void what_was_put_in_comes_out_in_order_over_all_blocks(void **state _unused_)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct past p;
		struct lines got = {0};
		struct inputlog_reader *r = NULL;
		past_begin(&p, seed);
		live(&p, 300);
		read_tail(&p.tail, &got, &r);
		/* The clock is told by the first segment, and then as the input that it was. */
		assert_true(got.n > 1 && streq(got.line[0], got.line[1]));
		free(got.line[0]);
		memmove(got.line, got.line + 1, --got.n * sizeof(*got.line));
		assert_lines(&got, &p.lines, p.lines.n);
		lines_done(&got);
		past_end(&p);
	}
}

/* kill -9 at any byte of what is written: all records but the one that was being written are there. */
static void a_tail_cut_anywhere_keeps_all_that_was_whole(void **state _unused_)
{
	struct past p;
	past_begin(&p, 77);
	live(&p, 50);
	for (unsigned i = 0; i < 300; i++) {
		size_t cut = dice(&p, p.tail.len + 1), whole = 0;
		for (size_t at = 0; at + TAIL_HEAD <= cut; whole = MIN(at, cut))
			if ((at += TAIL_HEAD + get_u32((const uint8_t *)p.tail.data + at)) > cut)
				break;
		_cleanup_free_ char *copy = malloc(cut + 1);
		copy_bytes(copy, p.tail.data, cut);
		assert_int_equal(hourlog_whole(copy, cut), whole);
		struct lines got = {0};
		struct inputlog_reader *r = NULL;
		read_tail(&(struct buf){.data = copy, .len = cut}, &got, &r);
		assert_true(got.n <= p.lines.n + 1);
		for (size_t k = 1; k < got.n; k++)
			assert_string_equal(got.line[k], p.lines.line[k - 1]);
		lines_done(&got);
	}
	past_end(&p);
}

static void a_damaged_block_costs_itself_alone(void **state _unused_)
{
	struct past p;
	_cleanup_buf_ struct buf hour = {0}, plain = {0};
	size_t n = 0;
	past_begin(&p, 5);
	live(&p, 290);
	for (size_t at = 0, end; at < p.tail.len; at = end) {
		_cleanup_buf_ struct buf block = {0};
		end = next_block(&p.tail, at);
		assert_int_equal(hourlog_fold(p.tail.data + at, end - at, &block), 0);
		n++;
		assert_int_equal(hourlog_pack(&block, &hour), 0);
	}
	unsigned costly = 0;
	assert_int_equal(n, 5);
	for (unsigned i = 0; i < 300; i++) {
		size_t hit = dice(&p, hour.len), at = 0, found = 0;
		uint64_t damaged = 0;
		_cleanup_buf_ struct buf copy = {0};
		buf_add(&copy, hour.data, hour.len);
		copy.data[hit] ^= (char)(1U << dice(&p, 8));
		while (hourlog_unpack(copy.data, copy.len, &at, &plain, &damaged) == 1)
			found++;
		assert_int_equal(found, n - damaged); /* a bit or two of a frame's head mean nothing */
		assert_in_range(damaged, 0, 1);
		costly += damaged;
	}
	assert_in_range(costly, 290, 300);
	past_end(&p);
}

static void a_new_hour_begins_a_block(void **state _unused_)
{
	struct past p;
	past_begin(&p, 1);
	uint64_t hour = 3600 * NS_PER_S;
	p.t_ns = hour - (p.t_ns + (uint64_t)OFFSET) % hour + p.t_ns - 10 * NS_PER_S;
	second(&p);
	buf_clear(&p.tail);
	for (unsigned i = 0; i < 9; i++)
		second(&p);
	size_t before = p.tail.len;
	assert_false(hourlog_begins(p.tail.data, before));
	second(&p);
	assert_true(hourlog_begins(p.tail.data + before, p.tail.len - before));
	past_end(&p);
}

static void what_is_never_sent_is_bounded_and_the_next_block_is_whole(void **state _unused_)
{
	struct past p;
	past_begin(&p, 3);
	uint8_t record[4000] = {0};
	for (unsigned i = 0; i < 20 * 60; i++) {
		p.t_ns += NS_PER_S;
		for (unsigned k = 0; k < 20; k++)
			hourlog_input(p.log, &(struct input){.kind = INPUT_EVENT, .t_ns = p.t_ns,
							     .event = {0, ENTITY_HOST, record, sizeof(record)}});
		assert_true(!hourlog_pending(p.log) || hourlog_pending(p.log)->len <= 1 << 20);
	}
	assert_true(hourlog_lost(p.log) > 0);
	p.t_ns += HOURLOG_BLOCK_NS;
	hourlog_cut(p.log);
	assert_null(hourlog_pending(p.log));
	second(&p);
	assert_true(hourlog_begins(p.tail.data, p.tail.len));
	past_end(&p);
}

static void of_what_rules_decide_firings_and_their_ends_are_kept(void **state _unused_)
{
	struct past p;
	struct lines got = {0};
	struct inputlog_reader *r = NULL;
	past_begin(&p, 1);
	for (int kind = TRANSITION_PENDING; kind <= TRANSITION_DISARM; kind++)
		hourlog_transition(p.log, &(struct transition){.t_ns = p.t_ns, .kind = (enum transition_kind)kind});
	for (unsigned i = 0; i < 5000; i++)
		hourlog_transition(p.log, &(struct transition){.t_ns = p.t_ns, .kind = TRANSITION_FIRED});
	send(&p);
	read_tail(&p.tail, &got, &r);
	assert_int_equal(got.n, 2 + 1024 + 2); /* the clock, twice */
	assert_int_equal(hourlog_lost(p.log), 5000 - 1023);
	assert_non_null(strstr(got.line[2], "transition 2 one host:host"));
	assert_non_null(strstr(got.line[3], "transition 3 one host:host"));
	assert_non_null(strstr(got.line[4], "transition 4 one host:host"));
	lines_done(&got);
	past_end(&p);
}

static void hours_have_names_and_names_have_hours(void **state _unused_)
{
	char name[HOURLOG_NAME_MAX];
	uint64_t t;
	assert_string_equal(hourlog_name(UINT64_C(1795276799) * NS_PER_S, name), "20261121T15Z.tth");
	assert_true(hourlog_name_parse(name, &t));
	assert_int_equal(t, UINT64_C(1795273200) * NS_PER_S);
	static const char *const bad[] = {"tail", "20261121T25Z.tth", "20261321T15Z.tth", "20261121T15Z.tt", "x0261121T15Z.tth", ""};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(hourlog_name_parse(bad[i], &t));
}

static void a_newer_format_is_refused_as_newer(void **state _unused_)
{
	struct hourlog_block b;
	assert_int_equal(hourlog_block_open("TTH2....", 8, &b), -EPROTONOSUPPORT);
	assert_int_equal(hourlog_block_open("TTS1....", 8, &b), -EBADMSG);
	assert_int_equal(hourlog_block_open("TT", 2, &b), -EBADMSG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_in_comes_out_in_order_over_all_blocks),
		cmocka_unit_test(a_tail_cut_anywhere_keeps_all_that_was_whole),
		cmocka_unit_test(a_damaged_block_costs_itself_alone),
		cmocka_unit_test(a_new_hour_begins_a_block),
		cmocka_unit_test(what_is_never_sent_is_bounded_and_the_next_block_is_whole),
		cmocka_unit_test(of_what_rules_decide_firings_and_their_ends_are_kept),
		cmocka_unit_test(hours_have_names_and_names_have_hours),
		cmocka_unit_test(a_newer_format_is_refused_as_newer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
