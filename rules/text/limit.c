/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/rule.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "rules/text/quantity.h"

bool limit_parse(const char *text, struct limit *ret)
{
	struct quantity q;
	uint64_t burst;
	size_t len;
	char count[16] = "";
	size_t slash = strcspn(text, "/");
	if (streq(text, "none")) {
		*ret = (struct limit){0};
		return true;
	}
	if (text[slash] != '/' || slash == 0 || slash >= sizeof(count))
		return false;
	copy_bytes(count, text, slash);
	if (!text_u64(count, &burst) || burst == 0 || burst > 10000)
		return false;
	if (quantity_scan(text + slash + 1, &q, &len) != QUANTITY_OK || text[slash + 1 + len] || q.unit != UNIT_SECONDS ||
	    q.value < (double)(burst * NS_PER_MS) || q.value > 366 * 86400e9)
		return false;
	*ret = (struct limit){(uint32_t)burst, (uint64_t)q.value / burst};
	return true;
}
