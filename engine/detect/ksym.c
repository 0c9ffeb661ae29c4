/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/ksym.h"

#include <limits.h>

static struct ksym_range *range_named(struct ksym_range *ranges, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(ranges[i].name, name))
			return &ranges[i];
	return NULL;
}

/* The kernel lists its own symbols by address, so the next line that moved on ends what was found. */
static void end_ranges(struct ksym_range *ranges, size_t n, uint64_t address)
{
	for (size_t i = 0; i < n; i++)
		if (ranges[i].begin && !ranges[i].end && address > ranges[i].begin)
			ranges[i].end = address;
}

int ksym_find(const char *proc_root, struct ksym_range *ranges, size_t n)
{
	char path[PATH_MAX], line[512], *name;
	int found = 0;
	snprintf(path, sizeof(path), "%s/kallsyms", proc_root);
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		uint64_t address = strtoull(line, &name, 16);
		if (name[0] != ' ' || !name[1] || name[2] != ' ')
			continue;
		name += 3;
		name[strcspn(name, "\t\n")] = '\0';
		end_ranges(ranges, n, address);
		struct ksym_range *r = range_named(ranges, n, name);
		if (!r || r->begin || !address)
			continue;
		r->begin = address;
		r->end = 0;
		found++;
	}
	return found;
}
