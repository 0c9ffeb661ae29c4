/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/source/fake.h"

#define MS UINT64_C(1000000)

extern const struct part_ops part_stat, part_loadavg, part_meminfo, part_vmstat, part_tcp, part_softnet, part_psi;

#define STAT_TAIL "intr 1000 9 9 9\nctxt 5000\nbtime 1\nprocesses 100\nprocs_running 3\nprocs_blocked 2\n" \
		  "softirq 100 1 10 20 30 40 0 50 60 70 80\n"

static void shares_are_of_wall_time_and_never_of_the_sum(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "devices/system/cpu/possible", "0-1\n");
	fake_write(f, "stat", "cpu  0 0 0 0\ncpu0 100 0 50 500 0 0 0 0 0 0\ncpu1 0 0 0 600 0 0 0 0 0 0\n" STAT_TAIL);
	struct part *p = part_stat.open(&f->env);
	fake_read(f, &part_stat, p, 0);
	assert_null(fake_find(f, SIGNAL_CPU_SYS, ENTITY_KIND_HOST, "host"));
	assert_int_equal(f->env.churn.n_born, 2);
	/* CPU 0: 60 of 100 jiffies in the kernel; CPU 1 says nothing at all, its idle time is credited late. */
	fake_write(f, "stat", "cpu  0 0 0 0\ncpu0 140 0 110 500 0 0 0 0 0 0\ncpu1 0 0 0 600 0 0 0 0 0 0\n" STAT_TAIL);
	fake_read(f, &part_stat, p, SECOND_NS);
	assert_int_equal(fake_value(f, SIGNAL_CPU_SYS, ENTITY_KIND_CPU, "0"), 600000);
	assert_int_equal(fake_host(f, SIGNAL_CPU_SYS), 300000);
	assert_int_equal(fake_host(f, SIGNAL_CPU_USER), 200000);
	assert_int_equal(fake_value(f, SIGNAL_CPU_IDLE, ENTITY_KIND_CPU, "1"), 0);
	assert_int_equal(fake_host(f, SIGNAL_SCHED_RUNNING), 2); /* not us, who read it */
	assert_int_equal(fake_host(f, SIGNAL_SCHED_BLOCKED), 2);
	part_stat.close(p);
	fake_free(f);
}

static void a_cpu_that_went_offline_is_gone_and_comes_back_without_a_jump(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "devices/system/cpu/possible", "0-1\n");
	const char *both = "cpu0 100 0 50 500\ncpu1 9000 0 9000 600\n" STAT_TAIL;
	fake_write(f, "stat", both);
	struct part *p = part_stat.open(&f->env);
	fake_read(f, &part_stat, p, 0);
	fake_write(f, "stat", "cpu0 100 0 50 500\n" STAT_TAIL);
	fake_read(f, &part_stat, p, SECOND_NS);
	assert_int_equal(f->env.churn.n_gone, 1);
	assert_int_equal(entities_find(f->env.entities, ENTITY_KIND_CPU, "1"), ENTITY_NONE);
	fake_write(f, "stat", "cpu0 100 0 50 500\ncpu1 3 0 2 1\n" STAT_TAIL);
	fake_read(f, &part_stat, p, SECOND_NS);
	assert_int_equal(f->env.churn.n_born, 1);
	assert_null(fake_find(f, SIGNAL_CPU_SYS, ENTITY_KIND_CPU, "1"));
	assert_int_equal(fake_host(f, SIGNAL_CPU_USER), 0);
	fake_write(f, "stat", "cpu0 100 0 50 500\ncpu1 13 0 2 1\n" STAT_TAIL);
	fake_read(f, &part_stat, p, SECOND_NS);
	assert_int_equal(fake_value(f, SIGNAL_CPU_USER, ENTITY_KIND_CPU, "1"), 100000);
	part_stat.close(p);
	fake_free(f);
}

static void counts_of_stat_become_rates(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "stat", "cpu0 1 1 1 1\n" STAT_TAIL);
	struct part *p = part_stat.open(&f->env);
	fake_read(f, &part_stat, p, 0);
	fake_write(f, "stat", "cpu0 1 1 1 1\nintr 1500 1\nctxt 5250\nprocesses 101\nprocs_running 1\nprocs_blocked 0\n"
			      "softirq 100 1 10 20 37 40 0 50 60 70 81\n");
	fake_read(f, &part_stat, p, SECOND_NS / 2 + SECOND_NS / 2);
	assert_int_equal(fake_host(f, SIGNAL_IRQ_TOTAL), 500000);
	assert_int_equal(fake_host(f, SIGNAL_SCHED_SWITCHES), 250000);
	assert_int_equal(fake_host(f, SIGNAL_SCHED_FORKS), 1000);
	assert_int_equal(fake_host(f, SIGNAL_SOFTIRQ_NET_RX), 7000);
	assert_int_equal(fake_host(f, SIGNAL_SOFTIRQ_RCU), 1000);
	assert_int_equal(fake_host(f, SIGNAL_SOFTIRQ_TIMER), 0);
	part_stat.close(p);
	fake_free(f);
}

static void a_truncated_stat_is_unknown_and_not_zero(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "stat", "cpu0 1 1 1 1\n" STAT_TAIL);
	struct part *p = part_stat.open(&f->env);
	fake_read(f, &part_stat, p, 0);
	fake_write(f, "stat", "cpu0 1 1");
	fake_read(f, &part_stat, p, SECOND_NS);
	assert_true(fake_find(f, SIGNAL_CPU_SYS, ENTITY_KIND_HOST, "host")->unknown);
	assert_true(fake_find(f, SIGNAL_SCHED_RUNNING, ENTITY_KIND_HOST, "host")->unknown);
	part_stat.close(p);
	fake_free(f);
}

static void a_missing_file_is_a_reason_and_no_reading(void **state _unused_)
{
	struct fake *f = fake_new();
	assert_null(part_stat.open(&f->env));
	assert_string_equal(f->env.offers.signal[SIGNAL_CPU_SYS].reason,
			    "cannot read '/proc/stat': No such file or directory");
	assert_null(part_meminfo.open(&f->env));
	assert_false(env_has(&f->env, SIGNAL_MEM_FREE));
	assert_int_equal(f->env.offers.period_ns[SIGNAL_MEM_FREE], 0);
	fake_free(f);
}

static void loads_have_three_decimals_and_come_each_second(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "loadavg", "1.25 0.06 12.02 1/95 7310\n");
	struct part *p = part_loadavg.open(&f->env);
	fake_read(f, &part_loadavg, p, 0);
	assert_int_equal(fake_host(f, SIGNAL_LOAD_1), 1250);
	assert_int_equal(fake_host(f, SIGNAL_LOAD_15), 12020);
	assert_int_equal(fake_host(f, SIGNAL_TASKS_TOTAL), 95);
	fake_read(f, &part_loadavg, p, SECOND_NS / 10);
	assert_null(fake_find(f, SIGNAL_LOAD_1, ENTITY_KIND_HOST, "host"));
	assert_int_equal(fake_host(f, SIGNAL_TASKS_TOTAL), 95);
	fake_write(f, "loadavg", "99999999999999999999.99 x");
	fake_read(f, &part_loadavg, p, SECOND_NS);
	assert_true(fake_find(f, SIGNAL_LOAD_1, ENTITY_KIND_HOST, "host")->unknown);
	part_loadavg.close(p);
	fake_free(f);
}

static void memory_is_in_bytes_and_what_a_kernel_lacks_is_refused(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "meminfo", "MemTotal:  1000 kB\nMemFree:  200 kB\nMemAvailable: 600 kB\nBuffers: 10 kB\nCached: 300 kB\n"
				 "SwapTotal: 50 kB\nSwapFree: 20 kB\nShmem: 40 kB\n");
	struct part *p = part_meminfo.open(&f->env);
	fake_read(f, &part_meminfo, p, 0);
	assert_int_equal(fake_host(f, SIGNAL_MEM_USED), 400 * 1024);
	assert_int_equal(fake_host(f, SIGNAL_MEM_FILE), 270 * 1024);
	assert_int_equal(fake_host(f, SIGNAL_SWAP_USED), 30 * 1024);
	assert_null(fake_find(f, SIGNAL_MEM_SLAB, ENTITY_KIND_HOST, "host"));
	assert_string_equal(f->env.offers.signal[SIGNAL_MEM_SLAB].reason, "not in '/proc/meminfo' of this kernel");
	part_meminfo.close(p);
	fake_free(f);
}

static void allocation_stalls_of_all_zones_are_summed(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "vmstat", "nr_free_pages 5\npswpin 0\nallocstall_dma 1\nallocstall_normal 2\npgfault 10\n"
				"pgscan_direct 7\npgscan_direct_throttle 9\n");
	struct part *p = part_vmstat.open(&f->env);
	fake_read(f, &part_vmstat, p, 0);
	fake_write(f, "vmstat", "nr_free_pages 5\npswpin 2\nallocstall_dma 2\nallocstall_normal 4\npgfault 10\n"
				"pgscan_direct 8\npgscan_direct_throttle 99\n");
	fake_read(f, &part_vmstat, p, SECOND_NS);
	assert_int_equal(fake_host(f, SIGNAL_VM_ALLOCSTALL), 3000);
	assert_int_equal(fake_host(f, SIGNAL_VM_SCAN_DIRECT), 1000);
	assert_int_equal(fake_host(f, SIGNAL_SWAP_IN), 2 * sysconf(_SC_PAGESIZE));
	assert_false(env_has(&f->env, SIGNAL_VM_OOM_KILL));
	part_vmstat.close(p);
	fake_free(f);
}

static void tcp_words_are_found_by_name_even_when_they_move(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "net/snmp", "Ip: A B\nIp: 1 2\nTcp: MaxConn CurrEstab InSegs OutSegs RetransSegs\nTcp: -1 4 100 200 30\n");
	fake_write(f, "net/netstat", "TcpExt: TW ListenOverflows ListenDrops TCPTimeouts\nTcpExt: 1 2 3 4\nIpExt: X\nIpExt: 1\n");
	struct part *p = part_tcp.open(&f->env);
	fake_read(f, &part_tcp, p, 0);
	assert_int_equal(fake_host(f, SIGNAL_TCP_ESTABLISHED), 4);
	fake_write(f, "net/snmp", "Tcp: MaxConn New CurrEstab InSegs OutSegs RetransSegs\nTcp: -1 9 5 101 202 33\n");
	fake_write(f, "net/netstat", "TcpExt: TW ListenOverflows ListenDrops TCPTimeouts\nTcpExt: 1 2 5 4\n");
	fake_read(f, &part_tcp, p, SECOND_NS);
	assert_int_equal(fake_host(f, SIGNAL_TCP_ESTABLISHED), 5);
	assert_int_equal(fake_host(f, SIGNAL_TCP_RETRANS), 3000);
	assert_int_equal(fake_host(f, SIGNAL_TCP_LISTEN_DROPS), 2000);
	fake_write(f, "net/snmp", "Tcp: MaxConn New CurrEstab InSegs OutSegs RetransSegs\nTcp: -1 9");
	fake_read(f, &part_tcp, p, SECOND_NS);
	assert_true(fake_find(f, SIGNAL_TCP_RETRANS, ENTITY_KIND_HOST, "host")->unknown);
	part_tcp.close(p);
	fake_free(f);
}

static void softnet_sums_hexadecimal_over_cpus_and_survives_a_wrap(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "net/softnet_stat", "00000001 fffffffe 00000010 0\n00000001 00000001 00000000 0\n");
	struct part *p = part_softnet.open(&f->env);
	fake_read(f, &part_softnet, p, 0);
	fake_write(f, "net/softnet_stat", "00000001 00000001 0000001a 0\n00000001 00000001 00000000 0\n");
	fake_read(f, &part_softnet, p, SECOND_NS);
	assert_int_equal(fake_host(f, SIGNAL_SOFTNET_DROPPED), 3000);
	assert_int_equal(fake_host(f, SIGNAL_SOFTNET_SQUEEZED), 10000);
	part_softnet.close(p);
	fake_free(f);
}

static void pressure_is_the_share_of_the_last_second(void **state _unused_)
{
	struct fake *f = fake_new();
	fake_write(f, "pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n");
	fake_write(f, "pressure/io", "some avg10=0.00 total=5\nfull avg10=0.00 total=5\n");
	struct part *p = part_psi.open(&f->env);
	fake_read(f, &part_psi, p, 0);
	fake_write(f, "pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1250000\n");
	fake_write(f, "pressure/io", "some avg10=0.00 total=500005\n");
	fake_read(f, &part_psi, p, SECOND_NS);
	assert_int_equal(fake_host(f, SIGNAL_PSI_CPU_SOME), 250000);
	assert_false(env_has(&f->env, SIGNAL_PSI_CPU_FULL)); /* before 5.13 */
	assert_true(fake_find(f, SIGNAL_PSI_IO_SOME, ENTITY_KIND_HOST, "host")->unknown);
	assert_string_equal(f->env.offers.signal[SIGNAL_PSI_MEM_SOME].reason,
			    "cannot read '/proc/pressure/memory': No such file or directory; boot with psi=1");
	part_psi.close(p);
	fake_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_of_wall_time_and_never_of_the_sum),
		cmocka_unit_test(a_cpu_that_went_offline_is_gone_and_comes_back_without_a_jump),
		cmocka_unit_test(counts_of_stat_become_rates),
		cmocka_unit_test(a_truncated_stat_is_unknown_and_not_zero),
		cmocka_unit_test(a_missing_file_is_a_reason_and_no_reading),
		cmocka_unit_test(loads_have_three_decimals_and_come_each_second),
		cmocka_unit_test(memory_is_in_bytes_and_what_a_kernel_lacks_is_refused),
		cmocka_unit_test(allocation_stalls_of_all_zones_are_summed),
		cmocka_unit_test(tcp_words_are_found_by_name_even_when_they_move),
		cmocka_unit_test(softnet_sums_hexadecimal_over_cpus_and_survives_a_wrap),
		cmocka_unit_test(pressure_is_the_share_of_the_last_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
