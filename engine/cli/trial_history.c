/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/trial_history.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/replay_hours.h"
#include "snapshot/store/hours.h"

struct slice {
	const struct trial_options *options;
	struct inputlog_reader *log;
	struct trial *trial;
	uint64_t *period_ns;
	uint64_t run, end_ns; /* of the block before */
	uint64_t until_ns;    /* as the run in hand counts */
	bool reached;	      /* `since` */
};

static void slice_done(struct slice *s)
{
	trial_free(s->trial);
	inputlog_close(s->log);
	free(s->period_ns);
}

/* Realtime as the block's run counts; of a time before its begin 0. */
static uint64_t monotonic(const struct hourlog_block *b, uint64_t realtime_ns)
{
	uint64_t offset = (uint64_t)b->realtime_offset_ns;
	return realtime_ns > offset ? realtime_ns - offset : 0;
}

/* A trial of its own for each run of the daemon; that of the run before had not reached the slice. */
static int begin_run(struct slice *s, const struct hourlog_block *b)
{
	const struct trial_test *test = s->options->test;
	struct trial_options o = *s->options;
	s->log = inputlog_close(s->log);
	s->trial = trial_free(s->trial);
	int r = inputlog_open(b->log, b->len, o.vocabulary, &s->log);
	if (r < 0)
		return r;
	const uint64_t *recorded = inputlog_periods(s->log);
	for (size_t i = 0; i < o.vocabulary->n_signals; i++)
		s->period_ns[i] = recorded[i] ? MAX(recorded[i], NS_PER_S) : 0;
	o.period_ns = s->period_ns;
	o.max_entities = entities_max(inputlog_entities(s->log));
	o.begin_ns = monotonic(b, test->since_ns);
	s->until_ns = test->until_ns ? monotonic(b, test->until_ns) : UINT64_MAX;
	inputlog_host_limit(s->log, &o.host_limit.burst, &o.host_limit.refill_ns);
	return trial_new(&o, &s->trial);
}

/* 1 when the slice is over. */
static int take_inputs(struct slice *s)
{
	struct inputlog_item item;
	int r;
	while ((r = inputlog_next(s->log, &item)) == 0 && item.kind != INPUTLOG_END) {
		if (item.kind != INPUTLOG_INPUT || item.input.kind == INPUT_RELOAD)
			continue;
		if (item.input.t_ns > s->until_ns)
			return 1;
		trial_input(s->trial, &item.input);
	}
	return r;
}

static int take_block(struct slice *s, const struct hourlog_block *b)
{
	bool goes_on = s->log && s->run == b->run && b->begin_ns >= s->end_ns;
	if (s->reached && !goes_on)
		return -EXDEV;
	int r = goes_on ? inputlog_feed(s->log, b->log, b->len, /* restarted= */ false, /* shift_ns= */ 0) : begin_run(s, b);
	s->run = b->run;
	s->end_ns = b->end_ns;
	s->reached |= b->end_ns >= monotonic(b, s->options->test->since_ns);
	return r < 0 ? r : take_inputs(s);
}

static int take_blocks(struct slice *s, struct hours_reader *hours)
{
	struct hourlog_block b;
	int r;
	while ((r = hours_next(hours, &b)) > 0) {
		r = take_block(s, &b);
		if (r)
			return r < 0 ? r : 0;
	}
	return r;
}

static int read_slice(struct slice *s, struct hours_reader *hours, char *ret_error, size_t size)
{
	const char *path = s->options->test->input;
	int r = take_blocks(s, hours);
	if (r == -EXDEV)
		return error_explain(r, ret_error, size,
				     "the daemon of '%.80s' was restarted within this slice: choose one of before or after it", path);
	if (r == 0 && hours_damaged(hours))
		return error_explain(-EIO, ret_error, size, "'%.80s' is damaged within this slice", path);
	if (r == 0 && !s->reached)
		return error_explain(-ENODATA, ret_error, size, "there is nothing in '%.80s' from 'since' to 'until'", path);
	return r;
}

int trial_history_run(const struct trial_options *options, struct trial_result *ret, char *ret_error, size_t size)
{
	const struct trial_test *test = options->test;
	_cleanup_(slice_done) struct slice s = {.options = options};
	struct hours_reader *hours;
	uint64_t from_ns = test->since_ns - MIN(test->since_ns, replay_hours_warm_ns(options->rules));
	s.period_ns = calloc(options->vocabulary->n_signals + 1, sizeof(*s.period_ns));
	if (!s.period_ns)
		return -ENOMEM;
	int r = hours_read(test->input, from_ns, test->until_ns ? test->until_ns : UINT64_MAX, &hours);
	if (r < 0)
		return error_explain(r, ret_error, size, "cannot read the history '%.80s': %s", test->input,
				     r == -ENOENT ? "there is none" : strerror(-r));
	r = read_slice(&s, hours, ret_error, size);
	hours_read_done(hours);
	return r < 0 ? r : trial_compare(s.trial, ret);
}
