/* SPDX-License-Identifier: GPL-2.0-only */
/* The shipped patterns over lines as kernels wrote them, and how lines become records. */
#include "engine/base/clock.h"
#include "engine/detect/klog_gather.h"
#include "tests/unit/support/test.h"

struct heard {
	struct event_klog all[16];
	char text[16][8192];
	size_t n;
};

static struct klog_patterns *patterns;

static int load(void **state _unused_)
{
	struct diagnostics *d = diagnostics_new();
	int r = klog_patterns_load("conf/klog", NULL, d, &patterns);
	size_t n;
	const struct diagnostic *all = diagnostics_all(d, &n);
	for (size_t i = 0; i < n; i++)
		print_error("%s:%u:%u: %s\n", all[i].at.file, all[i].at.line, all[i].at.column, all[i].message);
	diagnostics_free(d);
	return r;
}

static int unload(void **state _unused_)
{
	klog_patterns_free(patterns);
	return 0;
}

static void hear(void *ctx, const struct event_klog *record)
{
	struct heard *h = ctx;
	assert_true(h->n < ARRAY_SIZE(h->all));
	h->all[h->n] = *record;
	snprintf(h->text[h->n], sizeof(h->text[0]), "%.*s", (int)(record->h.size - sizeof(*record)), (const char *)(record + 1));
	h->n++;
}

/* Records of /dev/kmsg, one a line: "prio,seq,time_us,-;text". All at `now_ns`. */
static void feed(struct klog_gather *g, const char *log, uint64_t now_ns, struct heard *h)
{
	while (*log) {
		size_t len = strcspn(log, "\n");
		struct kmsg_record r;
		if (!kmsg_parse(log, len, &r))
			fail_msg("not a record: %.*s", (int)len, log);
		klog_gather_line(g, &r, now_ns, hear, h);
		log += len + (log[len] == '\n');
	}
}

static struct heard *heard_of(const char *log)
{
	struct klog_gather *g = calloc(1, sizeof(*g));
	struct heard *h = calloc(1, sizeof(*h));
	g->patterns = patterns;
	feed(g, log, NS_PER_S, h);
	klog_gather_settle(g, 2 * NS_PER_S, hear, h);
	free(g);
	return h;
}

static void expect_one(const char *line, const char *name, const char *subsystem, const char *device)
{
	_cleanup_free_ struct heard *h = heard_of(line);
	if (h->n != 1)
		fail_msg("%zu records of: %s", h->n, line);
	assert_string_equal(h->all[0].name, name);
	assert_string_equal(h->all[0].subsystem, subsystem);
	assert_string_equal(h->all[0].device, device);
}

static void what_kernels_write_is_known_by_its_name_and_device(void **state _unused_)
{
	expect_one("2,900,1,-;EXT4-fs error (device loop0): ext4_lookup:1856: inode #2: comm ls: deleted inode referenced: 11",
		   "fs-error", "ext4", "loop0");
	expect_one("2,1,1,-;EXT4-fs (dm-0): Remounting filesystem read-only", "fs-error", "ext4", "dm-0");
	expect_one("1,1,1,-;XFS (sda1): Corruption detected. Unmount and run xfs_repair", "fs-error", "xfs", "sda1");
	expect_one("1,1,1,-;XFS (sda1): Metadata CRC error detected at xfs_agf_read_verify+0x80/0x100 [xfs]", "fs-error", "xfs", "sda1");
	expect_one("2,1,1,-;BTRFS critical (device sdb1): corrupt leaf: root=5 block=30 slot=0", "fs-error", "btrfs", "sdb1");
	expect_one("2,1,1,-;BTRFS: error (device sdb1) in btrfs_sync_log:3141: errno=-5 IO failure", "fs-error", "btrfs", "sdb1");
	expect_one("4,1,1,-;nf_conntrack: nf_conntrack: table full, dropping packet", "conntrack-full", "netfilter", "");
	expect_one("6,1,1,-;neighbour: arp_cache: neighbor table overflow!", "neighbour-full", "net", "arp_cache");
	expect_one("3,1,1,-;rcu: INFO: rcu_preempt self-detected stall on CPU", "rcu-stall", "rcu", "");
	expect_one("3,1,1,-;rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "rcu-stall", "rcu", "");
	expect_one("0,1,1,-;NMI watchdog: Watchdog detected hard LOCKUP on cpu 3", "hard-lockup", "watchdog", "cpu 3");
	expect_one("0,1,1,-;watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3", "hard-lockup", "watchdog", "cpu 3");
	expect_one("0,1,1,-;BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 35s!", "workqueue-lockup",
		   "workqueue", "");
	expect_one("3,1,1,-;I/O error, dev sda, sector 4660 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2", "io-error", "block", "sda");
	expect_one("3,1,1,-;blk_update_request: critical medium error, dev sdb, sector 4660 op 0x0:(READ)", "io-error", "block", "sdb");
	expect_one("4,1,1,-;nvme nvme0: I/O 123 QID 4 timeout, aborting", "nvme-timeout", "nvme", "nvme0");
	expect_one("6,1,1,-;mce: [Hardware Error]: Machine check events logged", "mce", "hardware", "");
	expect_one("4,1,1,-;pcieport 0000:00:1c.0: AER: Corrected error received: 0000:01:00.0", "aer", "hardware", "0000:00:1c.0");
	expect_one("2,1,1,-;mce: CPU2: Package temperature is above threshold, cpu clock is throttled (total events = 1)", "thermal",
		   "thermal", "CPU2");
	expect_one("4,1,1,-;kworker/0:1: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP)", "alloc-failure",
		   "memory", "");
	expect_one("3,1,1,-;e1000e 0000:00:19.0 eth0: Detected Hardware Unit Hang:", "nic-hang", "net", "eth0");
	expect_one("4,1,1,-;general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] PREEMPT SMP", "oops",
		   "kernel", "");
	expect_one("4,1,1,-;invalid opcode: 0000 [#1] SMP NOPTI", "oops", "kernel", "");
	expect_one("4,1,1,-;WARNING: kernel/smp.c:815 at smp_call_function_many_cond+0x4, CPU#1: swapper/1/0", "warn", "kernel", "");
}

static void one_report_is_one_record_to_its_end_mark(void **state _unused_)
{
	_cleanup_free_ struct heard *h = heard_of(
		"1,500,7000000,-;BUG: kernel NULL pointer dereference, address: 0000000000000008\n"
		"1,501,7000001,-;#PF: supervisor read access in kernel mode\n"
		"4,502,7000002,-;Oops: 0000 [#1] PREEMPT SMP NOPTI\n"
		"4,503,7000003,-;CPU: 1 PID: 4711 Comm: modprobe Tainted: G           OE      6.1.0-50-amd64 #1  Debian 6.1.1-1\n"
		"4,504,7000004,-;Call Trace:\n"
		"4,505,7000005,-; <TASK>\n"
		"12,506,7000006,-;somebody writes to /dev/kmsg meanwhile\n"
		"4,507,7000007,-;---[ end trace 0000000000000000 ]---\n"
		"6,508,7000008,-;loop0: detected capacity change from 0 to 8\n");
	assert_int_equal(h->n, 1);
	const struct event_klog *e = &h->all[0];
	assert_string_equal(e->name, "bug");
	assert_string_equal(e->message, "BUG: kernel NULL pointer dereference, address: 0000000000000008");
	assert_int_equal(e->sequence, 500);
	assert_int_equal(e->level, 1);
	assert_int_equal(e->lines, 7);
	assert_int_equal(e->h.cpu, 1);
	assert_int_equal(e->h.pid, 4711);
	assert_string_equal(e->h.comm, "modprobe");
	assert_non_null(strstr(h->text[0], "[    7.000000] BUG: kernel NULL"));
	assert_non_null(strstr(h->text[0], "---[ end trace"));
	assert_null(strstr(h->text[0], "somebody"));
	assert_null(strstr(h->text[0], "loop0"));
}

static void trouble_of_another_subsystem_ends_a_report(void **state _unused_)
{
	_cleanup_free_ struct heard *h = heard_of("3,1,1,-;rcu: INFO: rcu_preempt self-detected stall on CPU\n"
						  "3,2,2,-;rcu: \\x091-....: (2999 ticks this GP) idle=5f6/1/0x4000000000000002\n"
						  "2,3,3,-;EXT4-fs error (device sda1): ext4_find_entry:1682: inode #2: comm my app: bad\n"
						  "3,4,4,-;rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n");
	assert_int_equal(h->n, 3);
	assert_string_equal(h->all[0].name, "rcu-stall");
	assert_int_equal(h->all[0].lines, 2);
	assert_string_equal(h->all[1].name, "fs-error");
	assert_string_equal(h->all[1].h.comm, "my app");
	assert_string_equal(h->all[2].name, "rcu-stall");
}

static void a_report_that_falls_silent_is_told_after_a_while(void **state _unused_)
{
	_cleanup_free_ struct klog_gather *g = calloc(1, sizeof(*g));
	_cleanup_free_ struct heard *h = calloc(1, sizeof(*h));
	g->patterns = patterns;
	feed(g, "3,1,1,-;rcu: INFO: rcu_preempt self-detected stall on CPU\n", NS_PER_S, h);
	klog_gather_settle(g, NS_PER_S + KLOG_QUIET_NS - 1, hear, h);
	assert_int_equal(h->n, 0);
	klog_gather_settle(g, NS_PER_S + KLOG_QUIET_NS, hear, h);
	assert_int_equal(h->n, 1);
	assert_int_equal(h->all[0].h.t_ns, NS_PER_S);
	klog_gather_settle(g, 2 * NS_PER_S, hear, h);
	assert_int_equal(h->n, 1);
}

static void a_report_that_is_open_when_the_patterns_change_is_told_as_it_stands(void **state _unused_)
{
	_cleanup_free_ struct klog_gather *g = calloc(1, sizeof(*g));
	_cleanup_free_ struct heard *h = calloc(1, sizeof(*h));
	g->patterns = patterns;
	feed(g, "3,1,1,-;rcu: INFO: rcu_preempt self-detected stall on CPU\n", NS_PER_S, h);
	klog_gather_set_patterns(g, NULL);
	feed(g, "3,2,2,-;rcu: \t0-....: (1 GPs behind) idle\n", NS_PER_S + 1, h);
	klog_gather_settle(g, NS_PER_S + 1, hear, h);
	assert_int_equal(h->n, 1);
	assert_string_equal(h->all[0].name, "rcu-stall");
	assert_int_equal(h->all[0].lines, 1);
	feed(g, "3,3,3,-;rcu: INFO: rcu_preempt self-detected stall on CPU\n", 2 * NS_PER_S, h);
	klog_gather_settle(g, 3 * NS_PER_S, hear, h);
	assert_int_equal(h->n, 1);
}

static void what_user_space_writes_is_no_trouble(void **state _unused_)
{
	_cleanup_free_ struct heard *h = heard_of("12,1,1,-;BUG: kernel NULL pointer dereference, address: 0\n"
						  "8,2,2,-;Kernel panic - not syncing: forged\n"
						  "14,3,3,-;EXT4-fs error (device sda1): forged\n");
	assert_int_equal(h->n, 0);
}

static void ordinary_lines_are_no_trouble(void **state _unused_)
{
	_cleanup_free_ struct heard *h = heard_of(
		"6,1,1,-;EXT4-fs (vda): mounted filesystem with ordered data mode. Quota mode: none.\n"
		"6,2,2,-;loop0: detected capacity change from 0 to 131072\n"
		"6,3,3,-;IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready\n"
		"6,4,4,-;usb 1-1: Product: BUG: not ours\n"
		"5,5,5,-;audit: type=1400 audit(1.1:2): apparmor=\"STATUS\" name=\"WARNING: CPU: 1 PID: 2 at\"\n"
		"6,6,6,-;perf: interrupt took too long (2510 > 2500), lowering kernel.perf_event_max_sample_rate to 79500\n"
		"4,7,7,-;hrtimer: interrupt took 5120346 ns\n"
		"6,8,8,-;a.out[123]: segfault at 0 ip 0000 sp 0000 error 4 in a.out[400000+1000]\n"
		"6,9,9,-;rcu: Hierarchical RCU implementation.\n"
		"6,10,10,-;XFS (sda1): Mounting V5 Filesystem\n"
		"4,11,11,-;workqueue: drm_fb_helper_damage_work hogged CPU for >10000us 4 times, consider switching to WQ_UNBOUND\n"
		"0,12,12,-;watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [busy:99]\n");
	assert_int_equal(h->n, 0);
}

static const char sysrq_dump[] = "6,11,11,-;sysrq: Show Blocked State\n"
				 "6,12,12,-;task:dd              state:D stack:0     pid:4711  ppid:1      flags:0x00000002\n"
				 "6,13,13,-;Call Trace:\n"
				 "6,14,14,-; <TASK>\n"
				 "6,15,15,-;sysrq: Show backtrace of all active CPUs\n"
				 "4,16,16,-;NMI backtrace for cpu 1\n"
				 "4,17,17,-;CPU: 1 PID: 0 Comm: swapper/1 Not tainted 6.1.0-50-amd64 #1  Debian\n"
				 "6,18,18,-;Showing busy workqueues and worker pools:\n";

static void a_dump_that_was_asked_for_is_no_trouble(void **state _unused_)
{
	_cleanup_free_ struct heard *h = heard_of(sysrq_dump);
	assert_int_equal(h->n, 0);
}

static void what_stands_between_our_own_marks_is_left_out_for_a_while(void **state _unused_)
{
	_cleanup_free_ struct klog_gather *g = calloc(1, sizeof(*g));
	_cleanup_free_ struct heard *h = calloc(1, sizeof(*h));
	static const char stall[] = "3,20,20,-;rcu: INFO: rcu_preempt self-detected stall on CPU\n";
	g->patterns = patterns;
	feed(g, "14,10,10,-;tracetrap: sysrq-w begin ID\n", NS_PER_S, h);
	feed(g, sysrq_dump, NS_PER_S, h);
	feed(g, stall, NS_PER_S, h);
	klog_gather_settle(g, 2 * NS_PER_S, hear, h);
	assert_int_equal(h->n, 0);
	feed(g, "14,30,30,-;tracetrap: sysrq-w end ID\n", 2 * NS_PER_S, h);
	feed(g, stall, 2 * NS_PER_S, h);
	klog_gather_settle(g, 3 * NS_PER_S, hear, h);
	assert_int_equal(h->n, 1);
	/* An end that never comes. */
	feed(g, "14,40,40,-;tracetrap: sysrq-w begin ID\n", 4 * NS_PER_S, h);
	feed(g, stall, 4 * NS_PER_S + KLOG_DUMP_NS, h);
	klog_gather_settle(g, 5 * NS_PER_S + KLOG_DUMP_NS, hear, h);
	assert_int_equal(h->n, 2);
}

static void a_report_has_no_more_lines_than_its_pattern_allows(void **state _unused_)
{
	_cleanup_buf_ struct buf log = {0};
	buf_add_str(&log, "4,1,1,-;WARNING: CPU: 1 PID: 99 at net/core/dev.c:1 f+0x1/0x2\n");
	for (int i = 0; i < 200; i++)
		buf_printf(&log, "4,%d,%d,-; function_%d+0x1/0x2\n", i + 2, i + 2, i);
	_cleanup_free_ struct heard *h = heard_of(buf_str(&log));
	assert_int_equal(h->n, 1);
	assert_int_equal(h->all[0].lines, 81);
}

static void a_literal_is_what_every_match_holds(void **state _unused_)
{
	static const char *const cases[][2] = {
		{"^EXT4-fs error \\(device ([^)]+)\\)", "EXT4-fs error (device "},
		{"^nf_conntrack: .*table full", "nf_conntrack: "},
		{"^(a|b)", ""},
		{"ab|cd", ""},
		{"abc*d", "ab"},
		{"ab?cdefg", "cdefg"},
		{"ab{2,3}c", "a"},
		{"ab+cd", "ab"},
		{"[]x]yz", "yz"},
		{"[^]x[:alpha:]]yz", "yz"},
		{"(a[)]b)?xyz", "xyz"},
		{"\\(x\\) y\\.", "(x) y."},
		{"(a(b)c", ""},
		{"", ""},
	};
	char literal[64];
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		klog_literal(cases[i][0], literal, sizeof(literal));
		assert_string_equal(literal, cases[i][1]);
	}
}

static void expect_complaint(const char *text, const char *complaint)
{
	struct diagnostics *d = diagnostics_new();
	struct klog_patterns *p = NULL;
	_cleanup_buf_ struct buf said = {0};
	size_t n;
	assert_int_equal(klog_patterns_load_text("p.yaml", text, strlen(text), d, &p), -EINVAL);
	const struct diagnostic *all = diagnostics_all(d, &n);
	assert_true(n > 0);
	diagnostic_format(&said, &all[0]);
	assert_string_equal(buf_str(&said), complaint);
	diagnostics_free(d);
}

static void each_mistake_in_a_pattern_is_told_with_its_place(void **state _unused_)
{
#define HEAD "version: 1\npatterns:\n  - {name: a, subsystem: b, "
	expect_complaint("version: 1\npatterns: []\n", "p.yaml:1:1: error: no patterns at 'p.yaml' [TT921]");
	expect_complaint("version: 2\npatterns: [{name: a, subsystem: b, match: c}]\n",
			 "p.yaml:1:10: error: patterns of version 2; this tracetrap reads version 1 [TT043]");
	expect_complaint(HEAD "match: 'x('}\n", "p.yaml:3:36: error: the pattern is no regular expression: Unmatched ( or \\( [TT616]");
	expect_complaint(HEAD "match: x, devise: 1}\n", "p.yaml:3:39: error: unknown key 'devise' in a pattern, did you mean 'device'? [TT042]");
	expect_complaint(HEAD "match: x, device: 1}\n", "p.yaml:3:47: error: the pattern has 0 groups, 1 is none of them [TT609]");
	expect_complaint(HEAD "match: x, level: 8}\n", "p.yaml:3:46: error: '8' is out of range: level is at most 7 [TT609]");
	expect_complaint(HEAD "lines: 3}\n", "p.yaml:3:5: error: this pattern has no match [TT041]");
	expect_complaint(HEAD "match: 'x{255}{255}'}\n",
			 "p.yaml:3:36: error: the pattern costs too much: at most 512 characters, no back references, and no "
			 "repetitions within repetitions that unfold to more than 512 characters [TT616]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_kernels_write_is_known_by_its_name_and_device),
		cmocka_unit_test(one_report_is_one_record_to_its_end_mark),
		cmocka_unit_test(trouble_of_another_subsystem_ends_a_report),
		cmocka_unit_test(a_report_that_falls_silent_is_told_after_a_while),
		cmocka_unit_test(a_report_that_is_open_when_the_patterns_change_is_told_as_it_stands),
		cmocka_unit_test(what_user_space_writes_is_no_trouble),
		cmocka_unit_test(ordinary_lines_are_no_trouble),
		cmocka_unit_test(a_dump_that_was_asked_for_is_no_trouble),
		cmocka_unit_test(what_stands_between_our_own_marks_is_left_out_for_a_while),
		cmocka_unit_test(a_report_has_no_more_lines_than_its_pattern_allows),
		cmocka_unit_test(a_literal_is_what_every_match_holds),
		cmocka_unit_test(each_mistake_in_a_pattern_is_told_with_its_place),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
