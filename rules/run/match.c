/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules/run/match.h"

#include "engine/base/text.h"

/* "sda1", "vdb12"; "nvme0n1p2", "mmcblk0p1": the disk's own name ends in a digit, so a p stands between. */
static bool is_partition(const char *name)
{
	size_t len = strlen(name), end = len;
	while (end && is_digit(name[end - 1]))
		end--;
	if (end == len || end < 3)
		return false;
	if (name[end - 1] == 'p' && is_digit(name[end - 2]))
		return starts_with(name, "nvme") || starts_with(name, "mmcblk");
	return strspn(name, "abcdefghijklmnopqrstuvwxyz") == end &&
	       (starts_with(name, "sd") || starts_with(name, "vd") || starts_with(name, "hd") || starts_with(name, "xvd"));
}

static bool is_noise(enum entity_kind kind, const char *name)
{
	static const char *const globs[] = {"loop[0-9]*", "ram[0-9]*", "zram[0-9]*", "fd[0-9]*", "sr[0-9]*"};
	if (kind == ENTITY_KIND_NETDEV)
		return streq(name, "lo");
	if (kind != ENTITY_KIND_DISK)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(globs); i++)
		if (text_glob(globs[i], name))
			return true;
	return is_partition(name);
}

static int compile(regex_t *regex, const char *expression, size_t len)
{
	char anchored[MATCH_PATTERN_MAX + 8];
	if (!expression_is_affordable(expression, len) || !expression_is_closed(expression, len))
		return -EINVAL;
	snprintf(anchored, sizeof(anchored), "^(%.*s)$", (int)len, expression);
	int r = regcomp(regex, anchored, REG_EXTENDED | REG_NOSUB);
	return r == REG_ESPACE ? -ENOMEM : r ? -EINVAL : 0;
}

int matcher_init(struct matcher *m, enum entity_kind kind, const char *pattern)
{
	*m = (struct matcher){.kind = kind};
	if (!pattern)
		return 0;
	size_t len = strlen(pattern);
	if (len > MATCH_PATTERN_MAX)
		return -EINVAL;
	if (len < 2 || pattern[0] != '/' || pattern[len - 1] != '/') {
		m->glob = pattern;
		return 0;
	}
	int r = compile(&m->regex, pattern + 1, len - 2);
	m->is_regex = r == 0;
	return r;
}

bool matcher_matches(const struct matcher *m, enum entity_kind kind, const char *name)
{
	if (kind != m->kind)
		return false;
	if (m->is_regex)
		return regexec(&m->regex, name, 0, NULL, 0) == 0;
	return m->glob ? text_glob(m->glob, name) : !is_noise(kind, name);
}

void matcher_done(struct matcher *m)
{
	if (m->is_regex)
		regfree(&m->regex);
	*m = (struct matcher){0};
}
