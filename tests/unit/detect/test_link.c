/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/link.h"
#include "tests/unit/support/test.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>

/* As rtnetlink sent it: `ip link add veth0 type veth peer name veth1` on 6.1, statistics left out. */
static const uint8_t veth_bytes[] = {
	/* nlmsghdr: 124 bytes, RTM_NEWLINK */
	0x7c, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	/* ifinfomsg: AF_UNSPEC, ARPHRD_ETHER, index 5, UP|BROADCAST|RUNNING|MULTICAST|LOWER_UP */
	0x00, 0x00, 0x01, 0x00, 0x05, 0x00, 0x00, 0x00, 0x43, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
	/* IFLA_IFNAME "veth0" */
	0x0a, 0x00, 0x03, 0x00, 'v', 'e', 't', 'h', '0', 0x00, 0x00, 0x00,
	/* IFLA_TXQLEN, IFLA_OPERSTATE */
	0x08, 0x00, 0x0d, 0x00, 0xe8, 0x03, 0x00, 0x00, 0x05, 0x00, 0x10, 0x00, 0x06, 0x00, 0x00, 0x00,
	/* IFLA_MTU 1500, IFLA_MASTER 3, IFLA_CARRIER 1 */
	0x08, 0x00, 0x04, 0x00, 0xdc, 0x05, 0x00, 0x00, 0x08, 0x00, 0x0a, 0x00, 0x03, 0x00, 0x00, 0x00,
	0x05, 0x00, 0x21, 0x00, 0x01, 0x00, 0x00, 0x00,
	/* IFLA_ADDRESS, IFLA_BROADCAST */
	0x0a, 0x00, 0x01, 0x00, 0xee, 0x0b, 0x2c, 0x10, 0x7f, 0x01, 0x00, 0x00,
	0x0a, 0x00, 0x02, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00,
	/* IFLA_LINKINFO, nested { IFLA_INFO_KIND "veth" } */
	0x10, 0x00, 0x12, 0x80, 0x09, 0x00, 0x01, 0x00, 'v', 'e', 't', 'h', 0x00, 0x00, 0x00, 0x00,
};

static const struct link_state up = {.ifindex = 5, .flags = IFF_UP | IFF_LOWER_UP, .mtu = 1500, .address = {2, 1}, .address_len = 6};

static void a_message_of_the_kernel_tells_all_of_an_interface(void **state _unused_)
{
	struct link_state l;
	char mac[3 * LINK_ADDRESS_MAX + 1];
	_Alignas(NLMSG_ALIGNTO) uint8_t bytes[sizeof(veth_bytes)];
	memcpy(bytes, veth_bytes, sizeof(bytes));
	assert_true(link_parse((const void *)bytes, sizeof(bytes), &l));
	assert_int_equal(l.ifindex, 5);
	assert_string_equal(l.name, "veth0");
	assert_string_equal(l.kind, "veth");
	assert_int_equal(l.mtu, 1500);
	assert_int_equal(l.master, 3);
	assert_int_equal(l.flags, IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST | IFF_LOWER_UP);
	assert_string_equal(link_address(&l, mac), "ee:0b:2c:10:7f:01");
}

static void a_cut_or_lying_message_is_no_danger(void **state _unused_)
{
	struct link_state l;
	for (uint32_t len = 0; len < sizeof(veth_bytes); len++) {
		_cleanup_free_ struct nlmsghdr *cut = malloc(MAX(len, sizeof(*cut)));
		memcpy(cut, veth_bytes, MAX(len, sizeof(*cut)));
		assert_false(link_parse(cut, len, &l));
		cut->nlmsg_len = len;
		assert_int_equal(link_parse(cut, len, &l), len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)));
	}
}

static void expect_changes(struct link_state before, struct link_state after, size_t n, ...)
{
	enum netdev_change got[LINK_CHANGES_MAX];
	va_list ap;
	va_start(ap, n);
	assert_int_equal(link_changes(&before, &after, got), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(link_change_words(got[i]), va_arg(ap, const char *));
	va_end(ap);
}

static void a_carrier_is_lost_only_under_an_interface_that_is_up(void **state _unused_)
{
	struct link_state no_carrier = up, down = up;
	no_carrier.flags = IFF_UP;
	down.flags = 0;
	expect_changes(up, up, 0);
	expect_changes(up, no_carrier, 1, "linkstatus_carrierdown");
	expect_changes(no_carrier, up, 1, "linkstatus_carrierup");
	expect_changes(up, down, 1, "linkstatus_admindown");
	expect_changes(down, no_carrier, 1, "linkstatus_adminup");
	expect_changes(down, up, 2, "linkstatus_adminup", "linkstatus_carrierup");
}

static void mtu_and_address_are_changes_of_their_own(void **state _unused_)
{
	struct link_state other = up, none = up;
	other.mtu = 9000;
	other.address[5] = 1;
	none.address_len = 0;
	expect_changes(up, other, 2, "linkstatus_mtu", "linkstatus_mac");
	expect_changes(up, none, 1, "linkstatus_mac");
}

static void an_address_is_as_long_as_the_link_has_it(void **state _unused_)
{
	char text[3 * LINK_ADDRESS_MAX + 1];
	struct link_state longest = {.address_len = LINK_ADDRESS_MAX};
	assert_string_equal(link_address(&(struct link_state){0}, text), "");
	assert_int_equal(strlen(link_address(&longest, text)), 3 * LINK_ADDRESS_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_of_the_kernel_tells_all_of_an_interface),
		cmocka_unit_test(a_cut_or_lying_message_is_no_danger),
		cmocka_unit_test(a_carrier_is_lost_only_under_an_interface_that_is_up),
		cmocka_unit_test(mtu_and_address_are_changes_of_their_own),
		cmocka_unit_test(an_address_is_as_long_as_the_link_has_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
