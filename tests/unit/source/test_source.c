/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/source.h"
#include "tests/unit/source/fake.h"

struct seen {
	enum input_kind kind[64];
	uint64_t t_ns[64];
	unsigned n;
	bool entities[32]; /* with a reading */
};

static void see(void *ctx, const struct input *in)
{
	struct seen *s = ctx;
	for (size_t i = 0; in->kind == INPUT_TICK && i < in->tick.n; i++)
		s->entities[in->tick.readings[i].entity] = true;
	if (s->n < 64) {
		s->kind[s->n] = in->kind;
		s->t_ns[s->n++] = in->t_ns;
	}
}

static struct source *open_fake(struct fake *f)
{
	struct source *s = NULL;
	f->options.proc_root = f->options.sys_root = f->root;
	assert_int_equal(source_open(&f->options, &s), 0);
	return s;
}

static void fill(struct fake *f)
{
	fake_write(f, "stat", "cpu0 1 1 1 1\nintr 1\nctxt 1\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n");
	fake_write(f, "loadavg", "0.10 0.10 0.10 1/9 7\n");
	fake_write(f, "diskstats", "8 0 sda 1 1 1 1 1 1 1 1 0 1 1\n");
}

static void births_come_before_the_first_readings_and_deaths_after_the_last(void **state _unused_)
{
	struct fake *f = fake_new();
	struct seen seen = {0};
	fill(f);
	struct source *s = open_fake(f);
	source_take_now(s, see, &seen);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.kind[0], INPUT_BORN); /* CPU 0 */
	assert_int_equal(seen.kind[1], INPUT_BORN); /* sda */
	assert_int_equal(seen.kind[2], INPUT_TICK);
	fake_write(f, "diskstats", "");
	seen.n = 0;
	source_take_now(s, see, &seen);
	assert_int_equal(seen.kind[seen.n - 2], INPUT_TICK);
	assert_int_equal(seen.kind[seen.n - 1], INPUT_GONE);
	assert_int_equal(entities_find(f->env.entities, ENTITY_KIND_DISK, "sda"), ENTITY_NONE);
	for (unsigned i = 1; i < seen.n; i++)
		assert_true(seen.t_ns[i] >= seen.t_ns[i - 1]);
	source_close(s);
	fake_free(f);
}

static unsigned count(const struct seen *seen, enum input_kind kind)
{
	unsigned n = 0;
	for (unsigned i = 0; i < seen->n; i++)
		n += seen->kind[i] == kind;
	return n;
}

static void a_disk_that_an_event_named_first_is_measured_and_goes_away_as_any_other(void **state _unused_)
{
	struct fake *f = fake_new();
	struct seen seen = {0};
	fill(f);
	struct source *s = open_fake(f);
	uint16_t slot = entities_add(f->env.entities, ENTITY_KIND_DISK, "sda");
	assert_int_equal(source_hear(s, slot, /* is_new= */ true), 0);
	source_take_now(s, see, &seen);
	assert_int_equal(count(&seen, INPUT_BORN), 1); /* CPU 0: the disk was announced with its event */
	assert_true(seen.entities[slot]);
	seen = (struct seen){0};
	fake_write(f, "diskstats", "");
	source_take_now(s, see, &seen);
	assert_int_equal(count(&seen, INPUT_GONE), 1);
	assert_int_equal(entities_find(f->env.entities, ENTITY_KIND_DISK, "sda"), ENTITY_NONE);
	source_close(s);
	fake_free(f);
}

static void another_root_is_read_by_files_and_says_so(void **state _unused_)
{
	struct fake *f = fake_new();
	struct source_signal about;
	char why[128];
	fill(f);
	struct source *s = open_fake(f);
	assert_int_equal(source_kind(s), SOURCE_PROC);
	snprintf(why, sizeof(why), "the root is '%s', not /proc", f->root);
	assert_string_equal(source_fallback_reason(s), why);
	assert_int_equal(source_periods(s)[SIGNAL_CPU_SYS], SECOND_NS / 10);
	assert_int_equal(source_periods(s)[SIGNAL_DISK_AWAIT], SECOND_NS);
	assert_int_equal(source_periods(s)[SIGNAL_MEM_FREE], 0);
	source_signal(s, SIGNAL_MEM_FREE, &about);
	assert_false(about.available);
	assert_string_equal(about.reason, "cannot read '/proc/meminfo': No such file or directory");
	source_signal(s, SIGNAL_TASKS_TOTAL, &about);
	assert_string_equal(about.from, "/proc/loadavg");
	source_close(s);
	fake_free(f);
}

static void without_even_a_stat_there_is_no_source(void **state _unused_)
{
	struct fake *f = fake_new();
	struct source *s = NULL;
	f->options.proc_root = f->options.sys_root = f->root;
	assert_int_equal(source_open(&f->options, &s), -ENOENT);
	fake_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(births_come_before_the_first_readings_and_deaths_after_the_last),
		cmocka_unit_test(a_disk_that_an_event_named_first_is_measured_and_goes_away_as_any_other),
		cmocka_unit_test(another_root_is_read_by_files_and_says_so),
		cmocka_unit_test(without_even_a_stat_there_is_no_source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
