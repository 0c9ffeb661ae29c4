/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * yesterday STATE: what the recorder would have left on disk of the day until an hour ago. cpu.sys stays below 12 %; five
 * times it is busy, for long and a little, for long and much, too short, and not quite enough.
 */
#include <fcntl.h>

#include "snapshot/store/hours.h"
#include "tests/unit/support/days.h"

#define SECONDS (22 * 3600)
#define ENDED_S 3600 /* before now */

static const struct busy {
	unsigned from_s, for_s, percent;
} busy[] = {
	{2 * 3600, 40, 42},
	{7 * 3600, 25, 66},
	{7 * 3600 + 300, 20, 91},
	{15 * 3600, 3, 70},
	{19 * 3600, 12, 56},
};

static int64_t cpu_sys(unsigned second)
{
	for (size_t i = 0; i < ARRAY_SIZE(busy); i++)
		if (second - busy[i].from_s < busy[i].for_s)
			return busy[i].percent * 10000;
	return 20000 + second * 7919 % 100000;
}

static int record(struct hours *hours, int64_t realtime_offset_ns)
{
	struct days d;
	int r = 0;
	days_begin(&d, /* run= */ 1, NS_PER_S, realtime_offset_ns);
	for (unsigned s = 0; r == 0 && s < SECONDS; s++) {
		days_second(&d, cpu_sys(s));
		const struct buf *bytes = hourlog_pending(d.log);
		r = hours_append(hours, bytes->data, bytes->len);
		hourlog_sent(d.log);
	}
	days_end(&d);
	return r;
}

int main(int argc, char **argv)
{
	struct hours *hours = NULL;
	_cleanup_close_ int state = open(argc == 2 ? argv[1] : "", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = state < 0 ? -errno : hours_open(state, &(struct hours_bounds){0}, (gid_t)-1, &hours);
	if (r == 0) {
		r = record(hours, (int64_t)(clock_now(CLOCK_REALTIME) - (SECONDS + ENDED_S) * NS_PER_S));
		hours_close(hours);
	}
	if (r < 0)
		fprintf(stderr, "cannot write a history below '%s': %s\n", argc == 2 ? argv[1] : "", strerror(-r));
	return r < 0;
}
