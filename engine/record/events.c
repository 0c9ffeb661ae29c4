/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/events.h"

#define EVENT_LEN_MAX 65536U /* struct event and its tail; detect.h promises no more */

/* Length, name, its NUL, zeros: the event that follows is aligned. */
static size_t name_bytes(size_t name_len)
{
	return (sizeof(uint16_t) + name_len + 1 + 7) & ~(size_t)7;
}

int events_append(struct ring *r, const struct event *record, uint32_t len, const char *entity_name)
{
	uint8_t payload[sizeof(uint16_t) + ENTITY_NAME_MAX + 8 + EVENT_LEN_MAX];
	uint16_t name_len = (uint16_t)strnlen(entity_name, ENTITY_NAME_MAX - 1);
	size_t head = name_bytes(name_len);
	if (len < sizeof(*record) || len > EVENT_LEN_MAX) {
		ring_lost(r, 1);
		return len < sizeof(*record) ? -EINVAL : -EMSGSIZE;
	}
	memset(payload, 0, head);
	memcpy(payload, &name_len, sizeof(name_len));
	memcpy(payload + sizeof(name_len), entity_name, name_len);
	memcpy(payload + head, record, len);
	return ring_append(r, record->t_ns, EVENT_RECORD, payload, head + len);
}

bool events_parse(const struct ring_record *rec, const char **ret_entity, const struct event **ret_record,
		  uint32_t *ret_len)
{
	uint16_t name_len;
	if (rec->type != EVENT_RECORD || rec->len < sizeof(name_len))
		return false;
	memcpy(&name_len, rec->data, sizeof(name_len));
	size_t head = name_bytes(name_len);
	if (name_len >= ENTITY_NAME_MAX || rec->len < head + sizeof(struct event))
		return false;
	if (strnlen((const char *)rec->data + sizeof(name_len), name_len + 1U) != name_len)
		return false;
	*ret_entity = (const char *)rec->data + sizeof(name_len);
	*ret_record = (const struct event *)((const char *)rec->data + head);
	*ret_len = (uint32_t)(rec->len - head);
	return true;
}
