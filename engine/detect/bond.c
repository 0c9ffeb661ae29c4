/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/bond.h"

#include <linux/if_bonding.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#define AD_COLLECTING	0x10 /* bits of a port's state, IEEE 802.1AX */
#define AD_DISTRIBUTING 0x20

struct attributes {
	const char *at, *end;
};

struct attribute {
	uint16_t type;
	uint16_t len;
	const char *data;
};

static bool next_attribute(struct attributes *a, struct attribute *ret)
{
	struct rtattr head;
	if (a->end - a->at < (ptrdiff_t)sizeof(head))
		return false;
	memcpy(&head, a->at, sizeof(head));
	if (head.rta_len < sizeof(head) || head.rta_len > a->end - a->at)
		return false;
	*ret = (struct attribute){
		.type = head.rta_type & NLA_TYPE_MASK,
		.len = (uint16_t)(head.rta_len - sizeof(head)),
		.data = a->at + sizeof(head),
	};
	a->at += MIN((ptrdiff_t)RTA_ALIGN(head.rta_len), a->end - a->at);
	return true;
}

static struct attributes inside(const struct attribute *a)
{
	return (struct attributes){a->data, a->data + a->len};
}

static uint8_t byte_of(const struct attribute *a)
{
	return a->len ? (uint8_t)a->data[0] : 0;
}

static void read_slave_data(struct attributes data, struct bond_port *p)
{
	struct attribute a;
	bool active = false;
	uint8_t actor = AD_COLLECTING | AD_DISTRIBUTING;
	while (next_attribute(&data, &a)) {
		switch (a.type) {
		case IFLA_BOND_SLAVE_STATE:
			active = byte_of(&a) == BOND_STATE_ACTIVE;
			break;
		case IFLA_BOND_SLAVE_MII_STATUS:
			p->link_up = byte_of(&a) == BOND_LINK_UP;
			break;
		case IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE:
			p->is_ad = true;
			actor = byte_of(&a);
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
	while (next_attribute(&info, &a)) {
		if (a.type == IFLA_INFO_SLAVE_KIND)
			of_bond = a.len >= 4 && strncmp(a.data, "bond", a.len) == 0;
		else if (a.type == IFLA_INFO_SLAVE_DATA)
			data = a;
	}
	if (of_bond && data.data)
		read_slave_data(inside(&data), p);
	return of_bond;
}

static void read_attributes(struct attributes attributes, struct bond_port *p)
{
	struct attribute a;
	uint32_t master = 0;
	bool of_bond = false;
	while (next_attribute(&attributes, &a)) {
		if (a.type == IFLA_IFNAME)
			snprintf(p->name, sizeof(p->name), "%.*s", (int)a.len, a.data);
		else if (a.type == IFLA_MASTER && a.len == sizeof(master))
			memcpy(&master, a.data, sizeof(master));
		else if (a.type == IFLA_LINKINFO)
			of_bond = read_link_info(inside(&a), p);
	}
	p->bond_ifindex = of_bond ? master : 0;
}

bool bond_parse_link(const struct nlmsghdr *message, size_t len, struct bond_port *ret)
{
	struct ifinfomsg link;
	struct bond_port p = {0};
	if (len < NLMSG_LENGTH(sizeof(link)) || message->nlmsg_len < NLMSG_LENGTH(sizeof(link)) ||
	    message->nlmsg_len > len || (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK))
		return false;
	memcpy(&link, NLMSG_DATA(message), sizeof(link));
	if (link.ifi_family != AF_UNSPEC)
		return false;
	p.ifindex = (uint32_t)link.ifi_index;
	const char *begin = (const char *)message + NLMSG_SPACE(sizeof(link));
	const char *end = (const char *)message + message->nlmsg_len;
	if (begin < end)
		read_attributes((struct attributes){begin, end}, &p);
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
