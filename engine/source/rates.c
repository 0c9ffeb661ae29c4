/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/rates.h"

#include "engine/source/source.h"

static uint64_t quanta_per_second(enum unit unit)
{
	switch (unit) {
	case UNIT_PER_SECOND:
		return 1000;
	case UNIT_PERCENT:
		return 1000000;
	case UNIT_MILLI:
		return 1000;
	default:
		return 1;
	}
}

static bool is_share_of_time(enum unit unit)
{
	return unit == UNIT_PERCENT || unit == UNIT_MILLI;
}

static uint64_t divide_rounded(unsigned __int128 counted, uint64_t quanta, uint64_t span_ns)
{
	uint64_t small;
	/* Nearly always: a division of 64 bits is several times cheaper than one of 128. */
	if (counted <= UINT64_MAX && !__builtin_mul_overflow((uint64_t)counted, quanta, &small) &&
	    !__builtin_add_overflow(small, span_ns / 2, &small))
		return small / span_ns;
	counted = MIN(counted, (unsigned __int128)UINT64_MAX);
	return (uint64_t)MIN((counted * quanta + span_ns / 2) / span_ns, (unsigned __int128)INT64_MAX);
}

int64_t rate_value(enum unit unit, uint64_t counted, uint32_t scale, uint64_t span_ns)
{
	uint64_t quanta = quanta_per_second(unit) * (is_share_of_time(unit) ? 1 : DELTA_SPAN_NS);
	uint64_t v = divide_rounded((unsigned __int128)counted * scale, quanta, span_ns);
	uint64_t most = unit == UNIT_PERCENT ? 1000000 : INT64_MAX;
	return (int64_t)MIN(v, most);
}

void rates_push(struct deltas *d, const struct rate *table, uint64_t t_ns, const uint64_t *raw, uint16_t entity,
		struct readings *out)
{
	uint8_t kinds[RATES_MAX];
	for (unsigned i = 0; i < d->columns; i++)
		kinds[i] = table[i].counter;
	deltas_push(d, t_ns, raw, kinds);
	uint64_t span_ns = deltas_span(d);
	for (unsigned i = 0; span_ns && i < d->columns; i++)
		if (table[i].signal != SIGNAL_NONE)
			readings_add(out, table[i].signal, entity,
				     rate_value(signal_table[table[i].signal].unit, deltas_of(d, i), table[i].scale, span_ns));
}

void rates_unknown(const struct deltas *d, const struct rate *table, uint16_t entity, struct readings *out)
{
	for (unsigned i = 0; i < d->columns; i++)
		if (table[i].signal != SIGNAL_NONE)
			readings_add_unknown(out, table[i].signal, entity);
}
