/* SPDX-License-Identifier: GPL-2.0-only */
/* The shipped rules on events of interfaces and of the kernel's log: which of them fire, and which are ordinary work. */
#include "bpf/event.h"
#include "engine/base/clock.h"
#include "engine/vocabulary.h"
#include "rules/load.h"
#include "rules/run/machine.h"
#include "tests/unit/support/test.h"

#define INTERFACE 1 /* the slot of its entity */

struct trial {
	struct ruleset *set;
	struct machine *machine;
	uint64_t period_ns[256];
	uint16_t rule;
	unsigned fired;
};

static void setup(struct trial *t, const char *rule)
{
	static const char *const path = "conf/rules.d";
	struct diagnostics *d = diagnostics_new();
	struct load_options options = {.paths = &path, .n_paths = 1, .vocabulary = vocabulary()};
	*t = (struct trial){0};
	assert_int_equal(rules_load(&options, d, &t->set), 0);
	diagnostics_free(d);
	for (size_t i = 0; i < ARRAY_SIZE(t->period_ns); i++)
		t->period_ns[i] = NS_PER_S;
	struct machine_options m = {.rules = t->set, .vocabulary = vocabulary(), .period_ns = t->period_ns, .max_entities = 8};
	assert_int_equal(machine_new(&m, &t->machine), 0);
	t->rule = (uint16_t)(ruleset_find(t->set, rule) - t->set->rules);
}

static void on_transition(void *ctx, const struct transition *x)
{
	struct trial *t = ctx;
	t->fired += x->kind == TRANSITION_FIRED && x->rule == t->rule;
}

/* Whether one such event of a fresh machine fires the rule. */
static bool fires(const char *rule, const char *detector, const char *interface, const struct event *record)
{
	struct trial t;
	setup(&t, rule);
	struct input born = {.kind = INPUT_BORN, .t_ns = NS_PER_S, .born = {INTERFACE, ENTITY_KIND_NETDEV, interface}};
	struct input event = {.kind = INPUT_EVENT, .t_ns = 2 * NS_PER_S, .event = {.record = record, .len = record->size}};
	if (*interface)
		machine_input(t.machine, &born, on_transition, &t);
	event.event.detector = (uint16_t)vocabulary_detector(vocabulary(), detector);
	event.event.entity = *interface ? INTERFACE : ENTITY_HOST;
	machine_input(t.machine, &event, on_transition, &t);
	assert_true(t.fired <= 1);
	machine_free(t.machine);
	ruleset_free(t.set);
	return t.fired;
}

static bool link_down_fires(const char *interface, enum netdev_change change)
{
	struct event_netdev e = {.h = {.kind = EVENT_NETDEV, .size = sizeof(e)}, .change = change};
	snprintf(e.ifname, sizeof(e.ifname), "%s", interface);
	return fires("link-down", "netdev", interface, &e.h);
}

static void a_lost_carrier_of_hardware_and_bonds_is_a_link_down(void **state _unused_)
{
	static const char *const names[] = {"eth0", "enp0s31f6", "ens3", "em1", "ib0", "wlan0", "bond0", "bond0.100", "team0"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(link_down_fires(names[i], NETDEV_CARRIER_DOWN));
}

static void interfaces_of_containers_and_machines_are_no_link_down(void **state _unused_)
{
	static const char *const names[] = {"veth12ab", "docker0", "br-0a1b", "tap0", "tun0", "cni0", "cali0", "flannel.1", "virbr0",
					    "vnet0", "lxcbr0", "dummy0", "lo"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(link_down_fires(names[i], NETDEV_CARRIER_DOWN));
}

static void only_the_loss_of_a_carrier_is_a_link_down(void **state _unused_)
{
	static const enum netdev_change others[] = {NETDEV_CARRIER_UP, NETDEV_ADMIN_UP, NETDEV_ADMIN_DOWN, NETDEV_MTU,
						    NETDEV_MAC,	       NETDEV_NEW,	NETDEV_GONE};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(link_down_fires("eth0", others[i]));
}

/* An interface so young that it is no entity yet. */
static void an_event_of_the_host_is_no_interfaces_link_down(void **state _unused_)
{
	struct event_netdev e = {.h = {.kind = EVENT_NETDEV, .size = sizeof(e)}, .change = NETDEV_CARRIER_DOWN, .ifname = "eth0"};
	assert_false(fires("link-down", "netdev", "", &e.h));
}

static bool trouble_fires(const char *subsystem)
{
	struct event_klog e = {.h = {.kind = EVENT_KLOG, .size = sizeof(e)}};
	snprintf(e.subsystem, sizeof(e.subsystem), "%s", subsystem);
	return fires("kernel-trouble", "klog", "", &e.h);
}

static void the_log_of_disks_and_hardware_is_left_to_their_own_rules(void **state _unused_)
{
	assert_true(trouble_fires("ext4"));
	assert_true(trouble_fires("kernel"));
	assert_true(trouble_fires("rcu"));
	assert_false(trouble_fires("block"));
	assert_false(trouble_fires("hardware"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_carrier_of_hardware_and_bonds_is_a_link_down),
		cmocka_unit_test(interfaces_of_containers_and_machines_are_no_link_down),
		cmocka_unit_test(only_the_loss_of_a_carrier_is_a_link_down),
		cmocka_unit_test(an_event_of_the_host_is_no_interfaces_link_down),
		cmocka_unit_test(the_log_of_disks_and_hardware_is_left_to_their_own_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
