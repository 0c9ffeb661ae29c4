/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/missing.h"

#include "engine/base/clock.h"

#define STARTING_NS (5 * NS_PER_S) /* until everything that looks back has its first record */
#define ROUND_NS (100 * NS_PER_MS)

static uint64_t from_ns(const struct missing *m)
{
	return m->fired_ns > m->before_ns ? m->fired_ns - m->before_ns : 0;
}

static bool is_young(const struct missing *m, const struct ledger_entry *e)
{
	return e->state == MEMBER_PARTIAL && m->started_ns > from_ns(m) && e->begin_ns > from_ns(m) &&
	       e->begin_ns <= m->started_ns + STARTING_NS;
}

bool missing_young(const struct missing *m, struct buf *out)
{
	char ran[CLOCK_TEXT_MAX], late[CLOCK_TEXT_MAX];
	uint64_t latest_ns = 0, ran_ns = m->fired_ns - MIN(m->started_ns, m->fired_ns);
	size_t n = 0;
	for (size_t i = 0; i < m->ledger->n; i++) {
		if (!is_young(m, &m->ledger->entries[i]))
			continue;
		latest_ns = MAX(latest_ns, m->ledger->entries[i].begin_ns);
		n++;
	}
	if (n)
		buf_printf(out, "the daemon had run for %s only: %zu member%s %s later than asked for",
			   clock_span(ran_ns / ROUND_NS * ROUND_NS, ran), n, n == 1 ? " begins" : "s begin up to",
			   clock_span((latest_ns - from_ns(m)) / ROUND_NS * ROUND_NS, late));
	return n > 0;
}

const struct ledger_entry *missing_next(const struct missing *m, size_t *at)
{
	while (*at < m->ledger->n) {
		const struct ledger_entry *e = &m->ledger->entries[(*at)++];
		if (e->state != MEMBER_COMPLETE && !is_young(m, e))
			return e;
	}
	return NULL;
}
