/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/bond.h"
#include "tests/unit/support/test.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

/* A message in the making. */
struct message {
	_Alignas(NLMSG_ALIGNTO) char room[1024];
	size_t len;
	uint16_t type;
};

/* Returns where it begins. */
static size_t add(struct message *m, uint16_t type, const void *data, size_t len)
{
	struct rtattr head = {.rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(len)};
	size_t at = m->len;
	memcpy(m->room + at, &head, sizeof(head));
	copy_bytes(m->room + at + sizeof(head), data, len);
	m->len += RTA_ALIGN(head.rta_len);
	return at;
}

static void end_nest(struct message *m, size_t at)
{
	struct rtattr head;
	memcpy(&head, m->room + at, sizeof(head));
	head.rta_len = (unsigned short)(m->len - at);
	memcpy(m->room + at, &head, sizeof(head));
}

static void begin(struct message *m, uint16_t type)
{
	struct ifinfomsg link = {.ifi_index = 7};
	*m = (struct message){.type = type, .len = NLMSG_LENGTH(sizeof(link))};
	memcpy(m->room + NLMSG_HDRLEN, &link, sizeof(link));
}

static const struct nlmsghdr *message_of(struct message *m)
{
	struct nlmsghdr head = {.nlmsg_type = m->type, .nlmsg_len = (uint32_t)m->len};
	memcpy(m->room, &head, sizeof(head));
	return (const void *)m->room;
}

static void slave_message(struct message *m, const char *kind, uint8_t state, uint8_t mii, int actor)
{
	uint32_t master = 9;
	uint8_t oper = (uint8_t)actor;
	begin(m, RTM_NEWLINK);
	add(m, IFLA_IFNAME, "eth1", 5);
	add(m, IFLA_MASTER, &master, sizeof(master));
	size_t info = add(m, IFLA_LINKINFO, NULL, 0);
	add(m, IFLA_INFO_SLAVE_KIND, kind, strlen(kind) + 1);
	size_t data = add(m, IFLA_INFO_SLAVE_DATA, NULL, 0);
	add(m, IFLA_BOND_SLAVE_STATE, &state, 1);
	add(m, IFLA_BOND_SLAVE_MII_STATUS, &mii, 1);
	if (actor >= 0)
		add(m, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, &oper, 1);
	end_nest(m, data);
	end_nest(m, info);
}

static struct bond_port parsed(struct message *m)
{
	struct bond_port p;
	assert_true(bond_parse_link(message_of(m), m->len, &p));
	return p;
}

static void a_port_carries_when_its_actor_collects_and_distributes(void **state _unused_)
{
	struct message m;
	slave_message(&m, "bond", 0, 0, 0x3f);
	struct bond_port p = parsed(&m);
	assert_int_equal(p.ifindex, 7);
	assert_int_equal(p.bond_ifindex, 9);
	assert_string_equal(p.name, "eth1");
	assert_true(p.is_ad && p.carries && p.link_up);
	slave_message(&m, "bond", 0, 0, 0x0f);
	assert_false(parsed(&m).carries);
	slave_message(&m, "bond", 1, 0, 0x3f);
	assert_false(parsed(&m).carries);
}

static void without_lacp_the_active_slave_carries(void **state _unused_)
{
	struct message m;
	slave_message(&m, "bond", 0, 2, -1);
	struct bond_port p = parsed(&m);
	assert_true(!p.is_ad && p.carries && !p.link_up);
}

static void a_slave_of_a_bridge_is_no_port_of_a_bond(void **state _unused_)
{
	struct message m;
	slave_message(&m, "bridge", 0, 0, 0x3f);
	assert_int_equal(parsed(&m).bond_ifindex, 0);
}

static void a_deleted_link_has_left_its_bond(void **state _unused_)
{
	struct message m;
	slave_message(&m, "bond", 0, 0, 0x3f);
	m.type = RTM_DELLINK;
	assert_int_equal(parsed(&m).bond_ifindex, 0);
}

static void a_cut_or_lying_message_is_no_danger(void **state _unused_)
{
	struct message m;
	struct bond_port p;
	slave_message(&m, "bond", 0, 0, 0x3f);
	for (uint32_t len = 0; len < m.len; len++) {
		_cleanup_free_ struct nlmsghdr *cut = malloc(MAX(len, sizeof(*cut)));
		memcpy(cut, message_of(&m), MAX(len, sizeof(*cut)));
		assert_false(bond_parse_link(cut, len, &p));
		cut->nlmsg_len = len;
		assert_int_equal(bond_parse_link(cut, len, &p), len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)));
	}
}

static void each_real_change_is_named_once(void **state _unused_)
{
	struct bond_port up = {.is_ad = true, .carries = true, .link_up = true}, off = {.is_ad = true, .link_up = true};
	struct bond_port down = {.is_ad = true}, backup = {.link_up = true}, active = {.carries = true, .link_up = true};
	enum lacp_change c[2];
	assert_int_equal(bond_changes(&up, &up, c), 0);
	assert_int_equal(bond_changes(&up, &off, c), 1);
	assert_int_equal(c[0], LACP_DISABLED);
	assert_int_equal(bond_changes(&off, &up, c), 1);
	assert_int_equal(c[0], LACP_ENABLED);
	assert_int_equal(bond_changes(&up, &down, c), 2);
	assert_int_equal(c[1], LACP_SLAVE_LINK);
	assert_int_equal(bond_changes(&backup, &active, c), 1);
	assert_int_equal(c[0], LACP_SLAVE_ACTIVE);
	assert_int_equal(bond_changes(&active, NULL, c), 1);
	assert_int_equal(c[0], LACP_SLAVE_BACKUP);
	assert_int_equal(bond_changes(&backup, NULL, c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_carries_when_its_actor_collects_and_distributes),
		cmocka_unit_test(without_lacp_the_active_slave_carries),
		cmocka_unit_test(a_slave_of_a_bridge_is_no_port_of_a_bond),
		cmocka_unit_test(a_deleted_link_has_left_its_bond),
		cmocka_unit_test(a_cut_or_lying_message_is_no_danger),
		cmocka_unit_test(each_real_change_is_named_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
