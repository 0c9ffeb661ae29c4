/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/noise.h"

#include "engine/base/log.h"
#include "engine/detect/ksym.h"
#include "rules/run/machine.h"

struct noise_judge {
	const struct noise *noise;
	const struct vocabulary *vocabulary;
	struct machine *machine;
	uint64_t *period_ns; /* of no signal */
	struct ksym_range *ranges; /* of all filters' functions, one filter after the other */
	size_t n_ranges;
	bool *held; /* by filter: its condition is true of the event in hand */
};

static int find_functions(struct noise_judge *j, const char *proc_root)
{
	size_t n = 0;
	for (size_t i = 0; i < j->noise->conditions.n; i++)
		j->n_ranges += j->noise->filters[i].n_stack;
	j->ranges = calloc(MAX(j->n_ranges, (size_t)1), sizeof(*j->ranges));
	if (!j->ranges)
		return -ENOMEM;
	for (size_t i = 0; i < j->noise->conditions.n; i++)
		for (size_t s = 0; s < j->noise->filters[i].n_stack; s++)
			j->ranges[n++].name = j->noise->filters[i].stack[s];
	if (n)
		ksym_find(proc_root, j->ranges, n);
	for (size_t i = 0; i < n; i++)
		if (!j->ranges[i].begin)
			log_debug("noise: this kernel has no function '%s'", j->ranges[i].name);
	return 0;
}

int noise_judge_new(const struct noise *noise, const struct vocabulary *vocabulary, const char *proc_root,
		    struct noise_judge **ret)
{
	struct noise_judge *j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->noise = noise;
	j->vocabulary = vocabulary;
	j->period_ns = calloc(MAX(vocabulary->n_signals, (size_t)1), sizeof(*j->period_ns));
	j->held = calloc(MAX(noise->conditions.n, (size_t)1), sizeof(*j->held));
	struct machine_options options = {.rules = &noise->conditions, .vocabulary = vocabulary, .period_ns = j->period_ns,
					  .max_entities = 1};
	int r = j->period_ns && j->held ? machine_new(&options, &j->machine) : -ENOMEM;
	r = r < 0 ? r : find_functions(j, proc_root);
	if (r < 0) {
		noise_judge_free(j);
		return r;
	}
	*ret = j;
	return 0;
}

static void hold(void *ctx, const struct transition *t)
{
	struct noise_judge *j = ctx;
	if (t->kind == TRANSITION_FIRED)
		j->held[t->rule] = true;
}

static bool is_in(uint64_t address, const struct ksym_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (address > ranges[i].begin && address <= ranges[i].end) /* a return address */
			return true;
	return false;
}

static bool field_matches(const struct event_field *f, const struct event *record, uint32_t len,
			  const struct ksym_range *ranges, size_t n)
{
	if (f->type != FIELD_STACK || f->offset + f->size > event_own_len(record, len))
		return false;
	for (size_t i = 0; i < f->size / sizeof(uint64_t); i++) {
		uint64_t address;
		memcpy(&address, (const char *)record + f->offset + i * sizeof(address), sizeof(address));
		if (!address)
			return false;
		if (is_in(address, ranges, n))
			return true;
	}
	return false;
}

static bool stack_matches(const struct detector_def *d, const struct event *record, uint32_t len,
			  const struct ksym_range *ranges, size_t n)
{
	for (size_t i = 0; i < d->n_fields; i++)
		if (field_matches(&d->fields[i], record, len, ranges, n))
			return true;
	return false;
}

const struct noise_filter *noise_judge_event(struct noise_judge *j, uint16_t detector, const struct event *record, uint32_t len)
{
	const struct detector_def *def = &j->vocabulary->detectors[detector];
	const struct ksym_range *ranges = j->ranges;
	struct input in = {.kind = INPUT_EVENT, .t_ns = record->t_ns, .event = {detector, ENTITY_HOST, record, len}};
	if (!j->noise->conditions.n)
		return NULL;
	memset(j->held, 0, j->noise->conditions.n * sizeof(*j->held));
	machine_input(j->machine, &in, hold, j);
	for (size_t i = 0; i < j->noise->conditions.n; i++) {
		const struct noise_filter *f = &j->noise->filters[i];
		if (j->held[i] && (!f->n_stack || stack_matches(def, record, len, ranges, f->n_stack)))
			return f;
		ranges += f->n_stack;
	}
	return NULL;
}

struct noise_judge *noise_judge_free(struct noise_judge *j)
{
	if (!j)
		return NULL;
	machine_free(j->machine);
	free(j->ranges);
	free(j->period_ns);
	free(j->held);
	free(j);
	return NULL;
}
