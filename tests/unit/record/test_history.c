/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/clock.h"
#include "engine/record/history.h"
#include "engine/record/history_csv.h"
#include "tests/unit/support/test.h"

static const struct signal_def signals[] = {
	{"cpu.sys", UNIT_PERCENT, ENTITY_BIT(ENTITY_KIND_HOST), TIER_TICK, ""},
	{"disk.util", UNIT_PERCENT, ENTITY_BIT(ENTITY_KIND_DISK), TIER_SECOND, ""},
};
static const struct vocabulary vocabulary = {.signals = signals, .n_signals = 2};

struct past {
	struct entities *entities;
	struct history *history;
};

static struct past past_new(uint64_t ring_bytes)
{
	struct past p = {.entities = entities_new(8)};
	assert_int_equal(history_new(&vocabulary, p.entities, ring_bytes, &p.history), 0);
	return p;
}

static void past_done(struct past *p)
{
	history_free(p->history);
	entities_free(p->entities);
}

static void read_one(struct past *p, uint64_t t_ns, uint16_t signal, uint16_t entity, int64_t value)
{
	struct reading r = {signal, entity, value == INT64_MIN, value == INT64_MIN ? 0 : value};
	history_input(p->history, &(struct input){.kind = INPUT_TICK, .t_ns = t_ns, .tick = {&r, 1}});
}

static uint16_t born(struct past *p, uint64_t t_ns, const char *name)
{
	uint16_t slot = entities_add(p->entities, ENTITY_KIND_DISK, name);
	history_input(p->history, &(struct input){.kind = INPUT_BORN,
						  .t_ns = t_ns,
						  .born = {slot, ENTITY_KIND_DISK, name}});
	return slot;
}

static void gone(struct past *p, uint64_t t_ns, uint16_t slot)
{
	history_input(p->history, &(struct input){.kind = INPUT_GONE, .t_ns = t_ns, .gone = {slot}});
	entities_remove(p->entities, slot);
}

static int describe(void *ctx, const struct history_point *p, const struct entity *e)
{
	buf_printf(ctx, "%.1f %s %s %lld %lld..%lld\n", (double)p->t_ns / NS_PER_S, signals[p->signal].name, e->name,
		   (long long)p->last, (long long)p->least, (long long)p->greatest);
	return 0;
}

static void assert_points(const struct past *p, uint64_t from_ns, uint64_t to_ns, const char *expected)
{
	_cleanup_buf_ struct buf out = {0};
	assert_int_equal(history_read(history_fd(p->history), &vocabulary, from_ns, to_ns, describe, &out), 0);
	assert_string_equal(buf_str(&out), expected);
}

static void each_second_keeps_last_least_and_greatest(void **state _unused_)
{
	struct past p = past_new(256 << 10);
	for (int i = 0; i < 10; i++)
		read_one(&p, (uint64_t)i * 100 * NS_PER_MS, 0, 0, i == 3 ? -50 : i);
	read_one(&p, NS_PER_S, 0, 0, 7);
	read_one(&p, 2 * NS_PER_S, 0, 0, 7);
	read_one(&p, 3 * NS_PER_S, 0, 0, INT64_MIN);
	read_one(&p, 4 * NS_PER_S, 0, 0, INT64_MAX);
	read_one(&p, 5 * NS_PER_S, 0, 0, 1);
	assert_points(&p, 0, UINT64_MAX,
		      "0.9 cpu.sys host 9 -50..9\n"
		      "1.0 cpu.sys host 7 7..7\n"
		      "2.0 cpu.sys host 7 7..7\n"
		      "4.0 cpu.sys host 9223372036854775807 9223372036854775807..9223372036854775807\n");
	assert_points(&p, NS_PER_S, 2 * NS_PER_S - 1, "1.0 cpu.sys host 7 7..7\n");
	past_done(&p);
}

static void an_entity_keeps_its_name_when_its_slot_is_used_again(void **state _unused_)
{
	struct past p = past_new(256 << 10);
	uint16_t a = born(&p, 1, "sda");
	read_one(&p, 100 * NS_PER_MS, 1, a, 5);
	gone(&p, 200 * NS_PER_MS, a);
	uint16_t b = born(&p, 300 * NS_PER_MS, "sdb");
	assert_int_equal(a, b);
	read_one(&p, 400 * NS_PER_MS, 1, b, 6);
	read_one(&p, NS_PER_S, 0, 0, 0);
	assert_points(&p, 0, UINT64_MAX, "0.1 disk.util sda 5 5..5\n0.4 disk.util sdb 6 6..6\n");
	past_done(&p);
}

#define CROWD 600

static int count_seconds(void *ctx, const struct history_point *p, const struct entity *e _unused_)
{
	assert_int_equal(p->last, (int64_t)(p->t_ns / NS_PER_S) + p->entity);
	++*(size_t *)ctx;
	return 0;
}

/* A point takes a few bytes, 36 at worst: room for the worst must not be what a second is given. */
static void seconds_of_many_series_share_a_segment(void **state _unused_)
{
	struct past p = {.entities = entities_new(CROWD + 1)};
	struct reading r[CROWD];
	size_t n = 0;
	assert_int_equal(history_new(&vocabulary, p.entities, 512 << 10, &p.history), 0);
	for (size_t i = 0; i < CROWD; i++) {
		char name[16];
		snprintf(name, sizeof(name), "sd%zu", i);
		r[i] = (struct reading){.signal = 1, .entity = born(&p, 1, name)};
	}
	for (uint64_t s = 1; s <= 41; s++) {
		for (size_t i = 0; i < CROWD; i++)
			r[i].value = (int64_t)s + r[i].entity;
		history_input(p.history, &(struct input){.kind = INPUT_TICK, .t_ns = s * NS_PER_S, .tick = {r, CROWD}});
	}
	assert_int_equal(history_read(history_fd(p.history), &vocabulary, 0, UINT64_MAX, count_seconds, &n), 0);
	assert_int_equal(n, 40 * CROWD);
	past_done(&p);
}

static void it_reads_as_a_table_in_units_of_people(void **state _unused_)
{
	struct past p = past_new(256 << 10);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	uint64_t first_ns = 0;
	uint16_t odd = born(&p, 1, "a \"b\",\n");
	read_one(&p, NS_PER_S, 0, 0, 25000);
	read_one(&p, NS_PER_S + 1, 0, 0, 10000);
	read_one(&p, NS_PER_S + 1, 1, odd, 1000000);
	read_one(&p, 2 * NS_PER_S, 0, 0, 0);
	FILE *to = open_memstream(&text, &len);
	assert_int_equal(history_csv(history_fd(p.history), &vocabulary, 0, UINT64_MAX, 5, to, &first_ns), 0);
	fclose(to);
	assert_string_equal(text, "time,kind,entity,signal,last,least,greatest\n"
				  "1970-01-01T00:00:01.000000006Z,host,host,cpu.sys[%],1,,2.5\n"
				  "1970-01-01T00:00:01.000000006Z,disk,\"a \"\"b\"\",\\x0a\",disk.util[%],100,,\n");
	assert_int_equal(first_ns, NS_PER_S + 1);
	past_done(&p);
}

struct run {
	uint64_t next_ns, n;
	uint16_t disk;
};

static int check_run(void *ctx, const struct history_point *p, const struct entity *e)
{
	struct run *r = ctx;
	assert_true(r->n == 0 || p->t_ns >= r->next_ns);
	r->next_ns = p->t_ns;
	r->n++;
	assert_int_equal(p->last, (int64_t)(p->t_ns / NS_PER_S * 3 + p->signal));
	assert_string_equal(e->name, p->signal ? "sda" : "host");
	return 0;
}

static void after_the_ring_went_round_the_rest_decodes_from_its_oldest_segment(void **state _unused_)
{
	struct past p = past_new(256 << 10);
	uint16_t disk = born(&p, 1, "sda");
	for (uint64_t s = 0; s < 20000; s++) {
		struct reading r[] = {{0, 0, false, (int64_t)(s * 3)}, {1, disk, false, (int64_t)(s * 3 + 1)}};
		history_input(p.history, &(struct input){.kind = INPUT_TICK, .t_ns = s * NS_PER_S, .tick = {r, 2}});
	}
	struct run run = {0};
	assert_int_equal(history_read(history_fd(p.history), &vocabulary, 0, UINT64_MAX, check_run, &run), 0);
	assert_in_range(run.n, 10000, 2 * 20000 - 100);
	assert_int_equal(run.next_ns, 19998 * NS_PER_S);
	past_done(&p);
}

static int stop_at_once(void *ctx, const struct history_point *p _unused_, const struct entity *e _unused_)
{
	++*(int *)ctx;
	return 77;
}

static void what_the_callback_returns_first_ends_the_walk(void **state _unused_)
{
	struct past p = past_new(256 << 10);
	int calls = 0;
	for (uint64_t s = 0; s < 5; s++)
		read_one(&p, s * NS_PER_S, 0, 0, 1);
	assert_int_equal(history_read(history_fd(p.history), &vocabulary, 0, UINT64_MAX, stop_at_once, &calls), 77);
	assert_int_equal(calls, 1);
	past_done(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_second_keeps_last_least_and_greatest),
		cmocka_unit_test(an_entity_keeps_its_name_when_its_slot_is_used_again),
		cmocka_unit_test(seconds_of_many_series_share_a_segment),
		cmocka_unit_test(it_reads_as_a_table_in_units_of_people),
		cmocka_unit_test(after_the_ring_went_round_the_rest_decodes_from_its_oldest_segment),
		cmocka_unit_test(what_the_callback_returns_first_ends_the_walk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
