/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/drop_reason.h"

static const char *without_prefix(const char *name)
{
	static const char *const prefixes[] = {"SKB_DROP_REASON_", "SKB_"};
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (starts_with(name, prefixes[i]))
			return name + strlen(prefixes[i]);
	return name;
}

int drop_reasons_read(const struct btf *btf, struct drop_reasons *ret)
{
	*ret = (struct drop_reasons){0};
	int id = btf ? btf__find_by_name_kind(btf, "skb_drop_reason", BTF_KIND_ENUM) : -ENOENT;
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
	if (!t || !btf_vlen(t))
		return 0;
	ret->list = calloc(btf_vlen(t), sizeof(*ret->list));
	if (!ret->list)
		return -ENOMEM;
	for (; ret->n < btf_vlen(t); ret->n++) {
		const struct btf_enum *e = &btf_enum(t)[ret->n];
		const char *name = btf__name_by_offset(btf, e->name_off);
		ret->list[ret->n].value = (uint32_t)e->val;
		snprintf(ret->list[ret->n].name, EVENT_NAME_LEN, "%s", without_prefix(name ?: ""));
	}
	return (int)ret->n;
}

void drop_reasons_done(struct drop_reasons *r)
{
	free(r->list);
	*r = (struct drop_reasons){0};
}

int64_t drop_reasons_value(const struct drop_reasons *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (streq(r->list[i].name, name))
			return r->list[i].value;
	return -1;
}

void drop_reasons_name(const struct drop_reasons *r, uint32_t value, char ret[EVENT_NAME_LEN])
{
	*ret = '\0';
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].value == value) {
			memcpy(ret, r->list[i].name, EVENT_NAME_LEN);
			return;
		}
	if (r->n && value >> 16)
		snprintf(ret, EVENT_NAME_LEN, "SUBSYS_%u_%u", value >> 16, value & 0xffff);
	else if (r->n)
		snprintf(ret, EVENT_NAME_LEN, "REASON_%u", value);
}
