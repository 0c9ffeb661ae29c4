/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/recording.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/base/log.h"
#include "engine/cli/incident.h"
#include "engine/replay_hours.h"
#include "engine/vocabulary.h"
#include "snapshot/store/hours.h"

#define SAMPLES_MAX ((size_t)256 << 20)
#define RULE_MAX ((size_t)1 << 20)
#define PROGRESS_AFTER_NS (2 * NS_PER_S)
#define PROGRESS_EVERY_NS (200 * NS_PER_MS) /* on a terminal; elsewhere a line each ten seconds */
#define PROGRESS_LINE_NS (10 * NS_PER_S)

static bool is_log(const char *path)
{
	char magic[4] = {0};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "TTS1", sizeof(magic)) == 0;
}

static bool read_member(struct bundle *b, const char *member, size_t max, struct buf *ret)
{
	int r = bundle_read(b, member, max, ret);
	if (r == -ENOENT)
		log_error("'%s' has no member '%s': nothing to replay; `tracetrap show` tells why", bundle_id(b), member);
	else if (r < 0)
		log_error_errno(r, "cannot read the member '%s' of '%s'", member, bundle_id(b));
	return r >= 0;
}

static bool read_bundle(const char *path, bool with_rule, struct recording *ret)
{
	char error[256] = "";
	_cleanup_bundle_ struct bundle *b = NULL;
	if (bundle_open(path, &b, error, sizeof(error)) < 0) {
		log_error("cannot open the bundle '%s': %s", path, error);
		return false;
	}
	return read_member(b, "samples.tts", SAMPLES_MAX, &ret->samples) &&
	       (!with_rule || read_member(b, "rule.yaml", RULE_MAX, &ret->rule));
}

static bool read_log(const char *path, bool with_rule, struct recording *ret)
{
	if (with_rule) {
		log_error("'%s' has no rules with it: say which, with --rules PATH", path);
		return false;
	}
	int r = io_read_file(AT_FDCWD, path, SAMPLES_MAX, &ret->samples);
	if (r < 0)
		log_error_errno(r, "cannot read '%s'", path);
	return r >= 0;
}

bool recording_is_history(const char *path)
{
	struct stat st;
	uint64_t hour;
	const char *name = strrchr(path, '/');
	if (stat(path, &st) < 0)
		return false;
	return S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && hourlog_name_parse(name ? name + 1 : path, &hour));
}

static bool find(const char *store, const char *word, char path[512])
{
	char error[256] = "", state_dir[COMMAND_PATH_MAX];
	int r = 0;
	if (streq(word, RECORDING_HISTORY))
		snprintf(path, 512, "%.500s/" HOURS_DIR, command_state_dir(state_dir));
	else if (recording_is_history(word))
		snprintf(path, 512, "%s", word);
	else
		r = store_resolve(store, word, path, 512, error, sizeof(error));
	if (r < 0)
		log_error("%s", error);
	return r >= 0;
}

static bool holds_hours(const char *dir)
{
	char tail[600];
	struct hours_extent extent;
	snprintf(tail, sizeof(tail), "%s/" HOURS_TAIL, dir);
	return (hours_extent(dir, &extent) == 0 && extent.files > 0) || access(tail, F_OK) == 0;
}

/* Of directories: an empty one, or that above, was meant to be another. */
static bool is_read_as_history(const char *path)
{
	char below[600];
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode) || holds_hours(path))
		return true;
	snprintf(below, sizeof(below), "%s/" HOURS_DIR, path);
	if (holds_hours(below))
		log_error("'%s' holds no hours of history; '%s' does", path, below);
	else
		log_error("'%s' holds no hours of history (20261121T15Z.tth and so on): name %s, another directory that does, one hour, or "
			  "an incident by its file, its id or @last", path, RECORDING_HISTORY);
	return false;
}

bool recording_open(const char *store, const char *word, bool with_rule, struct recording *ret)
{
	ret->word = word;
	if (!find(store, word, ret->path))
		return false;
	ret->history = streq(word, RECORDING_HISTORY) || recording_is_history(ret->path);
	if (ret->history && !is_read_as_history(ret->path))
		return false;
	if (ret->history && with_rule)
		log_error("'%s' has no rules with it: say which, with --rules PATH", ret->path);
	if (ret->history)
		return !with_rule;
	return is_log(ret->path) ? read_log(ret->path, with_rule, ret) : read_bundle(ret->path, with_rule, ret);
}

void recording_of_state(const char *state_dir, struct recording *ret)
{
	ret->word = RECORDING_HISTORY;
	ret->history = true;
	snprintf(ret->path, sizeof(ret->path), "%s/" HOURS_DIR, state_dir);
}

static void say_why(const char *what, int error)
{
	if (error == -EBADMSG)
		log_error("the log of '%s' is malformed", what);
	else if (error == -EPROTONOSUPPORT)
		log_error("the log of '%s' is of a newer format than this tracetrap knows", what);
	else if (error == -E2BIG)
		log_error("these rules need more memory for their windows than is allowed");
	else
		log_error_errno(error, "cannot replay '%s'", what);
}

struct progress {
	const char *path;
	uint64_t begin_ns, told_ns;
	bool terminal;
};

static void tell_progress(void *ctx, double share)
{
	struct progress *p = ctx;
	uint64_t now = clock_now(CLOCK_MONOTONIC), every_ns = p->terminal ? PROGRESS_EVERY_NS : PROGRESS_LINE_NS;
	if (now - p->begin_ns < PROGRESS_AFTER_NS || now - p->told_ns < every_ns)
		return;
	p->told_ns = now;
	fprintf(stderr, p->terminal ? "\r%s: %.0f %% replayed" : "%s: %.0f %% replayed\n", p->path, share * 100);
}

static int replay_history(const struct recording *rec, const struct replay_options *options, struct replay_result *ret)
{
	struct progress p = {.path = rec->path, .begin_ns = clock_now(CLOCK_MONOTONIC), .terminal = isatty(STDERR_FILENO)};
	struct replay_hours_options hours = {.path = rec->path, .progress = tell_progress, .ctx = &p};
	uint64_t damaged = 0;
	int r = replay_hours(&hours, options, ret, &damaged);
	if (p.told_ns && p.terminal)
		fputs("\r\033[K", stderr);
	if (damaged)
		log_warning("%llu places in '%s' cannot be read; what lies around them is replayed", (unsigned long long)damaged,
			    rec->path);
	return r;
}

bool recording_replay(const struct recording *rec, const struct replay_options *options, struct replay_result *ret)
{
	struct replay_options o = *options;
	o.samples = rec->samples.data;
	o.len = rec->samples.len;
	o.vocabulary = vocabulary();
	int r = rec->history ? replay_history(rec, &o, ret) : replay_run(&o, ret);
	if (r == -ENOENT && rec->history)
		log_error("there is no history in '%s'", rec->path);
	else if (r < 0)
		say_why(rec->path, r);
	return r == 0;
}

void recording_done(struct recording *r)
{
	buf_done(&r->samples);
	buf_done(&r->rule);
}
