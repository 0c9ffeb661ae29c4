/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/history_csv.h"
#include "snapshot/collect/collectors.h"

#define SECOND_SLACK_NS (2 * NS_PER_S) /* the first second may have begun before the window */

static void write_seconds(struct collect *c, FILE *to)
{
	const struct plan *p = collect_plan(c);
	int64_t offset = (int64_t)(p->clocks.realtime - p->clocks.monotonic);
	uint64_t first_ns = 0;
	int r = history_csv(collect_fd(c, CAPTURE_FD_HISTORY), collect_vocabulary(c), collect_from_ns(c), collect_until_ns(c), offset,
			    to, &first_ns);
	if (first_ns == 0 || first_ns > collect_from_ns(c) + SECOND_SLACK_NS)
		collect_begin_ns(c, first_ns ? first_ns : collect_until_ns(c));
	collect_close(c, r < 0 ? MEMBER_FAILED : MEMBER_COMPLETE, r < 0 ? strerror(-r) : NULL, 0);
}

int collect_history(struct collect *c)
{
	if (collect_fd(c, CAPTURE_FD_HISTORY) < 0) {
		collect_missing(c, "samples-1hz.csv", MEMBER_UNSUPPORTED, "there is no history in memory");
		return 0;
	}
	FILE *to = collect_open(c, "samples-1hz.csv");
	if (!to)
		return -ENOMEM;
	write_seconds(c, to);
	return 0;
}
