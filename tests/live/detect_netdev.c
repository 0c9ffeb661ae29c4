/* SPDX-License-Identifier: GPL-2.0-only */
/* Interfaces in a network namespace of the test's own: what rtnetlink tells is what the records say. */
#include "engine/base/clock.h"
#include "engine/detect/detect.h"
#include "tests/live/live.h"

#include <linux/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define DEADLINE_NS (10 * NS_PER_S)
#define AGE_NS	    (3500 * NS_PER_MS) /* of an interface that is an entity */
#define SEEN_MAX    4096

/* All that was told, in order. */
struct seen {
	struct event_netdev events[SEEN_MAX];
	char entities[SEEN_MAX][16];
	size_t n;
};

struct scene {
	struct detect *d;
	uint64_t begin_ns;
	struct seen seen;
};

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static uint16_t netdev(void)
{
	for (uint16_t i = 0; i < detector_defs_n; i++)
		if (strcmp(detector_defs[i].name, "netdev") == 0)
			return i;
	fail_msg("no detector netdev");
	return 0;
}

static void keep(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity)
{
	struct seen *s = ctx;
	if (detector != netdev() || s->n == SEEN_MAX)
		return;
	assert_int_equal(len, sizeof(s->events[0]));
	snprintf(s->entities[s->n], sizeof(s->entities[0]), "%s", entity);
	memcpy(&s->events[s->n++], record, len);
}

static const struct event_netdev *find(const struct seen *s, const char *ifname, enum netdev_change change)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->events[i].ifname, ifname) == 0 && s->events[i].change == change)
			return &s->events[i];
	return NULL;
}

static unsigned count(const struct seen *s, enum netdev_change change)
{
	unsigned n = 0;
	for (size_t i = 0; i < s->n; i++)
		n += s->events[i].change == change;
	return n;
}

static const struct event_netdev *expect(struct scene *s, const char *ifname, enum netdev_change change)
{
	uint64_t end = clock_now(CLOCK_MONOTONIC) + DEADLINE_NS;
	while (!find(&s->seen, ifname, change) && clock_now(CLOCK_MONOTONIC) < end) {
		struct pollfd p = {.fd = detect_fd(s->d), .events = POLLIN};
		poll(&p, 1, 200);
		assert_true(detect_take(s->d, keep, &s->seen) >= 0);
	}
	const struct event_netdev *e = find(&s->seen, ifname, change);
	if (!e)
		fail_msg("no change %u of %s among %zu", change, ifname, s->seen.n);
	return e;
}

static const char *entity_of(const struct scene *s, const struct event_netdev *e)
{
	return s->seen.entities[e - s->seen.events];
}

static int start(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	_cleanup_free_ struct detector_settings *settings = calloc(detector_defs_n, sizeof(*settings));
	settings[netdev()].rate_per_s = 1000000;
	*state = s;
	run("ip link add tt-old type veth peer name tt-older && ip link set lo up");
	assert_int_equal(detect_new(&(struct detect_options){.settings = settings}, &s->d), 0);
	assert_int_equal(detect_start(s->d), 0);
	assert_true(detect_take(s->d, keep, &s->seen) >= 0);
	s->begin_ns = clock_now(CLOCK_MONOTONIC);
	return 0;
}

static int stop(void **state)
{
	struct scene *s = *state;
	detect_free(s->d);
	free(s);
	return 0;
}

static void an_interface_made_later_is_told_with_its_driver_and_address(void **state)
{
	struct scene *s = *state;
	run("ip link add tt-a address 02:00:00:00:00:0a type veth peer name tt-b");
	const struct event_netdev *e = expect(s, "tt-a", NETDEV_NEW);
	assert_string_equal(e->driver, "veth");
	assert_string_equal(e->mac, "02:00:00:00:00:0a");
	assert_string_equal(e->linkstatus, "linkstatus_new");
	assert_int_equal(e->mtu, 1500);
	assert_null(find(&s->seen, "tt-old", NETDEV_NEW));
}

static void a_peer_that_goes_down_takes_the_carrier_and_no_more(void **state)
{
	struct scene *s = *state;
	run("ip link set tt-a up && ip link set tt-b up");
	expect(s, "tt-a", NETDEV_ADMIN_UP);
	expect(s, "tt-a", NETDEV_CARRIER_UP);
	s->seen.n = 0;
	run("ip link set tt-b down");
	const struct event_netdev *e = expect(s, "tt-a", NETDEV_CARRIER_DOWN);
	assert_true(e->flags & IFF_UP);
	assert_false(e->flags & IFF_LOWER_UP);
	assert_string_equal(e->linkstatus, "linkstatus_carrierdown");
	expect(s, "tt-b", NETDEV_ADMIN_DOWN);
	assert_null(find(&s->seen, "tt-b", NETDEV_CARRIER_DOWN));
	assert_null(find(&s->seen, "tt-a", NETDEV_ADMIN_DOWN));
}

static void mtu_and_address_are_told_before_and_after(void **state)
{
	struct scene *s = *state;
	run("ip link set tt-a mtu 1400 && ip link set tt-a address 02:00:00:00:00:0b");
	const struct event_netdev *e = expect(s, "tt-a", NETDEV_MTU);
	assert_int_equal(e->mtu_before, 1500);
	assert_int_equal(e->mtu, 1400);
	e = expect(s, "tt-a", NETDEV_MAC);
	assert_string_equal(e->mac_before, "02:00:00:00:00:0a");
	assert_string_equal(e->mac, "02:00:00:00:00:0b");
}

static void an_interface_that_is_gone_is_told_of_once(void **state)
{
	struct scene *s = *state;
	s->seen.n = 0;
	run("ip link del tt-a");
	assert_string_equal(expect(s, "tt-a", NETDEV_GONE)->driver, "veth");
	expect(s, "tt-b", NETDEV_GONE);
	assert_int_equal(count(&s->seen, NETDEV_GONE), 2);
}

static void set_mtu(int fd, int mtu)
{
	struct ifreq request = {.ifr_name = "tt-old"};
	request.ifr_mtu = mtu;
	assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
}

static void what_changed_while_news_was_dropped_is_told_by_a_fresh_look(void **state)
{
	struct scene *s = *state;
	struct detector_status status;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	run("ip link add tt-c type veth peer name tt-cc");
	expect(s, "tt-c", NETDEV_NEW);
	s->seen.n = 0;
	for (int i = 0; i < 20000; i++)
		set_mtu(fd, 1000 + i % 2);
	run("ip link del tt-c && ip link add tt-d type veth peer name tt-dd");
	set_mtu(fd, 1234);
	close(fd);
	expect(s, "tt-c", NETDEV_GONE);
	expect(s, "tt-d", NETDEV_NEW);
	detect_status(s->d, netdev(), &status);
	assert_true(status.lost > 0);
}

static void an_interface_of_an_age_is_the_entity_of_its_events(void **state)
{
	struct scene *s = *state;
	for (uint64_t now; (now = clock_now(CLOCK_MONOTONIC)) < s->begin_ns + AGE_NS;)
		poll(NULL, 0, (int)((s->begin_ns + AGE_NS - now) / NS_PER_MS) + 1);
	s->seen.n = 0;
	run("ip link set tt-old up");
	assert_string_equal(entity_of(s, expect(s, "tt-old", NETDEV_ADMIN_UP)), "tt-old");
	s->seen.n = 0;
	run("ip link add tt-young type veth peer name tt-elder && ip link set tt-young up");
	assert_string_equal(entity_of(s, expect(s, "tt-young", NETDEV_ADMIN_UP)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_made_later_is_told_with_its_driver_and_address),
		cmocka_unit_test(a_peer_that_goes_down_takes_the_carrier_and_no_more),
		cmocka_unit_test(mtu_and_address_are_told_before_and_after),
		cmocka_unit_test(an_interface_that_is_gone_is_told_of_once),
		cmocka_unit_test(what_changed_while_news_was_dropped_is_told_by_a_fresh_look),
		cmocka_unit_test(an_interface_of_an_age_is_the_entity_of_its_events),
	};
	live_require(geteuid() == 0 && unshare(CLONE_NEWNET) == 0, "no right to a network namespace");
	live_offered(system("ip link add tt-x type veth peer name tt-y 2>/dev/null && ip link del tt-x") == 0, "no veth");
	return cmocka_run_group_tests(tests, start, stop);
}
