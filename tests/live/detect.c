/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "engine/base/text.h"
#include "tests/live/child.h"
#include "tests/live/memcg.h"
#include "tests/live/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void every_detector_is_ready_or_says_why(void **state _unused_)
{
	struct detect *d = start_with("oom", 0);
	for (uint16_t i = 0; i < detector_defs_n; i++) {
		struct detector_status s;
		detect_status(d, i, &s);
		printf("%s: %s\n", detector_defs[i].name, s.hook ? s.hook : s.reason);
		assert_int_equal(s.state == DETECTOR_UNSUPPORTED, s.reason != NULL && s.reason[0]);
		assert_int_equal(s.state == DETECTOR_UNSUPPORTED, s.hook == NULL);
		if (!s.reason)
			assert_int_equal(s.state == DETECTOR_ATTACHED, detector_defs[i].class == DETECTOR_ALWAYS);
	}
	detect_free(d);
}

static void a_self_test_gives_one_marked_event_of_the_detectors_kind(void **state _unused_)
{
	struct detect *d = start_with("oom", 0);
	for (uint16_t i = 0; i < detector_defs_n; i++) {
		struct watch w = {.detector = i};
		struct detector_status s;
		int r = detect_self_test(d, i);
		detect_status(d, i, &s);
		assert_int_equal(r, s.state == DETECTOR_UNSUPPORTED ? -EOPNOTSUPP : 0);
		if (r < 0)
			continue;
		assert_true(wait_for(d, &w));
		assert_int_equal(w.found, 1);
		assert_int_equal(w.got.record.kind, detector_defs[i].kind);
		assert_int_equal(w.got.record.flags, EVENT_FLAG_TEST);
		assert_int_equal(w.got.record.size, w.len);
	}
	detect_free(d);
}

static void an_armed_detectors_second_event_at_once_wakes_nobody_and_is_swept_up(void **state _unused_)
{
	struct watch w = {.detector = detector_named("exec")};
	struct detect *d = start_with("exec", 0);
	struct pollfd p = {.fd = detect_fd(d), .events = POLLIN};
	if (detect_self_test(d, w.detector) == -EOPNOTSUPP) {
		detect_free(d);
		skip();
	}
	assert_true(wait_for(d, &w));
	uint64_t first_ns = w.got.record.t_ns;
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(detect_self_test(d, w.detector), 0);
	bool woken = poll(&p, 1, 0) > 0;
	assert_int_equal(detect_sweep(d, keep_wanted, &w), 1);
	uint64_t later_ns = w.got.record.t_ns - first_ns;
	printf("%.3f ms later: %s\n", (double)later_ns / 1e6, woken ? "woken" : "not woken");
	assert_int_equal(woken, later_ns >= DETECT_WAKE_NS);
	detect_free(d);
}

static bool waited_for_busy(const struct event *record, const void *what _unused_)
{
	const struct event_runqlat *e = (const void *)record;
	return strcmp(record->comm, "tt-busy") == 0 && strcmp(e->prev_comm, "tt-busy") == 0;
}

static void a_task_that_waits_for_a_busy_cpu_names_who_held_it(void **state _unused_)
{
	struct watch w = {.detector = detector_named("runqlat"), .wanted = waited_for_busy};
	struct detect *d = arm_with("runqlat", NS_PER_MS);
	pid_t busy[3];
	for (size_t i = 0; i < ARRAY_SIZE(busy); i++)
		busy[i] = spawn_busy();
	bool found = wait_for(d, &w);
	for (size_t i = 0; i < ARRAY_SIZE(busy); i++)
		end_child(busy[i]);
	detect_free(d);
	assert_true(found);
	assert_int_not_equal(w.got.runqlat.prev_pid, w.got.record.pid);
	assert_in_range(w.got.runqlat.wait_ns, NS_PER_MS, DEADLINE_NS);
	assert_int_equal(w.got.record.cpu, 0);
	assert_int_not_equal(w.got.runqlat.stack[0], 0);
}

#define READ_BYTES 65536

/* Something to read from a disk, and where it lies there. */
struct target {
	int fd;
	off_t at;
	uint64_t sector;
	char disk[32];
};

/* A whole disk given by name: at 1 MiB. */
static bool aim_at_disk(struct target *t, const char *disk)
{
	char path[64];
	snprintf(path, sizeof(path), "/dev/%s", disk);
	snprintf(t->disk, sizeof(t->disk), "%s", disk);
	t->fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	t->at = 1 << 20;
	t->sector = 2048;
	return t->fd >= 0;
}

static bool find_extent(int fd, uint64_t *ret_physical)
{
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + sizeof(struct fiemap_extent)];
	} f = {.map = {.fm_length = READ_BYTES, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = 1}};
	if (ioctl(fd, FS_IOC_FIEMAP, &f.map) < 0 || f.map.fm_mapped_extents < 1)
		return false;
	*ret_physical = f.map.fm_extents[0].fe_physical;
	return f.map.fm_extents[0].fe_length >= READ_BYTES;
}

/* A file of ours, if the file system lies on a whole disk. */
static bool aim_at_file(struct target *t)
{
	char path[] = "/var/tmp/tracetrap-live-XXXXXX", link[64], device[PATH_MAX];
	static const char zeros[READ_BYTES];
	uint64_t physical;
	struct stat st;
	_cleanup_close_ int fd = mkstemp(path);
	if (fd < 0 || io_write(fd, zeros, sizeof(zeros)) < 0 || fstat(fd, &st) < 0)
		return false;
	t->fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	unlink(path);
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	if (t->fd < 0 || !find_extent(fd, &physical) || !realpath(link, device))
		return false;
	snprintf(t->disk, sizeof(t->disk), "%.31s", strrchr(device, '/') + 1);
	t->at = 0;
	t->sector = physical / 512;
	return true;
}

static bool is_our_read(const struct event *record, const void *what)
{
	const struct event_iolatency *e = (const void *)record;
	const struct target *t = what;
	return e->op == 0 && e->sector == t->sector && strcmp(e->disk, t->disk) == 0;
}

static void read_target(const struct target *t)
{
	void *room = NULL;
	assert_int_equal(posix_memalign(&room, 4096, READ_BYTES), 0);
	assert_int_equal(pread(t->fd, room, READ_BYTES, t->at), READ_BYTES);
	free(room);
}

static void a_slow_read_names_disk_sector_and_bytes(void **state _unused_)
{
	const char *disk = getenv("TRACETRAP_TEST_DISK");
	struct target t = {.fd = -1};
	if (disk ? !aim_at_disk(&t, disk) : !aim_at_file(&t)) {
		printf("unsupported: no disk to read from; name one in TRACETRAP_TEST_DISK\n");
		skip();
	}
	struct watch w = {.detector = detector_named("iolatency"), .wanted = is_our_read, .what = &t};
	struct detect *d = arm_with("iolatency", 1000);
	read_target(&t);
	bool found = wait_for(d, &w);
	detect_free(d);
	close(t.fd);
	assert_true(found);
	assert_string_equal(w.entity, t.disk);
	assert_int_equal(w.got.iolatency.bytes, READ_BYTES);
	assert_int_equal(w.got.iolatency.error, 0);
	assert_int_equal(w.got.iolatency.issuer_pid, getpid());
	assert_in_range(w.got.iolatency.d2c_ns, 1000, DEADLINE_NS);
	assert_in_range(w.got.iolatency.q2c_ns, 1000, DEADLINE_NS);
}

static void a_softirq_that_waits_longer_than_the_threshold_is_reported(void **state _unused_)
{
	struct watch w = {.detector = detector_named("softirq")};
	struct detect *d = arm_with("softirq", 1000);
	bool found = wait_for(d, &w);
	detect_free(d);
	assert_true(found);
	assert_true(w.got.softirq.vec <= SOFTIRQ_TICK);
	assert_in_range(w.got.softirq.offtime_ns, 1000, 2 * NS_PER_S);
	assert_int_equal(w.got.softirq.threshold_ns, 1000);
}

static pid_t spawn_hog(const struct memcg *m)
{
	size_t bytes = 256 << 20;
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_NAME, "tt-hog");
	write_text("/proc/self", "oom_score_adj", "77");
	if (write_text(m->dir, "cgroup.procs", "0") < 0)
		_exit(2);
	volatile char *p = malloc(bytes);
	for (size_t i = 0; p && i < bytes; i += 4096)
		p[i] = 1;
	_exit(1);
}

static bool is_victim(const struct event *record, const void *what)
{
	return ((const struct event_oom *)record)->victim_pid == (uint32_t)*(const pid_t *)what;
}

static void check_oom(const struct event_oom *e)
{
	assert_string_equal(e->victim_comm, "tt-hog");
	assert_string_equal(e->h.comm, "tt-hog");
	assert_int_equal(e->oom_score_adj, 77);
	assert_int_equal(e->limit_bytes, 33554432);
	assert_in_range(e->usage_bytes, 33554432 / 2, 33554432);
	assert_true(e->anon_bytes >= 33554432 / 2); /* of the process: what it inherited is charged elsewhere */
	assert_int_equal(e->victim_uid, getuid());
}

static void a_task_over_its_memcgs_limit_is_named_with_the_memcg(void **state _unused_)
{
	struct memcg m;
	struct watch w = {.detector = detector_named("oom"), .wanted = is_victim};
	struct detect *d = arm_with("oom", 0);
	bool made = make_memcg(&m);
	pid_t pid = made ? spawn_hog(&m) : -1;
	w.what = &pid;
	bool found = made && wait_for(d, &w);
	if (made)
		end_child(pid);
	rmdir(m.dir);
	detect_free(d);
	if (!made) {
		printf("unsupported: no memory cgroup can be made here\n");
		skip();
	}
	assert_true(found);
	assert_string_equal(w.entity, m.name);
	assert_string_equal(event_context(&w.got.record, w.len, CONTEXT_CGROUP), m.name);
	assert_string_equal(event_context(&w.got.record, w.len, CONTEXT_CONTAINER), m.id);
	assert_string_equal(event_context(&w.got.record, w.len, CONTEXT_RUNTIME), "docker");
	check_oom(&w.got.oom);
}

/* Our descriptors of BPF things: all of them when `only_open` is false, else those that an exec would inherit. */
static unsigned count_bpf_fds(bool only_inherited)
{
	unsigned n = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		char target[128] = "";
		if (readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1) > 0 && strstr(target, "bpf"))
			n += !only_inherited || !(fcntl(atoi(e->d_name), F_GETFD) & FD_CLOEXEC);
	}
	closedir(dir);
	return n;
}

static void arming_again_and_again_leaves_nothing_attached(void **state _unused_)
{
	int rounds = getenv("TRACETRAP_VM") ? 5 : 50; /* the emulation takes its time to patch the kernel's code */
	struct detect *d = start_with("runqlat", 0);
	unsigned before = count_bpf_fds(false);
	uint64_t slowest = 0;
	for (int round = 0; round < rounds; round++)
		for (uint16_t i = 0; i < detector_defs_n; i++) {
			uint64_t t = clock_now(CLOCK_MONOTONIC);
			detect_arm(d, i);
			slowest = MAX(slowest, clock_now(CLOCK_MONOTONIC) - t);
			detect_disarm(d, i);
		}
	printf("slowest arming: %llu us\n", (unsigned long long)(slowest / NS_PER_US));
	assert_int_equal(count_bpf_fds(false), before);
	assert_int_equal(count_bpf_fds(true), 0);
	detect_free(d);
	assert_int_equal(count_bpf_fds(false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_detector_is_ready_or_says_why),
		cmocka_unit_test(a_self_test_gives_one_marked_event_of_the_detectors_kind),
		cmocka_unit_test(an_armed_detectors_second_event_at_once_wakes_nobody_and_is_swept_up),
		cmocka_unit_test(a_task_that_waits_for_a_busy_cpu_names_who_held_it),
		cmocka_unit_test(a_slow_read_names_disk_sector_and_bytes),
		cmocka_unit_test(a_softirq_that_waits_longer_than_the_threshold_is_reported),
		cmocka_unit_test(a_task_over_its_memcgs_limit_is_named_with_the_memcg),
		cmocka_unit_test(arming_again_and_again_leaves_nothing_attached),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
