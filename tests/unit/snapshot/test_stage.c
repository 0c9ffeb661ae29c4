/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/test.h"

#include "engine/base/io.h"
#include "snapshot/stage.h"
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

static void give(struct rig *rig, const char *member, enum member_state state, const char *text)
{
	struct ledger_entry entry = {.state = state};
	_cleanup_close_ int fd = wire_text("member", text);
	snprintf(entry.member, sizeof(entry.member), "%s", member);
	stage_member(rig->stage, &entry, fd);
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
		cmocka_unit_test(scratch_of_a_collector_that_came_to_its_end_is_given_to_the_next),
		cmocka_unit_test(scratch_that_was_cut_is_not_taken_for_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
