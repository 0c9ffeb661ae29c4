/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets over the loopback device that come late: to the reader because it sleeps, to the stack because softirqs are held.
 * Those of TCP carry their sender's time until they are through IP, so it takes UDP for the latter.
 */
#include "engine/base/clock.h"
#include "engine/detect/detect.h"
#include "tests/live/live.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define DEADLINE_NS (10 * NS_PER_S)
#define MESSAGE	    100
#define SLEEP_NS    (200 * NS_PER_MS)

/* A connection to ourselves. */
struct talk {
	int family, protocol, from, to;
	uint16_t from_port, to_port;
};

/* The first event of that stage and connection. */
struct watch {
	const struct talk *talk;
	uint32_t where;
	struct event_netrecvlat got;
	char entity[ENTITY_NAME_MAX];
	bool found;
};

static uint16_t netrecvlat(void)
{
	for (uint16_t i = 0; i < detector_defs_n; i++)
		if (strcmp(detector_defs[i].name, "netrecvlat") == 0)
			return i;
	fail_msg("no detector netrecvlat");
	return 0;
}

static struct detect *arm(int64_t threshold)
{
	struct detector_settings settings[32] = {0};
	struct detector_status status;
	struct detect *d;
	settings[netrecvlat()] = (struct detector_settings){.threshold = threshold, .rate_per_s = 10000};
	assert_int_equal(detect_new(&(struct detect_options){.settings = settings}, &d), 0);
	assert_int_equal(detect_start(d), 0);
	detect_status(d, netrecvlat(), &status);
	if (status.state == DETECTOR_UNSUPPORTED) {
		printf("unsupported: netrecvlat: %s\n", status.reason);
		detect_free(d);
		skip();
	}
	assert_int_equal(detect_arm(d, netrecvlat()), 0);
	return d;
}

static socklen_t loopback(int family, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){.ss_family = (sa_family_t)family};
	if (family == AF_INET6) {
		((struct sockaddr_in6 *)ret)->sin6_addr = in6addr_loopback;
		return sizeof(struct sockaddr_in6);
	}
	((struct sockaddr_in *)ret)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(struct sockaddr_in);
}

/* The port lies at the same place in both families. */
static uint16_t port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

static struct talk begin_datagrams(void)
{
	struct sockaddr_storage a;
	socklen_t len = loopback(AF_INET, &a);
	struct talk t = {.family = AF_INET, .protocol = IPPROTO_UDP};
	t.from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	t.to = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(t.to, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(t.to, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(connect(t.from, (struct sockaddr *)&a, len), 0);
	t.from_port = port_of(t.from);
	t.to_port = port_of(t.to);
	return t;
}

static struct talk begin_talk(int family)
{
	struct sockaddr_storage a;
	socklen_t len = loopback(family, &a);
	int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	assert_int_equal(bind(listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&a, &len);
	struct talk t = {.family = family, .protocol = IPPROTO_TCP, .from = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_int_equal(connect(t.from, (struct sockaddr *)&a, len), 0);
	setsockopt(t.from, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	t.to = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	t.from_port = port_of(t.from);
	t.to_port = port_of(t.to);
	close(listener);
	return t;
}

static void end_talk(struct talk *t)
{
	close(t->from);
	close(t->to);
}

static void say(const struct talk *t)
{
	static const char message[MESSAGE];
	assert_int_equal(send(t->from, message, sizeof(message), 0), MESSAGE);
}

static void hear(const struct talk *t)
{
	char room[MESSAGE];
	assert_int_equal(recv(t->to, room, sizeof(room), 0), MESSAGE);
}

static void keep_first(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity)
{
	struct watch *w = ctx;
	const struct event_netrecvlat *e = (const void *)record;
	if (w->found || detector != netrecvlat() || len < sizeof(*e) || e->where != w->where ||
	    e->flow.sport != w->talk->from_port || e->flow.dport != w->talk->to_port)
		return;
	w->found = true;
	w->got = *e;
	snprintf(w->entity, sizeof(w->entity), "%s", entity);
}

static ino_t netns_inode(void)
{
	struct stat st;
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

static void check_flow(const struct watch *w)
{
	static const uint8_t v4[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}, v6[16] = {[15] = 1};
	const uint8_t *address = w->talk->family == AF_INET6 ? v6 : v4;
	const struct event_netrecvlat *e = &w->got;
	assert_memory_equal(e->flow.saddr, address, 16);
	assert_memory_equal(e->flow.daddr, address, 16);
	assert_int_equal(e->flow.protocol, w->talk->protocol);
	assert_int_equal(e->seq != 0, w->talk->protocol == IPPROTO_TCP);
	assert_int_equal(e->ack_seq != 0, w->talk->protocol == IPPROTO_TCP);
	assert_string_equal(e->ifname, "lo");
	assert_string_equal(w->entity, "lo");
	assert_int_equal(e->netns, netns_inode());
	assert_int_equal(e->ifindex, 1);
}

/* Returns how long the packet was under way at most. */
static uint64_t sleep_and_hear(struct detect *d, struct watch *w)
{
	struct timespec nap = {.tv_nsec = SLEEP_NS};
	uint64_t sent = 0, read = 0;
	/* The kernel begins to stamp a moment after it was asked to. */
	for (int i = 0; !w->found && i < 10; i++) {
		sent = clock_now(CLOCK_MONOTONIC);
		say(w->talk);
		nanosleep(&nap, NULL);
		hear(w->talk);
		read = clock_now(CLOCK_MONOTONIC);
		assert_true(detect_take(d, keep_first, w) >= 0);
	}
	return read - sent;
}

static void check_sleepy_reader(int family)
{
	struct detect *d = arm(5 * NS_PER_MS);
	struct talk t = begin_talk(family);
	struct watch w = {.talk = &t, .where = TO_USER_COPY};
	uint64_t most_ns = sleep_and_hear(d, &w);
	detect_free(d);
	end_talk(&t);
	assert_true(w.found);
	check_flow(&w);
	assert_int_equal(w.got.h.pid, getpid());
	assert_int_equal(w.got.flow.state, TCP_ESTABLISHED);
	assert_int_equal(w.got.pkt_len, MESSAGE);
	assert_int_equal(w.got.threshold_ns, 115 * NS_PER_MS);
	assert_in_range(w.got.latency_ns, SLEEP_NS - NS_PER_MS, most_ns);
}

static void a_reader_that_sleeps_is_late_by_as_long(void **state _unused_)
{
	check_sleepy_reader(AF_INET);
	check_sleepy_reader(AF_INET6);
}

static void enter_new_netns(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	live_require(unshare(CLONE_NEWNET) == 0, "no network namespace can be made");
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	close(fd);
}

static void a_device_of_another_namespace_is_not_ours_of_the_same_name(void **state _unused_)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct detect *d = arm(5 * NS_PER_MS);
	enter_new_netns();
	struct talk t = begin_talk(AF_INET);
	struct watch w = {.talk = &t, .where = TO_USER_COPY};
	sleep_and_hear(d, &w);
	ino_t theirs = netns_inode();
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	close(home);
	detect_free(d);
	end_talk(&t);
	assert_true(w.found);
	assert_string_equal(w.got.ifname, "lo");
	assert_int_equal(w.got.netns, theirs);
	assert_string_equal(w.entity, "");
}

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* Over the loopback device a packet waits for softirqs of the CPU that sent it. */
static void a_packet_waits_for_softirqs_that_are_held(void **state _unused_)
{
	char command[256];
	const char *build = getenv("B") ?: "build";
	snprintf(command, sizeof(command), "%s/tests/fault/fault hold --where softirq_entry --vec 3 --cpu 0 --seconds 0.05 --times 3 >/dev/null",
		 build);
	struct detect *d = arm(5 * NS_PER_MS);
	struct talk t = begin_datagrams();
	struct watch w = {.talk = &t, .where = TO_NETIF_RCV};
	pid_t holder = fork();
	if (holder == 0)
		_exit(system(command) ? 1 : 0);
	pin(0);
	/* The holder holds what we send: it is done when we have sent for as long. */
	while (waitpid(holder, NULL, WNOHANG) == 0) {
		say(&t);
		hear(&t);
		assert_true(detect_take(d, keep_first, &w) >= 0);
	}
	detect_free(d);
	end_talk(&t);
	assert_true(w.found);
	check_flow(&w);
	assert_int_equal(w.got.h.cpu, 0);
	assert_int_equal(w.got.pkt_len, 20 + 8 + MESSAGE);
	assert_in_range(w.got.latency_ns, 5 * NS_PER_MS, DEADLINE_NS);
	assert_int_equal(w.got.threshold_ns, 5 * NS_PER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_that_sleeps_is_late_by_as_long),
		cmocka_unit_test(a_device_of_another_namespace_is_not_ours_of_the_same_name),
		cmocka_unit_test(a_packet_waits_for_softirqs_that_are_held),
	};
	live_require(geteuid() == 0, "not root");
	live_require(access("/sys/kernel/btf/vmlinux", R_OK) == 0, "the kernel has no BTF");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
