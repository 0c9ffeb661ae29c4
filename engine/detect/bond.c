/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/bond.h"

#include "engine/detect/attribute.h"

#include <linux/if_bonding.h>
#include <linux/if_link.h>

#define AD_COLLECTING	0x10 /* bits of a port's state, IEEE 802.1AX */
#define AD_DISTRIBUTING 0x20

static void read_slave_data(struct attributes data, struct bond_port *p)
{
	struct attribute a;
	bool active = false;
	uint8_t actor = AD_COLLECTING | AD_DISTRIBUTING;
	while (attributes_next(&data, &a)) {
		switch (a.type) {
		case IFLA_BOND_SLAVE_STATE:
			active = attribute_u8(&a) == BOND_STATE_ACTIVE;
			break;
		case IFLA_BOND_SLAVE_MII_STATUS:
			p->link_up = attribute_u8(&a) == BOND_LINK_UP;
			break;
		case IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE:
			p->is_ad = true;
			actor = attribute_u8(&a);
			break;
		}
	}
	p->carries = active && (actor & AD_COLLECTING) && (actor & AD_DISTRIBUTING);
}

/* True when it is a bond that the interface is a slave of, not a bridge or team. */
static bool read_link_info(struct attributes info, struct bond_port *p)
{
	struct attribute a, data = {0};
	bool of_bond = false;
	while (attributes_next(&info, &a)) {
		if (a.type == IFLA_INFO_SLAVE_KIND)
			of_bond = a.len >= 4 && strncmp(a.data, "bond", a.len) == 0;
		else if (a.type == IFLA_INFO_SLAVE_DATA)
			data = a;
	}
	if (of_bond && data.data)
		read_slave_data(attributes_inside(&data), p);
	return of_bond;
}

static void read_attributes(struct attributes attributes, struct bond_port *p)
{
	struct attribute a;
	uint32_t master = 0;
	bool of_bond = false;
	while (attributes_next(&attributes, &a)) {
		if (a.type == IFLA_IFNAME)
			attribute_text(&a, p->name, sizeof(p->name));
		else if (a.type == IFLA_MASTER)
			master = attribute_u32(&a);
		else if (a.type == IFLA_LINKINFO)
			of_bond = read_link_info(attributes_inside(&a), p);
	}
	p->bond_ifindex = of_bond ? master : 0;
}

bool bond_parse_link(const struct nlmsghdr *message, size_t len, struct bond_port *ret)
{
	struct ifinfomsg link;
	struct attributes attributes;
	struct bond_port p = {0};
	if (!attributes_of_link(message, len, &link, &attributes))
		return false;
	p.ifindex = (uint32_t)link.ifi_index;
	read_attributes(attributes, &p);
	if (message->nlmsg_type == RTM_DELLINK)
		p.bond_ifindex = 0;
	*ret = p;
	return true;
}

static enum lacp_change carrying_change(bool is_ad, bool carries)
{
	if (is_ad)
		return carries ? LACP_ENABLED : LACP_DISABLED;
	return carries ? LACP_SLAVE_ACTIVE : LACP_SLAVE_BACKUP;
}

size_t bond_changes(const struct bond_port *before, const struct bond_port *after, enum lacp_change ret[2])
{
	bool carries = after && after->carries;
	size_t n = 0;
	if (before->carries != carries)
		ret[n++] = carrying_change(before->is_ad || (after && after->is_ad), carries);
	if (after && before->link_up != after->link_up)
		ret[n++] = LACP_SLAVE_LINK;
	return n;
}
