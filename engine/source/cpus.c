/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/cpus.h"

#include "engine/base/io.h"
#include "engine/source/scan.h"

static const uint16_t signals[CPU_STATES] = {
	SIGNAL_CPU_USER,   SIGNAL_CPU_NICE, SIGNAL_CPU_SYS,	SIGNAL_CPU_IDLE,
	SIGNAL_CPU_IOWAIT, SIGNAL_CPU_IRQ,  SIGNAL_CPU_SOFTIRQ, SIGNAL_CPU_STEAL,
};

/* The last number of a list such as "0-3,8-11", plus one. */
static unsigned end_of_list(const char *list)
{
	uint64_t last = 0;
	for (const char *p = list; *p; p++)
		if (scan_is_digit(*p)) {
			scan_u64(&p, &last);
			p--;
		}
	return (unsigned)MIN(last, (uint64_t)UINT16_MAX) + 1;
}

unsigned cpus_possible(struct env *env)
{
	char list[1024];
	if (env->sys_fd < 0 || io_read_line(env->sys_fd, "devices/system/cpu/possible", list, sizeof(list)) < 0 || !*list)
		return (unsigned)MAX(sysconf(_SC_NPROCESSORS_CONF), 1);
	return end_of_list(list);
}

int cpus_init(struct cpus *c, unsigned max, uint64_t period_ns)
{
	*c = (struct cpus){.max = max};
	int r = deltas_init(&c->deltas, max * CPU_STATES, period_ns);
	c->raw = calloc((size_t)max * CPU_STATES, sizeof(*c->raw));
	c->kinds = malloc((size_t)max * CPU_STATES);
	c->slot = malloc(max * sizeof(*c->slot));
	c->born_ns = calloc(max, sizeof(*c->born_ns));
	c->online = calloc(max, 1);
	if (r < 0 || !c->raw || !c->kinds || !c->slot || !c->born_ns || !c->online) {
		cpus_done(c);
		return -ENOMEM;
	}
	memset(c->kinds, COUNTER_LAGS, (size_t)max * CPU_STATES);
	for (unsigned i = 0; i < max; i++)
		c->slot[i] = ENTITY_NONE;
	return 0;
}

void cpus_begin(struct cpus *c)
{
	memset(c->online, 0, c->max);
}

uint64_t *cpus_row(struct cpus *c, uint64_t cpu)
{
	if (cpu >= c->max)
		return NULL;
	c->online[cpu] = 1;
	return &c->raw[cpu * CPU_STATES];
}

static void bring_up(struct cpus *c, struct env *env, unsigned cpu, uint64_t t_ns)
{
	char name[16];
	snprintf(name, sizeof(name), "%u", cpu);
	c->slot[cpu] = env_born(env, ENTITY_KIND_CPU, name);
	c->born_ns[cpu] = t_ns;
	for (unsigned i = cpu * CPU_STATES; c->deltas.pushed && i < (cpu + 1) * CPU_STATES; i++)
		deltas_restart(&c->deltas, i, c->raw[i]);
}

static unsigned follow_hotplug(struct cpus *c, struct env *env, uint64_t t_ns)
{
	unsigned online = 0;
	for (unsigned cpu = 0; cpu < c->max; cpu++) {
		online += c->online[cpu];
		bool was = c->born_ns[cpu];
		if (c->online[cpu] && !was)
			bring_up(c, env, cpu, t_ns);
		if (!c->online[cpu] && was) {
			if (c->slot[cpu] != ENTITY_NONE)
				env_gone(env, c->slot[cpu]);
			c->slot[cpu] = ENTITY_NONE;
			c->born_ns[cpu] = 0;
		}
	}
	return online;
}

static void add_readings(const struct cpus *c, unsigned online, uint64_t t_ns, uint64_t span_ns, struct readings *out)
{
	uint64_t all[CPU_STATES] = {0};
	for (unsigned cpu = 0; cpu < c->max; cpu++) {
		bool whole = c->slot[cpu] != ENTITY_NONE && t_ns - c->born_ns[cpu] >= span_ns;
		for (unsigned s = 0; s < CPU_STATES; s++) {
			uint64_t counted = deltas_of(&c->deltas, cpu * CPU_STATES + s);
			all[s] += counted;
			if (whole)
				readings_add(out, signals[s], c->slot[cpu], rate_value(UNIT_PERCENT, counted, 1, span_ns));
		}
	}
	for (unsigned s = 0; s < CPU_STATES; s++)
		readings_add(out, signals[s], ENTITY_HOST, rate_value(UNIT_PERCENT, all[s], 1, span_ns * online));
}

void cpus_push(struct cpus *c, struct env *env, uint64_t t_ns, struct readings *out)
{
	unsigned online = follow_hotplug(c, env, t_ns);
	deltas_push(&c->deltas, t_ns, c->raw, c->kinds);
	uint64_t span_ns = deltas_span(&c->deltas);
	if (span_ns && online)
		add_readings(c, online, t_ns, span_ns, out);
}

void cpus_unknown(const struct cpus *c, struct readings *out)
{
	for (unsigned s = 0; s < CPU_STATES; s++) {
		readings_add_unknown(out, signals[s], ENTITY_HOST);
		for (unsigned cpu = 0; cpu < c->max; cpu++)
			if (c->slot[cpu] != ENTITY_NONE)
				readings_add_unknown(out, signals[s], c->slot[cpu]);
	}
}

void cpus_offer(struct env *env, uint64_t period_ns, const char *from)
{
	for (unsigned s = 0; s < CPU_STATES; s++)
		env_offer(env, signals[s], period_ns, "%s", from);
}

void cpus_refuse(struct env *env, const char *why)
{
	for (unsigned s = 0; s < CPU_STATES; s++)
		env_refuse(env, signals[s], "%s", why);
}

void cpus_done(struct cpus *c)
{
	deltas_done(&c->deltas);
	free(c->raw);
	free(c->kinds);
	free(c->slot);
	free(c->born_ns);
	free(c->online);
	*c = (struct cpus){0};
}
