/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/pressure: the share of the last second in which tasks stalled, from the totals, not from the averages. */
#include "engine/source/part.h"
#include "engine/source/proc_file.h"
#include "engine/source/psi.h"
#include "engine/source/rates.h"

enum { FILES = 3, COLUMNS = 2 * FILES };

static const struct {
	const char *path;
	uint16_t some, full;
} files[FILES] = {
	{"pressure/cpu", SIGNAL_PSI_CPU_SOME, SIGNAL_PSI_CPU_FULL},
	{"pressure/memory", SIGNAL_PSI_MEM_SOME, SIGNAL_PSI_MEM_FULL},
	{"pressure/io", SIGNAL_PSI_IO_SOME, SIGNAL_PSI_IO_FULL},
};

struct part {
	struct proc_file file[FILES];
	struct deltas deltas[FILES];
	struct rate table[FILES][2];
};

static bool read_totals(const struct part *p, struct env *env, unsigned i, uint64_t raw[2])
{
	raw[PSI_SOME] = raw[PSI_FULL] = 0;
	if (proc_file_read(&p->file[i], &env->text) < 0)
		return false;
	for (int line = PSI_SOME; line <= PSI_FULL; line++)
		if (p->table[i][line].signal != SIGNAL_NONE && !psi_scan_total(buf_str(&env->text), line, &raw[line]))
			return false;
	return true;
}

static void open_file(struct part *p, struct env *env, unsigned i)
{
	uint64_t us;
	const uint16_t signals[2] = {files[i].some, files[i].full};
	int r = proc_file_open(&p->file[i], env->proc_fd, files[i].path);
	if (r >= 0)
		r = proc_file_read(&p->file[i], &env->text);
	for (int line = PSI_SOME; line <= PSI_FULL; line++) {
		bool there = r >= 0 && psi_scan_total(buf_str(&env->text), line, &us) &&
			     env_offer(env, signals[line], SECOND_NS, "/proc/%s", files[i].path);
		p->table[i][line] = (struct rate){there ? signals[line] : SIGNAL_NONE, COUNTER_64, 1000};
		if (!there)
			env_refuse(env, signals[line], "cannot read '/proc/%s': %s%s", files[i].path,
				   r < 0 ? strerror(-r) : "no such line",
				   r == -ENOENT || r == -EOPNOTSUPP ? "; boot with psi=1" : "");
	}
	if (r >= 0)
		deltas_init(&p->deltas[i], 2, SECOND_NS);
}

static void psi_close(struct part *p)
{
	for (unsigned i = 0; i < FILES; i++) {
		proc_file_close(&p->file[i]);
		deltas_done(&p->deltas[i]);
	}
	free(p);
}

static struct part *psi_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	for (unsigned i = 0; p && i < FILES; i++)
		open_file(p, env, i);
	return p;
}

static void psi_read(struct part *p, struct env *env, struct readings *out)
{
	for (unsigned i = 0; i < FILES; i++) {
		uint64_t raw[2];
		if (!p->deltas[i].columns)
			continue;
		if (read_totals(p, env, i, raw))
			rates_push(&p->deltas[i], p->table[i], env->now_ns, raw, ENTITY_HOST, out);
		else
			rates_unknown(&p->deltas[i], p->table[i], ENTITY_HOST, out);
	}
}

const struct part_ops part_psi = {"psi", TIER_SECOND, psi_open, psi_read, psi_close};
