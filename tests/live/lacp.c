/* SPDX-License-Identifier: GPL-2.0-only */
/* Two 802.3ad bonds over veth pairs, ours and a peer's in a network namespace of its own; and one active-backup bond. */
#include "engine/detect/detect.h"
#include "engine/base/clock.h"
#include "tests/live/live.h"

#include <poll.h>

#define DEADLINE_NS (60 * NS_PER_S)

struct watch {
	const char *bond, *slave;
	uint32_t change;
	bool found;
	unsigned of_others; /* events that name another bond */
	char status[64 * 1024];
	char entity[ENTITY_NAME_MAX];
};

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static void keep_wanted(void *ctx, uint16_t detector, const struct event *record, uint32_t len, const char *entity)
{
	struct watch *w = ctx;
	const struct event_lacp *e = (const void *)record;
	if (strcmp(detector_defs[detector].name, "lacp"))
		return;
	printf("%s %s change %u\n", e->bond, e->slave, e->change);
	w->of_others += strcmp(e->bond, "tt-bond") && strcmp(e->bond, "tt-ab");
	if (strcmp(e->bond, w->bond) || strcmp(e->slave, w->slave) || e->change != w->change)
		return;
	w->found = true;
	snprintf(w->entity, sizeof(w->entity), "%s", entity);
	snprintf(w->status, sizeof(w->status), "%.*s", (int)(len - sizeof(*e)), (const char *)(e + 1));
}

static void expect(struct detect *d, const char *bond, const char *slave, uint32_t change)
{
	struct watch w = {.bond = bond, .slave = slave, .change = change};
	uint64_t end = clock_now(CLOCK_MONOTONIC) + DEADLINE_NS;
	while (!w.found && clock_now(CLOCK_MONOTONIC) < end) {
		struct pollfd p = {.fd = detect_fd(d), .events = POLLIN};
		poll(&p, 1, 200);
		assert_true(detect_take(d, keep_wanted, &w) >= 0);
	}
	if (!w.found)
		fail_msg("no change %u of %s on %s", change, slave, bond);
	assert_string_equal(w.entity, bond);
	assert_non_null(strstr(w.status, "Bonding Mode:"));
	assert_non_null(strstr(w.status, slave));
	assert_int_equal(w.of_others, 0);
}

static void make_pair(int i)
{
	char command[256];
	snprintf(command, sizeof(command),
		 "ip link add tt-a%d type veth peer name tt-b%d && ip link set tt-b%d netns tt-peer && "
		 "ip link set tt-a%d master tt-bond && ip -n tt-peer link set tt-b%d master tt-far && "
		 "ip link set tt-a%d up && ip -n tt-peer link set tt-b%d up",
		 i, i, i, i, i, i, i);
	run(command);
}

static int make_bonds(void **state)
{
	assert_int_equal(detect_new(&(struct detect_options){0}, (struct detect **)state), 0);
	assert_int_equal(detect_start(*state), 0);
	run("ip netns add tt-peer");
	run("ip link add tt-bond type bond mode 802.3ad lacp_rate fast miimon 100");
	run("ip -n tt-peer link add tt-far type bond mode 802.3ad lacp_rate fast miimon 100");
	make_pair(0);
	make_pair(1);
	run("ip link set tt-bond up; ip -n tt-peer link set tt-far up");
	return 0;
}

static int remove_bonds(void **state)
{
	detect_free(*state);
	run("ip link del tt-bond; ip link del tt-a0; ip link del tt-a1; ip netns del tt-peer");
	return 0;
}

static void a_bond_made_after_the_start_is_seen_to_carry(void **state)
{
	expect(*state, "tt-bond", "tt-a1", LACP_ENABLED);
}

static void a_peer_that_goes_down_disables_its_port(void **state)
{
	run("ip -n tt-peer link set tt-b1 down");
	expect(*state, "tt-bond", "tt-a1", LACP_DISABLED);
	run("ip -n tt-peer link set tt-b1 up");
	expect(*state, "tt-bond", "tt-a1", LACP_ENABLED);
}

static void a_peer_that_falls_silent_disables_its_port_though_the_link_is_up(void **state)
{
	run("tc -n tt-peer qdisc add dev tt-b1 root netem loss 100%");
	expect(*state, "tt-bond", "tt-a1", LACP_DISABLED);
	run("tc -n tt-peer qdisc del dev tt-b1 root");
}

static void the_active_slave_of_an_active_backup_bond_is_followed(void **state)
{
	run("ip link add tt-ab type bond mode active-backup miimon 100 && ip link add tt-c0 type veth peer name tt-d0 && "
	    "ip link add tt-c1 type veth peer name tt-d1 && ip link set tt-d0 up && ip link set tt-d1 up && "
	    "ip link set tt-c0 master tt-ab && ip link set tt-c1 master tt-ab && ip link set tt-c0 up && "
	    "ip link set tt-c1 up && ip link set tt-ab up");
	expect(*state, "tt-ab", "tt-c0", LACP_SLAVE_ACTIVE);
	run("ip link set tt-d0 down");
	expect(*state, "tt-ab", "tt-c1", LACP_SLAVE_ACTIVE);
	run("ip link del tt-ab; ip link del tt-c0; ip link del tt-c1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bond_made_after_the_start_is_seen_to_carry),
		cmocka_unit_test(a_peer_that_goes_down_disables_its_port),
		cmocka_unit_test(a_peer_that_falls_silent_disables_its_port_though_the_link_is_up),
		cmocka_unit_test(the_active_slave_of_an_active_backup_bond_is_followed),
	};
	live_require(geteuid() == 0, "not root");
	live_offered(system("modprobe -q bonding max_bonds=0 2>/dev/null") == 0, "no bonding driver");
	(void)!system("modprobe -qa veth sch_netem 2>/dev/null");
	return cmocka_run_group_tests(tests, make_bonds, remove_bonds);
}
