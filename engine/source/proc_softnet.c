/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/net/softnet_stat: a line of hexadecimal numbers per CPU, of which the second and third are ours. */
#include "engine/source/part.h"
#include "engine/source/proc_file.h"
#include "engine/source/rates.h"
#include "engine/source/scan.h"

enum { DROPPED, SQUEEZED, COLUMNS };

/* The sum over CPUs of 32-bit counts: taken modulo 2^32, it wraps as one of them does. */
static const struct rate table[COLUMNS] = {{SIGNAL_SOFTNET_DROPPED, COUNTER_32, 1},
					   {SIGNAL_SOFTNET_SQUEEZED, COUNTER_32, 1}};

struct part {
	struct proc_file file;
	struct deltas deltas;
};

static bool scan_softnet(const char *text, uint64_t *raw)
{
	uint32_t sum[COLUMNS] = {0};
	unsigned lines = 0;
	for (const char *at = text; *at; at = scan_next_line(at), lines++) {
		uint64_t processed, dropped, squeezed;
		if (!scan_hex(&at, &processed) || !scan_hex(&at, &dropped) || !scan_hex(&at, &squeezed))
			return false;
		sum[DROPPED] += (uint32_t)dropped;
		sum[SQUEEZED] += (uint32_t)squeezed;
	}
	raw[DROPPED] = sum[DROPPED];
	raw[SQUEEZED] = sum[SQUEEZED];
	return lines > 0;
}

static void softnet_close(struct part *p)
{
	proc_file_close(&p->file);
	deltas_done(&p->deltas);
	free(p);
}

static struct part *softnet_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	int r = proc_file_open(&p->file, env->proc_fd, "net/softnet_stat");
	if (r >= 0)
		r = deltas_init(&p->deltas, COLUMNS, SECOND_NS);
	for (unsigned i = 0; i < COLUMNS; i++) {
		if (r >= 0)
			env_offer(env, table[i].signal, SECOND_NS, "/proc/net/softnet_stat");
		else
			env_refuse(env, table[i].signal, "cannot read '/proc/net/softnet_stat': %s", strerror(-r));
	}
	if (r >= 0)
		return p;
	softnet_close(p);
	return NULL;
}

static void softnet_read(struct part *p, struct env *env, struct readings *out)
{
	uint64_t raw[COLUMNS];
	if (proc_file_read(&p->file, &env->text) >= 0 && scan_softnet(buf_str(&env->text), raw))
		rates_push(&p->deltas, table, env->now_ns, raw, ENTITY_HOST, out);
	else
		rates_unknown(&p->deltas, table, ENTITY_HOST, out);
}

const struct part_ops part_softnet = {"softnet", TIER_SECOND, softnet_open, softnet_read, softnet_close};
