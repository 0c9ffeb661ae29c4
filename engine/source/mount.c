/* SPDX-License-Identifier: GPL-2.0-only */
/* How full the file systems are, by a helper: statfs on a dead server waits for ever. */
#include "engine/source/mount.h"
#include "engine/source/helper.h"
#include "engine/source/roster.h"

#include <fcntl.h>

static const uint16_t signals[MOUNT_COLUMNS] = {[MOUNT_USED] = SIGNAL_MOUNT_USED, [MOUNT_INODES] = SIGNAL_MOUNT_INODES};

struct part {
	struct helper *helper; /* the environment's */
	struct roster roster;
	uint64_t due_ns;
};

static struct part *mount_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->roster = (struct roster){.kind = ENTITY_KIND_MOUNT};
	int r = faccessat(env->proc_fd, "self/mountinfo", R_OK, 0) < 0 ? -errno : 0;
	if (r >= 0)
		r = (p->helper = helper_get(env)) ? 0 : -errno;
	for (unsigned i = 0; i < MOUNT_COLUMNS; i++) {
		if (r >= 0)
			env_offer(env, signals[i], SECOND_NS, "statfs, by a helper");
		else
			env_refuse(env, signals[i], "cannot read '/proc/self/mountinfo': %s", strerror(-r));
	}
	if (r >= 0)
		return p;
	free(p);
	return NULL;
}

static void take_answer(struct part *p, struct env *env, struct cursor *rows, struct readings *out)
{
	struct helper_row row;
	roster_begin(&p->roster);
	while (helper_next_row(rows, &row)) {
		const struct roster_item *i = roster_meet(&p->roster, env, row.name, strlen(row.name), NULL);
		for (unsigned c = 0; i && c < MOUNT_COLUMNS; c++)
			if (row.mask & 1U << c)
				readings_set(out, signals[c], i->slot, true, row.values[c]);
	}
	roster_end(&p->roster, env);
}

static void add_unknown(const struct part *p, struct readings *out)
{
	for (size_t k = 0; k < p->roster.n; k++)
		for (unsigned c = 0; p->roster.items[k]->slot != ENTITY_NONE && c < MOUNT_COLUMNS; c++)
			readings_add_unknown(out, signals[c], p->roster.items[k]->slot);
}

static void mount_read(struct part *p, struct env *env, struct readings *out)
{
	struct cursor rows;
	if (helper_take(p->helper, HELPER_MOUNTS, &rows))
		take_answer(p, env, &rows, out);
	if (!env_is_due(env, &p->due_ns))
		return;
	if (helper_is_late(p->helper, HELPER_MOUNTS)) {
		add_unknown(p, out);
		env->lost++;
	}
	helper_ask(p->helper, env, HELPER_MOUNTS, 0);
}

static void mount_close(struct part *p)
{
	roster_done(&p->roster);
	free(p);
}

const struct part_ops part_mount = {"mount", TIER_TICK, mount_open, mount_read, mount_close};
