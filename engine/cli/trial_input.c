/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/trial_input.h"

#include "engine/base/io.h"
#include "engine/base/text.h"
#include "engine/cli/incident.h"
#include "engine/cli/recording.h"
#include "engine/cli/trial_history.h"
#include "engine/record/inputlog.h"

#include <fcntl.h>

#define SAMPLES_MAX ((size_t)256 << 20)

static int read_bundle(const char *path, struct buf *ret, char *ret_error, size_t size)
{
	_cleanup_bundle_ struct bundle *b = NULL;
	char error[192] = "";
	int r = bundle_open(path, &b, error, sizeof(error));
	if (r < 0)
		return error_explain(r, ret_error, size, "cannot open the bundle '%.80s': %s", path, error);
	r = bundle_read(b, "samples.tts", SAMPLES_MAX, ret);
	return r < 0 ? error_explain(r, ret_error, size, "cannot read samples.tts of '%.80s': %s", path, strerror(-r)) : 0;
}

static int read_samples(const char *path, struct buf *ret, char *ret_error, size_t size)
{
	char magic[4] = "";
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || read(fd, magic, sizeof(magic)) != sizeof(magic) || memcmp(magic, "TTS1", sizeof(magic)) != 0)
		return read_bundle(path, ret, ret_error, size);
	int r = io_read_file(AT_FDCWD, path, SAMPLES_MAX, ret);
	return r < 0 ? error_explain(r, ret_error, size, "cannot read '%.80s': %s", path, strerror(-r)) : 0;
}

/* Only the first checkpoint counts: from there on the inputs alone decide. 1 at the end. */
static int take_item(struct trial *t, const struct inputlog_item *item, bool *begun)
{
	switch (item->kind) {
	case INPUTLOG_CHECKPOINT:
		return *begun ? 0 : trial_restore(t, item->checkpoint.data, item->checkpoint.len);
	case INPUTLOG_INPUT:
		*begun |= item->input.kind == INPUT_TICK;
		if (item->input.kind != INPUT_RELOAD) /* of other rules than the test's */
			trial_input(t, &item->input);
		return 0;
	case INPUTLOG_TRANSITION:
		return 0;
	case INPUTLOG_END:
		return 1;
	}
	return -EBADMSG;
}

static int run(struct inputlog_reader *log, struct trial *t)
{
	struct inputlog_item item;
	bool begun = false;
	int r;
	do {
		r = inputlog_next(log, &item);
		r = r < 0 ? r : take_item(t, &item, &begun);
	} while (r == 0);
	return r < 0 ? r : 0;
}

static int decide(struct inputlog_reader *log, const struct trial_options *options, struct trial_result *ret)
{
	struct trial_options of_log = *options;
	struct trial *t;
	of_log.period_ns = inputlog_periods(log);
	of_log.max_entities = entities_max(inputlog_entities(log));
	inputlog_host_limit(log, &of_log.host_limit.burst, &of_log.host_limit.refill_ns);
	int r = trial_new(&of_log, &t);
	if (r < 0)
		return r;
	r = run(log, t);
	r = r < 0 ? r : trial_compare(t, ret);
	trial_free(t);
	return r;
}

static int run_samples(const struct trial_options *options, struct trial_result *ret, char *ret_error, size_t size)
{
	_cleanup_buf_ struct buf samples = {0};
	struct inputlog_reader *log = NULL;
	if (options->test->since_ns || options->test->until_ns)
		return error_explain(-EINVAL, ret_error, size, "'since' and 'until' are for a history, which '%.80s' is not",
				     options->test->input);
	int r = read_samples(options->test->input, &samples, ret_error, size);
	if (r < 0)
		return r;
	r = inputlog_open(samples.data, samples.len, options->vocabulary, &log);
	if (r == 0) {
		r = decide(log, options, ret);
		inputlog_close(log);
	}
	return r;
}

int trial_input_run(const struct trial_options *options, struct trial_result *ret, char *ret_error, size_t size)
{
	const char *path = options->test->input;
	int r = recording_is_history(path) ? trial_history_run(options, ret, ret_error, size) :
					     run_samples(options, ret, ret_error, size);
	if (r == -EBADMSG || r == -EPROTONOSUPPORT)
		return error_explain(r, ret_error, size, "the log of '%.80s' is %s", path,
				     r == -EBADMSG ? "malformed" : "of a newer format than this tracetrap knows");
	return r;
}
