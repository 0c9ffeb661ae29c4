/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/record/inputlog.h"
#include "engine/record/samples_csv.h"
#include "snapshot/collect/collectors.h"

static void write_log(struct collect *c, const struct buf *log, uint64_t begin_ns)
{
	FILE *to = collect_open(c, "samples.tts");
	if (!to)
		return;
	fwrite(log->data, 1, log->len, to);
	collect_begin_ns(c, begin_ns);
	collect_close(c, MEMBER_COMPLETE, NULL, 0);
}

static void write_table(struct collect *c, const struct buf *log, uint64_t begin_ns)
{
	const struct plan *p = collect_plan(c);
	int64_t offset = (int64_t)(p->clocks.realtime - p->clocks.monotonic);
	_cleanup_buf_ struct buf text = {0};
	FILE *to = collect_open(c, "samples.csv");
	if (!to)
		return;
	int r = samples_csv(log->data, log->len, collect_vocabulary(c), p->signals, p->n_signals, p->entity, offset, &text);
	fwrite(buf_str(&text), 1, text.len, to);
	collect_begin_ns(c, begin_ns);
	collect_close(c, r < 0 ? MEMBER_FAILED : MEMBER_COMPLETE, r < 0 ? strerror(-r) : NULL, 0);
}

int collect_samples(struct collect *c)
{
	_cleanup_buf_ struct buf log = {0};
	uint64_t begin_ns = 0;
	if (collect_fd(c, CAPTURE_FD_INPUTLOG) < 0) {
		collect_missing(c, "samples.tts", MEMBER_UNSUPPORTED, "there is no input log");
		return 0;
	}
	int r = inputlog_export(collect_fd(c, CAPTURE_FD_INPUTLOG), collect_from_ns(c), collect_until_ns(c), &log, &begin_ns);
	if (r < 0) {
		collect_missing(c, "samples.tts", MEMBER_FAILED, "the input log's ring: %s", strerror(-r));
		return 0;
	}
	write_log(c, &log, begin_ns);
	write_table(c, &log, begin_ns);
	return 0;
}
