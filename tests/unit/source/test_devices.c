/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/source/fake.h"

#define MS INT64_C(1000000)

extern const struct part_ops part_disk, part_netdev;

static int64_t disk(const struct fake *f, unsigned signal, const char *name)
{
	return fake_value(f, signal, ENTITY_KIND_DISK, name);
}

static void loops_ram_disks_and_partitions_are_left_out(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "diskstats", "7 0 loop0 1 1 1 1 1 1 1 1 0 1 1\n253 0 zram0 1 1 1 1 1 1 1 1 0 1 1\n"
				   "8 0 sda 1 1 1 1 1 1 1 1 0 1 1\n8 1 sda1 1 1 1 1 1 1 1 1 0 1 1\n"
				   "259 0 nvme0n1 1 1 1 1 1 1 1 1 0 1 1\n259 1 nvme0n1p1 1 1 1 1 1 1 1 1 0 1 1\n"
				   "252 1 dm-1 1 1 1 1 1 1 1 1 0 1 1\n252 10 dm-10 1 1 1 1 1 1 1 1 0 1 1\n");
	struct part *p = part_disk.open(&f->env);
	fake_read(f, &part_disk, p, 0);
	assert_int_equal(f->env.churn.n_born, 4);
	assert_int_not_equal(entities_find(f->env.entities, ENTITY_KIND_DISK, "dm-10"), ENTITY_NONE);
	assert_int_equal(entities_find(f->env.entities, ENTITY_KIND_DISK, "nvme0n1p1"), ENTITY_NONE);
	assert_int_equal(entities_find(f->env.entities, ENTITY_KIND_DISK, "sda1"), ENTITY_NONE);
	part_disk.close(p);
	fake_free(f);
}

static void a_list_of_our_own_says_which_disks_are_skipped(void **state _unused_)
{
	struct fake *f = fake_new();
	static const char *const skip[] = {"sd*", NULL};
	f->options.skip_disks = skip;
	fake_write(f, "diskstats", "7 0 loop0 1 1 1 1 1 1 1 1 0 1 1\n8 0 sda 1 1 1 1 1 1 1 1 0 1 1\n");
	struct part *p = part_disk.open(&f->env);
	fake_read(f, &part_disk, p, 0);
	assert_int_not_equal(entities_find(f->env.entities, ENTITY_KIND_DISK, "loop0"), ENTITY_NONE);
	assert_int_equal(entities_find(f->env.entities, ENTITY_KIND_DISK, "sda"), ENTITY_NONE);
	part_disk.close(p);
	fake_free(f);
}

static void await_is_the_mean_time_of_what_completed(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "diskstats", "8 0 sda 100 0 800 1000 50 0 400 4294967290 0 500 0\n");
	struct part *p = part_disk.open(&f->env);
	fake_read(f, &part_disk, p, 0);
	/* 10 reads took 50 ms; 2 writes took 40 ms, their sum wrapped at 2^32. */
	fake_write(f, "diskstats", "8 0 sda 110 0 880 1050 52 0 416 34 1 750 0\n");
	fake_read(f, &part_disk, p, SECOND_NS);
	assert_int_equal(disk(f, SIGNAL_DISK_AWAIT_READ, "sda"), 5 * MS);
	assert_int_equal(disk(f, SIGNAL_DISK_AWAIT_WRITE, "sda"), 20 * MS);
	assert_int_equal(disk(f, SIGNAL_DISK_AWAIT, "sda"), 90 * MS / 12);
	assert_int_equal(disk(f, SIGNAL_DISK_UTIL, "sda"), 250000);
	assert_int_equal(disk(f, SIGNAL_DISK_READ_BYTES, "sda"), 80 * 512);
	assert_int_equal(disk(f, SIGNAL_DISK_WRITES, "sda"), 2000);
	assert_int_equal(disk(f, SIGNAL_DISK_INFLIGHT, "sda"), 1);
	part_disk.close(p);
	fake_free(f);
}

static void without_completions_await_is_zero_when_idle_and_grows_when_stuck(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "diskstats", "8 0 sda 1 0 8 1 1 0 8 1 0 5 0\n");
	struct part *p = part_disk.open(&f->env);
	fake_read(f, &part_disk, p, 0);
	fake_read(f, &part_disk, p, SECOND_NS);
	assert_int_equal(disk(f, SIGNAL_DISK_AWAIT, "sda"), 0);
	fake_write(f, "block/sda/inflight", "       0        3\n");
	fake_write(f, "diskstats", "8 0 sda 1 0 8 1 1 0 8 1 3 5 0\n");
	fake_read(f, &part_disk, p, SECOND_NS);
	fake_read(f, &part_disk, p, SECOND_NS);
	assert_int_equal(disk(f, SIGNAL_DISK_AWAIT, "sda"), 3000 * MS);
	assert_int_equal(disk(f, SIGNAL_DISK_AWAIT_WRITE, "sda"), 3000 * MS);
	assert_int_equal(disk(f, SIGNAL_DISK_AWAIT_READ, "sda"), 0);
	assert_int_equal(disk(f, SIGNAL_DISK_UTIL, "sda"), 1000000);
	part_disk.close(p);
	fake_free(f);
}

static void a_disk_that_left_is_gone_and_its_namesake_starts_anew(void **state _unused_)
{
	struct fake *f = fake_new();
	const char *line = "8 0 sda 100 0 800 1000 50 0 400 40 0 500 0\n";
	fake_write(f, "diskstats", line);
	struct part *p = part_disk.open(&f->env);
	fake_read(f, &part_disk, p, 0);
	fake_write(f, "diskstats", "");
	fake_read(f, &part_disk, p, SECOND_NS);
	assert_int_equal(f->env.churn.n_gone, 1);
	fake_write(f, "diskstats", line);
	fake_read(f, &part_disk, p, SECOND_NS);
	assert_int_equal(f->env.churn.n_born, 1);
	assert_null(fake_find(f, SIGNAL_DISK_READS, ENTITY_KIND_DISK, "sda"));
	part_disk.close(p);
	fake_free(f);
}

static void more_disks_than_slots_are_refused_once_each(void **state _unused_)
{
	struct fake *f = fake_new();
	_cleanup_buf_ struct buf text = {0};
	for (int i = 0; i < 40; i++)
		buf_printf(&text, "8 %d x%c%c 1 1 1 1 1 1 1 1 0 1 1\n", i, 'a' + i / 26, 'a' + i % 26);
	fake_write(f, "diskstats", buf_str(&text));
	struct part *p = part_disk.open(&f->env);
	fake_read(f, &part_disk, p, 0);
	fake_read(f, &part_disk, p, SECOND_NS);
	assert_int_equal(entities_refused(f->env.entities), 40 - 31);
	part_disk.close(p);
	fake_free(f);
}

static void hostile_lines_make_neither_entities_nor_crashes(void **state _unused_)
{
	struct fake *f = fake_new();
	_cleanup_buf_ struct buf text = {0};
	buf_add_str(&text, "8\n8 0\n8 0 sdz\n8 0 sdy 99999999999999999999999 1 1 1 1 1 1 1 1 1 1\nx\n\n8 0 ");
	for (int i = 0; i < 1000; i++)
		buf_add_char(&text, 'n');
	fake_write(f, "diskstats", buf_str(&text));
	struct part *p = part_disk.open(&f->env);
	fake_read(f, &part_disk, p, 0);
	fake_read(f, &part_disk, p, SECOND_NS);
	assert_int_equal(disk(f, SIGNAL_DISK_READS, "sdy"), 0);
	assert_true(fake_find(f, SIGNAL_DISK_READS, ENTITY_KIND_DISK, "sdz")->unknown);
	part_disk.close(p);
	fake_free(f);
}

#define NET_HEADER "Inter-|   Receive                            |  Transmit\n face |bytes    packets errs drop\n"

static void devices_come_and_go_with_their_carrier(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "class/net/eth0/carrier", "1\n");
	fake_write(f, "net/dev", NET_HEADER "  eth0: 100 10 1 2 0 0 0 0 200 20 3 4 0 0 0 0\n"
					    "    lo:1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n");
	struct part *p = part_netdev.open(&f->env);
	fake_read(f, &part_netdev, p, 0);
	assert_int_equal(f->env.churn.n_born, 2);
	fake_write(f, "class/net/eth0/carrier", "0\n");
	fake_write(f, "net/dev", NET_HEADER "  eth0: 1100 20 2 7 0 0 0 0 200 20 3 5 0 0 0 0\n");
	fake_read(f, &part_netdev, p, SECOND_NS);
	assert_int_equal(fake_value(f, SIGNAL_NETDEV_RX_BYTES, ENTITY_KIND_NETDEV, "eth0"), 1000);
	assert_int_equal(fake_value(f, SIGNAL_NETDEV_RX_DROPS, ENTITY_KIND_NETDEV, "eth0"), 5000);
	assert_int_equal(fake_value(f, SIGNAL_NETDEV_TX_DROPS, ENTITY_KIND_NETDEV, "eth0"), 1000);
	assert_int_equal(fake_value(f, SIGNAL_NETDEV_CARRIER, ENTITY_KIND_NETDEV, "eth0"), 0);
	assert_int_equal(f->env.churn.n_gone, 1);
	part_netdev.close(p);
	fake_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_ram_disks_and_partitions_are_left_out),
		cmocka_unit_test(a_list_of_our_own_says_which_disks_are_skipped),
		cmocka_unit_test(await_is_the_mean_time_of_what_completed),
		cmocka_unit_test(without_completions_await_is_zero_when_idle_and_grows_when_stuck),
		cmocka_unit_test(a_disk_that_left_is_gone_and_its_namesake_starts_anew),
		cmocka_unit_test(more_disks_than_slots_are_refused_once_each),
		cmocka_unit_test(hostile_lines_make_neither_entities_nor_crashes),
		cmocka_unit_test(devices_come_and_go_with_their_carrier),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
