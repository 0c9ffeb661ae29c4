/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/attribute.h"

#include <sys/socket.h>

bool attributes_of_link(const struct nlmsghdr *message, size_t len, struct ifinfomsg *ret_link, struct attributes *ret)
{
	struct ifinfomsg link;
	if (len < NLMSG_LENGTH(sizeof(link)) || message->nlmsg_len < NLMSG_LENGTH(sizeof(link)) ||
	    message->nlmsg_len > len || (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK))
		return false;
	memcpy(&link, NLMSG_DATA(message), sizeof(link));
	if (link.ifi_family != AF_UNSPEC)
		return false;
	const char *begin = (const char *)message + NLMSG_SPACE(sizeof(link));
	const char *end = (const char *)message + message->nlmsg_len;
	*ret_link = link;
	*ret = (struct attributes){MIN(begin, end), end};
	return true;
}

struct attributes attributes_inside(const struct attribute *a)
{
	return (struct attributes){a->data, a->data + a->len};
}

bool attributes_next(struct attributes *a, struct attribute *ret)
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

uint8_t attribute_u8(const struct attribute *a)
{
	return a->len ? (uint8_t)a->data[0] : 0;
}

uint32_t attribute_u32(const struct attribute *a)
{
	uint32_t v = 0;
	if (a->len >= sizeof(v))
		memcpy(&v, a->data, sizeof(v));
	return v;
}

void attribute_text(const struct attribute *a, char *ret, size_t size)
{
	size_t len = strnlen(a->data, MIN((size_t)a->len, size - 1));
	memset(ret, 0, size);
	memcpy(ret, a->data, len);
}
