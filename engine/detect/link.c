/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/link.h"

#include "engine/detect/attribute.h"

#include <linux/if.h>
#include <linux/if_link.h>

static void read_kind(struct attributes info, struct link_state *l)
{
	struct attribute a;
	while (attributes_next(&info, &a))
		if (a.type == IFLA_INFO_KIND)
			attribute_text(&a, l->kind, sizeof(l->kind));
}

static void read_address(const struct attribute *a, struct link_state *l)
{
	l->address_len = MIN((uint32_t)a->len, (uint32_t)sizeof(l->address));
	copy_bytes(l->address, a->data, l->address_len);
}

static void read_attribute(const struct attribute *a, struct link_state *l)
{
	switch (a->type) {
	case IFLA_IFNAME:
		attribute_text(a, l->name, sizeof(l->name));
		break;
	case IFLA_MTU:
		l->mtu = attribute_u32(a);
		break;
	case IFLA_MASTER:
		l->master = attribute_u32(a);
		break;
	case IFLA_ADDRESS:
		read_address(a, l);
		break;
	case IFLA_LINKINFO:
		read_kind(attributes_inside(a), l);
		break;
	}
}

bool link_parse(const struct nlmsghdr *message, size_t len, struct link_state *ret)
{
	struct ifinfomsg link;
	struct attributes attributes;
	struct attribute a;
	if (!attributes_of_link(message, len, &link, &attributes))
		return false;
	*ret = (struct link_state){.ifindex = (uint32_t)link.ifi_index, .flags = link.ifi_flags};
	while (attributes_next(&attributes, &a))
		read_attribute(&a, ret);
	return true;
}

size_t link_changes(const struct link_state *before, const struct link_state *after,
		    enum netdev_change ret[LINK_CHANGES_MAX])
{
	uint32_t changed = before->flags ^ after->flags;
	bool is_up = after->flags & IFF_UP, has_carrier = after->flags & IFF_LOWER_UP;
	size_t n = 0;
	if (changed & IFF_UP)
		ret[n++] = is_up ? NETDEV_ADMIN_UP : NETDEV_ADMIN_DOWN;
	if (is_up && (changed & IFF_LOWER_UP))
		ret[n++] = has_carrier ? NETDEV_CARRIER_UP : NETDEV_CARRIER_DOWN;
	if (before->mtu != after->mtu)
		ret[n++] = NETDEV_MTU;
	if (before->address_len != after->address_len || memcmp(before->address, after->address, after->address_len) != 0)
		ret[n++] = NETDEV_MAC;
	return n;
}

const char *link_change_words(enum netdev_change change)
{
	static const char *const words[] = {
		[NETDEV_CARRIER_UP] = "linkstatus_carrierup", [NETDEV_CARRIER_DOWN] = "linkstatus_carrierdown",
		[NETDEV_ADMIN_UP] = "linkstatus_adminup",     [NETDEV_ADMIN_DOWN] = "linkstatus_admindown",
		[NETDEV_MTU] = "linkstatus_mtu",	      [NETDEV_MAC] = "linkstatus_mac",
		[NETDEV_NEW] = "linkstatus_new",	      [NETDEV_GONE] = "linkstatus_gone",
	};
	return words[change];
}

const char *link_address(const struct link_state *l, char text[3 * LINK_ADDRESS_MAX + 1])
{
	text[0] = '\0';
	for (uint32_t i = 0; i < l->address_len; i++)
		sprintf(text + 3 * i - (i > 0), "%s%02x", i ? ":" : "", l->address[i]);
	return text;
}
