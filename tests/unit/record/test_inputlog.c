/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/record/inputs.h"

static struct inputlog_reader *reader_of(const struct buf *b)
{
	struct inputlog_reader *r = NULL;
	assert_int_equal(inputlog_open(b->data, b->len, &test_vocabulary, &r), 0);
	return r;
}

/* Every line after a checkpoint must be the line the world says stands there; the number of lines compared. */
static size_t compare(const struct buf *tts, const struct lines *expected, bool to_the_end)
{
	struct inputlog_reader *r = reader_of(tts);
	struct inputlog_item item;
	size_t at = SIZE_MAX, n = 0;
	for (;;) {
		_cleanup_buf_ struct buf b = {0};
		assert_int_equal(inputlog_next(r, &item), 0);
		if (item.kind == INPUTLOG_END)
			break;
		if (item.kind == INPUTLOG_CHECKPOINT) {
			size_t here = strtoul(item.checkpoint.data, NULL, 10);
			assert_true(at == SIZE_MAX || at == here);
			at = here;
			continue;
		}
		if (at == SIZE_MAX)
			continue;
		if (item.kind == INPUTLOG_INPUT)
			describe_input(&b, &item.input);
		else
			describe_transition(&b, &item.transition);
		assert_in_range(at, 0, expected->n - 1);
		assert_string_equal(buf_str(&b), expected->line[at]);
		at++;
		n++;
	}
	if (to_the_end)
		assert_int_equal(at, expected->n);
	assert_int_equal(inputlog_reader_lost(r), 0);
	inputlog_close(r);
	return n;
}

static void what_is_read_is_what_was_written_bit_by_bit(void **state _unused_)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world w;
		_cleanup_buf_ struct buf tts = {0};
		uint64_t begin_ns = 0;
		world_begin(&w, seed, 4 << 20);
		for (unsigned i = 0; i < 2000; i++)
			world_step(&w);
		assert_int_equal(inputlog_lost(w.log), 0);
		assert_int_equal(inputlog_export(inputlog_fd(w.log), 0, UINT64_MAX, &tts, &begin_ns), 0);
		assert_true(compare(&tts, &w.lines, true) > 1500);
		world_end(&w);
	}
}

static void a_log_decodes_from_any_segment_that_the_ring_still_has(void **state _unused_)
{
	struct world w;
	world_begin(&w, 99, 256 << 10);
	uint64_t began_ns = w.t_ns;
	for (unsigned i = 0; i < 6000; i++)
		world_step(&w);
	size_t before = SIZE_MAX;
	unsigned different = 0;
	for (uint64_t from_ns = began_ns; from_ns < w.t_ns; from_ns += 500000000) {
		_cleanup_buf_ struct buf tts = {0};
		uint64_t begin_ns = 0;
		assert_int_equal(inputlog_export(inputlog_fd(w.log), from_ns, UINT64_MAX, &tts, &begin_ns), 0);
		size_t n = compare(&tts, &w.lines, true);
		assert_true(n > 0 && n <= before);
		different += n != before;
		before = n;
	}
	assert_in_range(different, 10, 16);
	world_end(&w);
}

static void an_export_begins_at_the_last_checkpoint_before_the_span(void **state _unused_)
{
	struct world w;
	world_begin(&w, 7, 4 << 20);
	uint64_t first_ns = w.t_ns;
	for (unsigned i = 0; i < 3000; i++)
		world_step(&w);
	_cleanup_buf_ struct buf tts = {0}, all = {0}, early = {0};
	uint64_t begin_ns = 0;
	assert_int_equal(inputlog_export(inputlog_fd(w.log), first_ns + 12000000000, UINT64_MAX, &tts, &begin_ns), 0);
	assert_in_range(begin_ns, first_ns + 7000000000, first_ns + 12000000000);
	assert_int_equal(inputlog_export(inputlog_fd(w.log), 0, UINT64_MAX, &all, &begin_ns), 0);
	assert_int_equal(begin_ns, first_ns);
	assert_true(all.len > tts.len);
	assert_int_equal(inputlog_export(inputlog_fd(w.log), 0, first_ns + 1000000000, &early, &begin_ns), 0);
	assert_true(early.len < all.len / 2);
	world_end(&w);
}

static void an_empty_log_has_nothing_to_export(void **state _unused_)
{
	struct ring_options o = {.name = "t", .segment_bytes = 512, .segments = 2};
	struct ring *ring = NULL;
	_cleanup_buf_ struct buf tts = {0};
	uint64_t begin_ns = 0;
	assert_int_equal(ring_new(&o, &ring), 0);
	assert_int_equal(inputlog_export(ring_fd(ring), 0, UINT64_MAX, &tts, &begin_ns), -ENODATA);
	ring_free(ring);
}

static int huge_checkpoint(void *ctx _unused_, struct buf *out)
{
	static const char zeros[20000];
	buf_add(out, zeros, sizeof(zeros));
	return 0;
}

static struct inputlog *small_log(struct entities *entities, int (*checkpoint)(void *, struct buf *))
{
	struct inputlog_options o = {.vocabulary = &test_vocabulary,
				     .period_ns = test_periods,
				     .rules_digest = "d",
				     .entities = entities,
				     .checkpoint = checkpoint,
				     .ring_bytes = 256 << 10,
				     .checkpoint_every_ns = UINT64_MAX};
	struct inputlog *l = NULL;
	assert_int_equal(inputlog_new(&o, &l), 0);
	return l;
}

static void the_least_ring_for_so_many_entities_is_told_and_taken(void **state _unused_)
{
	static const unsigned slots[] = {256, 5500, INPUTLOG_ENTITIES_MAX};
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		struct entities *entities = entities_new(slots[i]);
		struct inputlog_options o = {.vocabulary = &test_vocabulary,
					     .period_ns = test_periods,
					     .rules_digest = "d",
					     .entities = entities,
					     .ring_bytes = inputlog_bytes_min(slots[i])};
		struct inputlog *l = NULL;
		assert_int_equal(inputlog_new(&o, &l), 0);
		inputlog_free(l);
		o.ring_bytes = inputlog_bytes_min(slots[i]) / 2;
		assert_int_equal(inputlog_new(&o, &l), -EINVAL);
		entities_free(entities);
	}
}

static size_t count(const struct buf *tts, enum inputlog_item_kind kind, uint64_t *ret_lost)
{
	struct inputlog_reader *r = reader_of(tts);
	struct inputlog_item item;
	size_t n = 0;
	do {
		assert_int_equal(inputlog_next(r, &item), 0);
		n += item.kind == kind;
	} while (item.kind != INPUTLOG_END);
	*ret_lost = inputlog_reader_lost(r);
	inputlog_close(r);
	return n;
}

static void a_checkpoint_that_fits_no_segment_is_lost_and_the_log_says_so(void **state _unused_)
{
	struct entities *entities = entities_new(4);
	struct inputlog *l = small_log(entities, huge_checkpoint);
	_cleanup_buf_ struct buf tts = {0};
	uint64_t begin_ns, lost;
	struct reading r = {0, 0, false, 5};
	inputlog_input(l, &(struct input){.kind = INPUT_TICK, .t_ns = 9, .tick = {&r, 1}});
	assert_int_equal(inputlog_lost(l), 1);
	assert_int_equal(inputlog_export(inputlog_fd(l), 0, UINT64_MAX, &tts, &begin_ns), 0);
	assert_int_equal(count(&tts, INPUTLOG_CHECKPOINT, &lost), 0);
	assert_int_equal(count(&tts, INPUTLOG_INPUT, &lost), 1);
	assert_int_equal(lost, 1);
	inputlog_free(l);
	entities_free(entities);
}

static void an_input_that_fits_no_segment_is_lost_and_the_next_ones_are_right(void **state _unused_)
{
	static struct event big[400];
	struct entities *entities = entities_new(4);
	struct inputlog *l = small_log(entities, NULL);
	_cleanup_buf_ struct buf tts = {0};
	uint64_t begin_ns, lost;
	struct reading r = {0, 0, false, 5};
	inputlog_input(l, &(struct input){.kind = INPUT_TICK, .t_ns = 9, .tick = {&r, 1}});
	inputlog_input(l, &(struct input){.kind = INPUT_EVENT, .t_ns = 50, .event = {0, 0, big, sizeof(big)}});
	inputlog_input(l, &(struct input){.kind = INPUT_TICK, .t_ns = 70, .tick = {&r, 1}});
	assert_int_equal(inputlog_export(inputlog_fd(l), 0, UINT64_MAX, &tts, &begin_ns), 0);
	struct inputlog_reader *reader = reader_of(&tts);
	struct inputlog_item item;
	uint64_t last_ns = 0;
	while (inputlog_next(reader, &item) == 0 && item.kind == INPUTLOG_INPUT)
		last_ns = item.input.t_ns;
	inputlog_close(reader);
	assert_int_equal(last_ns, 70);
	assert_int_equal(count(&tts, INPUTLOG_INPUT, &lost), 2);
	assert_int_equal(lost, 1);
	inputlog_free(l);
	entities_free(entities);
}

static void signals_of_another_unit_or_name_are_passed_over(void **state _unused_)
{
	static const struct signal_def others[] = {
		{"cpu.sys", UNIT_BYTES, ENTITY_BIT(ENTITY_KIND_HOST), TIER_TICK, ""},
		{"mem.used", UNIT_BYTES, ENTITY_BIT(ENTITY_KIND_HOST), TIER_TICK, ""},
	};
	static const struct vocabulary other = {.signals = others, .n_signals = 2};
	struct world w;
	world_begin(&w, 3, 1 << 20);
	for (unsigned i = 0; i < 300; i++)
		world_step(&w);
	_cleanup_buf_ struct buf tts = {0};
	uint64_t begin_ns = 0;
	assert_int_equal(inputlog_export(inputlog_fd(w.log), 0, UINT64_MAX, &tts, &begin_ns), 0);
	struct inputlog_reader *r = NULL;
	struct inputlog_item item;
	assert_int_equal(inputlog_open(tts.data, tts.len, &other, &r), 0);
	assert_int_equal(inputlog_periods(r)[0], 0);
	assert_int_equal(inputlog_periods(r)[1], 1000000000);
	size_t n = 0;
	do {
		assert_int_equal(inputlog_next(r, &item), 0);
		if (item.kind != INPUTLOG_INPUT || item.input.kind != INPUT_TICK)
			continue;
		for (size_t i = 0; i < item.input.tick.n; i++, n++)
			assert_int_equal(item.input.tick.readings[i].signal, 1);
	} while (item.kind != INPUTLOG_END);
	assert_true(n > 5);
	inputlog_close(r);
	world_end(&w);
}

static void a_newer_version_is_refused_as_newer(void **state _unused_)
{
	struct inputlog_reader *r = NULL;
	assert_int_equal(inputlog_open("TTS1\x02", 5, &test_vocabulary, &r), -EPROTONOSUPPORT);
	assert_int_equal(inputlog_open("TTS1\x01", 5, &test_vocabulary, &r), -EBADMSG);
	assert_int_equal(inputlog_open("ELF", 3, &test_vocabulary, &r), -EBADMSG);
	assert_int_equal(inputlog_open("", 0, &test_vocabulary, &r), -EBADMSG);
}

/* To the end or to the first error; items are looked at in full, so that a sanitizer sees every byte they lead to. */
static void walk(const void *data, size_t len)
{
	struct inputlog_reader *r = NULL;
	struct inputlog_item item;
	if (inputlog_open(data, len, &test_vocabulary, &r) < 0)
		return;
	while (inputlog_next(r, &item) == 0 && item.kind != INPUTLOG_END) {
		_cleanup_buf_ struct buf b = {0};
		if (item.kind == INPUTLOG_INPUT)
			describe_input(&b, &item.input);
		else if (item.kind == INPUTLOG_TRANSITION)
			describe_transition(&b, &item.transition);
	}
	inputlog_close(r);
}

static void no_cut_and_no_flipped_byte_makes_the_reader_stray(void **state _unused_)
{
	struct world w;
	world_begin(&w, 5, 1 << 20);
	for (unsigned i = 0; i < 60; i++)
		world_step(&w);
	_cleanup_buf_ struct buf tts = {0};
	uint64_t begin_ns = 0;
	assert_int_equal(inputlog_export(inputlog_fd(w.log), 0, UINT64_MAX, &tts, &begin_ns), 0);
	for (size_t len = 0; len < tts.len; len += 1 + len / 64) {
		_cleanup_free_ char *cut = malloc(len + 1);
		memcpy(cut, tts.data, len);
		walk(cut, len);
	}
	for (size_t at = 0; at < tts.len; at++) {
		static const uint8_t flips[] = {0x01, 0x80, 0xff};
		uint8_t flip = flips[world_random(&w, 3)];
		tts.data[at] ^= (char)flip;
		walk(tts.data, tts.len);
		tts.data[at] ^= (char)flip;
	}
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_what_was_written_bit_by_bit),
		cmocka_unit_test(a_log_decodes_from_any_segment_that_the_ring_still_has),
		cmocka_unit_test(an_export_begins_at_the_last_checkpoint_before_the_span),
		cmocka_unit_test(an_empty_log_has_nothing_to_export),
		cmocka_unit_test(a_checkpoint_that_fits_no_segment_is_lost_and_the_log_says_so),
		cmocka_unit_test(an_input_that_fits_no_segment_is_lost_and_the_next_ones_are_right),
		cmocka_unit_test(the_least_ring_for_so_many_entities_is_told_and_taken),
		cmocka_unit_test(signals_of_another_unit_or_name_are_passed_over),
		cmocka_unit_test(a_newer_version_is_refused_as_newer),
		cmocka_unit_test(no_cut_and_no_flipped_byte_makes_the_reader_stray),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
