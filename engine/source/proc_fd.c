/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/sys/fs/file-nr: open files of the whole machine. */
#include "engine/source/part.h"
#include "engine/source/proc_file.h"
#include "engine/source/scan.h"

struct part {
	struct proc_file file;
};

static void fd_close(struct part *p)
{
	proc_file_close(&p->file);
	free(p);
}

static struct part *fd_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	int r = proc_file_open(&p->file, env->proc_fd, "sys/fs/file-nr");
	if (r >= 0) {
		env_offer(env, SIGNAL_FD_USED, SECOND_NS, "/proc/sys/fs/file-nr");
		return p;
	}
	env_refuse(env, SIGNAL_FD_USED, "cannot read '/proc/sys/fs/file-nr': %s", strerror(-r));
	fd_close(p);
	return NULL;
}

static void fd_read(struct part *p, struct env *env, struct readings *out)
{
	uint64_t used = 0;
	bool known = proc_file_read(&p->file, &env->text) >= 0;
	const char *at = buf_str(&env->text);
	known = known && scan_u64(&at, &used);
	readings_set(out, SIGNAL_FD_USED, ENTITY_HOST, known, used);
}

const struct part_ops part_fd = {"fd", TIER_SECOND, fd_open, fd_read, fd_close};
