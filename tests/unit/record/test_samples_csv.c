/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/samples_csv.h"
#include "tests/unit/record/inputs.h"

static void tick(struct inputlog *l, uint64_t t_ns, const struct reading *readings, size_t n)
{
	inputlog_input(l, &(struct input){.kind = INPUT_TICK, .t_ns = t_ns, .tick = {readings, n}});
}

static void a_log(struct buf *ret_tts)
{
	struct entities *entities = entities_new(8);
	uint16_t cpu = entities_add(entities, ENTITY_KIND_CPU, "0"), sda = entities_add(entities, ENTITY_KIND_DISK, "sda"),
		 sdb = entities_add(entities, ENTITY_KIND_DISK, "sdb");
	struct inputlog_options o = {.vocabulary = &test_vocabulary,
				     .period_ns = test_periods,
				     .rules_digest = "",
				     .entities = entities,
				     .ring_bytes = 1 << 20,
				     .checkpoint_every_ns = UINT64_MAX};
	struct inputlog *l = NULL;
	uint64_t begin_ns;
	assert_int_equal(inputlog_new(&o, &l), 0);
	inputlog_input(l, &(struct input){.kind = INPUT_BORN, .t_ns = 1, .born = {cpu, ENTITY_KIND_CPU, "0"}});
	inputlog_input(l, &(struct input){.kind = INPUT_BORN, .t_ns = 1, .born = {sda, ENTITY_KIND_DISK, "sda"}});
	inputlog_input(l, &(struct input){.kind = INPUT_BORN, .t_ns = 1, .born = {sdb, ENTITY_KIND_DISK, "sdb"}});
	tick(l, 1000000000, (struct reading[]){{0, 0, false, 452134}, {0, cpu, false, 900000}, {3, 0, false, 4096}}, 3);
	tick(l, 1500000000, (struct reading[]){{1, 0, false, 1}}, 1);
	tick(l, 2000000000, (struct reading[]){{0, 0, true, 0}, {2, sda, false, -20000001}, {2, sdb, false, 7}}, 3);
	assert_int_equal(inputlog_export(inputlog_fd(l), 0, UINT64_MAX, ret_tts, &begin_ns), 0);
	inputlog_free(l);
	entities_free(entities);
}

static void assert_csv(const char *const *signals, size_t n, const char *entity, const char *expected)
{
	_cleanup_buf_ struct buf tts = {0}, out = {0};
	a_log(&tts);
	assert_int_equal(samples_csv(tts.data, tts.len, &test_vocabulary, signals, n, entity, 5, &out), 0);
	assert_string_equal(buf_str(&out), expected);
}

static void a_row_holds_what_was_read_at_its_tick_in_units_of_people(void **state _unused_)
{
	static const char *const signals[] = {"cpu.sys", "mem.used"};
	assert_csv(signals, 2, "host",
		   "time,cpu.sys[%],mem.used[bytes]\n"
		   "1970-01-01T00:00:01.000000005Z,45.2134,4096\n"
		   "1970-01-01T00:00:02.000000005Z,,\n");
}

static void an_entitys_own_signals_stand_beside_those_of_the_host(void **state _unused_)
{
	static const char *const signals[] = {"disk.await", "cpu.sys", "no.such"};
	assert_csv(signals, 3, "sda",
		   "time,disk.await[s],cpu.sys[%],no.such\n"
		   "1970-01-01T00:00:01.000000005Z,,45.2134,\n"
		   "1970-01-01T00:00:02.000000005Z,-0.020000001,,\n");
	assert_csv(signals + 1, 1, "0", "time,cpu.sys[%]\n1970-01-01T00:00:01.000000005Z,90\n");
}

static void rows_before_the_damage_stay(void **state _unused_)
{
	static const char *const signals[] = {"cpu.sys"};
	_cleanup_buf_ struct buf tts = {0}, out = {0};
	a_log(&tts);
	assert_int_equal(samples_csv(tts.data, tts.len - 2, &test_vocabulary, signals, 1, "host", 0, &out), -EBADMSG);
	assert_string_equal(buf_str(&out), "time,cpu.sys[%]\n1970-01-01T00:00:01.000000000Z,45.2134\n");
	assert_int_equal(samples_csv("x", 1, &test_vocabulary, signals, 1, "host", 0, &out), -EBADMSG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_holds_what_was_read_at_its_tick_in_units_of_people),
		cmocka_unit_test(an_entitys_own_signals_stand_beside_those_of_the_host),
		cmocka_unit_test(rows_before_the_damage_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
