/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "snapshot/collect/collectors.h"
#include "snapshot/collect/rows.h"

#include <inttypes.h>

#define PERIOD_SLACK_NS (15 * NS_PER_S) /* a census is taken every 10 s */

static void print_row(FILE *to, const struct task_row *t, uint64_t t_ns)
{
	_cleanup_buf_ struct buf name = {0};
	char comm[EVENT_COMM_LEN + 1] = {0};
	memcpy(comm, t->comm, EVENT_COMM_LEN);
	text_escape_json(&name, comm);
	fprintf(to,
		"{\"t_ns\":%" PRIu64 ",\"pid\":%u,\"tgid\":%u,\"ppid\":%u,\"comm\":\"%s\",\"state\":\"%c\",\"start_ns\":%" PRIu64
		",\"user_ns\":%" PRIu64 ",\"sys_ns\":%" PRIu64 ",\"rss\":%" PRIu64 ",\"anon\":%" PRIu64 ",\"swap\":%" PRIu64
		",\"read\":%" PRIu64 ",\"write\":%" PRIu64 ",\"cgroup_id\":%" PRIu64 ",\"switches\":%" PRIu64
		",\"flags\":%u,\"cpu\":%u}\n",
		t_ns, t->pid, t->tgid, t->ppid, buf_str(&name), row_state(t), (uint64_t)t->start_ns,
		(uint64_t)t->cpu_user_ns, (uint64_t)t->cpu_sys_ns, (uint64_t)t->rss_bytes, (uint64_t)t->anon_bytes,
		(uint64_t)t->swap_bytes, (uint64_t)t->read_bytes, (uint64_t)t->write_bytes, (uint64_t)t->cgroup_id,
		(uint64_t)t->switches, t->flags, t->cpu);
}

static uint64_t print_censuses(FILE *to, const struct census *list, size_t n)
{
	uint64_t lost = 0;
	for (size_t i = 0; i < n; i++) {
		lost += list[i].lost;
		for (size_t j = 0; j < list[i].n; j++)
			print_row(to, &list[i].rows[j], list[i].t_ns);
	}
	return lost;
}

int collect_census(struct collect *c)
{
	struct census *list = NULL;
	size_t n = 0;
	if (collect_fd(c, CAPTURE_FD_CENSUS) < 0) {
		collect_missing(c, "census.jsonl", MEMBER_UNSUPPORTED, "there is no ring of censuses");
		return 0;
	}
	int r = censuses_read(collect_fd(c, CAPTURE_FD_CENSUS), collect_from_ns(c), collect_until_ns(c), &list, &n);
	if (r < 0)
		return r;
	FILE *to = collect_open(c, "census.jsonl");
	if (to) {
		uint64_t lost = print_censuses(to, list, n);
		if (n == 0 || list[0].t_ns > collect_from_ns(c) + PERIOD_SLACK_NS)
			collect_begin_ns(c, n ? list[0].t_ns : collect_until_ns(c));
		collect_close(c, lost ? MEMBER_LOSSY : MEMBER_COMPLETE, lost ? "tasks that found no room" : NULL, lost);
	}
	censuses_free(list, n);
	return 0;
}
