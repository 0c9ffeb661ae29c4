/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/io.h"
#include "snapshot/stage.h"
#include "snapshot/bundle/bundle.h"
#include "snapshot/wire.h"

/* A stage whose reports nobody reads. */
struct rig {
	struct plan plan;
	struct stage *stage;
	int ends[2], fd;
};

static void rig_init(struct rig *rig, uint64_t max_bytes)
{
	*rig = (struct rig){.plan = {.id = "20261120T172301Z-test-00000001", .max_bytes = max_bytes}};
	assert_int_equal(wire_pair(rig->ends), 0);
	rig->fd = io_memfd("stage", 0);
	assert_int_equal(stage_new(rig->ends[0], rig->fd, &rig->plan, &rig->stage), 0);
}

static void rig_done(struct rig *rig)
{
	stage_free(rig->stage);
	close(rig->fd);
	close(rig->ends[0]);
	close(rig->ends[1]);
}

static void give_entry(struct rig *rig, const struct ledger_entry *entry, const char *text)
{
	_cleanup_close_ int fd = wire_text("member", text);
	stage_member(rig->stage, entry, fd);
}

static void give(struct rig *rig, const char *member, enum member_state state, const char *text)
{
	struct ledger_entry entry = {.state = state};
	snprintf(entry.member, sizeof(entry.member), "%s", member);
	give_entry(rig, &entry, text);
}

/* Lines that hardly compress. */
static void add_noise(struct buf *out, size_t len)
{
	for (uint64_t x = 1; out->len < len; x = x * 6364136223846793005 + 1442695040888963407)
		buf_printf(out, "%016llx\n", (unsigned long long)x);
}

/* What the ledger says of members that were given; to be freed by ledger_done(). */
static struct ledger ledger_of(struct rig *rig)
{
	struct ledger l = {0};
	_cleanup_buf_ struct buf text = {0};
	_cleanup_close_ int fd = stage_read(rig->stage, "ledger.json");
	assert_true(fd >= 0 && lseek(fd, 0, SEEK_SET) == 0);
	assert_int_equal(io_read_all(fd, 1 << 20, &text), 0);
	assert_int_equal(ledger_parse(text.data, text.len, &l), 0);
	return l;
}

static void what_has_no_lines_is_left_out_whole_and_is_a_gap(void **state _unused_)
{
	static const char *const wholes[] = {"profile/perf.data", "profile/flame.svg", "profile/summary.json", "samples.tts"};
	_cleanup_buf_ struct buf noise = {0};
	struct rig rig;
	add_noise(&noise, 60000);
	rig_init(&rig, 16384);
	for (size_t i = 0; i < ARRAY_SIZE(wholes); i++)
		give(&rig, wholes[i], MEMBER_COMPLETE, noise.data);
	give(&rig, "a.txt", MEMBER_COMPLETE, noise.data);
	_cleanup_(ledger_done) struct ledger l = ledger_of(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(wholes); i++) {
		const struct ledger_entry *e = ledger_find(&l, wholes[i]);
		assert_false(e->present);
		assert_true(member_state_is_gap(e->state));
		assert_string_equal(e->reason, "max_size of 16384 bytes: 0 of 60010 bytes kept");
	}
	assert_true(ledger_find(&l, "a.txt")->present);
	rig_done(&rig);
}

static void a_cut_keeps_what_was_wrong_before(void **state _unused_)
{
	_cleanup_buf_ struct buf noise = {0};
	struct rig rig;
	add_noise(&noise, 60000);
	rig_init(&rig, 16384);
	give_entry(&rig, &(struct ledger_entry){.member = "a.txt", .state = MEMBER_TIMEOUT, .reason = "killed"}, noise.data);
	give_entry(&rig, &(struct ledger_entry){.member = "b.data", .state = MEMBER_PARTIAL, .reason = "late"}, noise.data);
	_cleanup_(ledger_done) struct ledger l = ledger_of(&rig);
	const struct ledger_entry *a = ledger_find(&l, "a.txt"), *b = ledger_find(&l, "b.data");
	assert_int_equal(a->state, MEMBER_TIMEOUT);
	assert_true(a->present && starts_with(a->reason, "killed; max_size of 16384 bytes: "));
	assert_int_equal(b->state, MEMBER_TRUNCATED);
	assert_string_equal(b->reason, "late; max_size of 16384 bytes: 0 of 60010 bytes kept");
	rig_done(&rig);
}

static void a_cut_is_after_a_line_or_not_at_all(void **state _unused_)
{
	_cleanup_buf_ struct buf noise = {0};
	add_noise(&noise, 20000);
	size_t fit = stage_fit(noise.data, noise.len, 9000);
	assert_true(fit > 1000 && fit < noise.len);
	assert_int_equal(noise.data[fit - 1], '\n');
	for (size_t i = 0; i < noise.len; i++)
		if (noise.data[i] == '\n')
			noise.data[i] = ' ';
	assert_int_equal(stage_fit(noise.data, noise.len, 9000), 0);
}

static void scratch_of_a_collector_that_came_to_its_end_is_given_to_the_next(void **state _unused_)
{
	struct rig rig;
	char text[8] = "";
	rig_init(&rig, 0);
	give(&rig, ".rows", MEMBER_COMPLETE, "whole");
	_cleanup_close_ int fd = stage_read(rig.stage, ".rows");
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 5);
	assert_string_equal(text, "whole");
	assert_int_equal(stage_read(rig.stage, ".others"), -ENOENT);
	rig_done(&rig);
}

static void scratch_that_was_cut_is_not_taken_for_the_whole(void **state _unused_)
{
	static const enum member_state cut[] = {MEMBER_FAILED, MEMBER_TIMEOUT, MEMBER_TRUNCATED};
	struct rig rig;
	rig_init(&rig, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		char member[16];
		snprintf(member, sizeof(member), ".rows-%zu", i);
		give(&rig, member, cut[i], "ha");
		assert_int_equal(stage_read(rig.stage, member), -ENODATA);
	}
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_lines_is_left_out_whole_and_is_a_gap),
		cmocka_unit_test(a_cut_keeps_what_was_wrong_before),
		cmocka_unit_test(a_cut_is_after_a_line_or_not_at_all),
		cmocka_unit_test(scratch_of_a_collector_that_came_to_its_end_is_given_to_the_next),
		cmocka_unit_test(scratch_that_was_cut_is_not_taken_for_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
