/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#include "engine/detect/klog_gather.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

/*
 * /dev/kmsg from its end on. The log may come in storms, and a wake-up for each of its lines would cost more than the rest
 * of us: after a look with something new it rests, and the timer is what wakes it next.
 *
 *     WATCHING ── a line ─▶ read all ─▶ RESTING ── REST_NS ─▶ read all ── nothing new, no record open ─▶ WATCHING
 */
#define REST_NS	     (50 * NS_PER_MS)
#define LINES_A_LOOK 2000 /* more of them wait for the next look */

struct klog {
	struct klog_patterns *patterns;
	struct kmsg log;
	int timer;
	bool resting, test_wanted;
	struct klog_gather gather;
};

/* The first complaint stands for all; `tracetrap check` tells them all. */
static int refuse_patterns(struct detector *d, int r, struct diagnostics *diagnostics)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(diagnostics, &n);
	_cleanup_buf_ struct buf text = {0};
	if (n)
		diagnostic_format(&text, &all[0]);
	return detector_refuse(d, r, "the patterns are wrong: %s", n ? buf_str(&text) : strerror(-r));
}

static int load_patterns(struct detector *d, struct klog *k)
{
	const char *path = d->world->klog_path;
	if (access(path, R_OK) < 0)
		return detector_refuse(d, -errno, "no patterns at '%s' (%s); `make install` puts them there, and paths.klog in "
				       "tracetrap.yaml says where else they are", path, strerror(errno));
	struct diagnostics *diagnostics = diagnostics_new();
	int r = diagnostics ? klog_patterns_load(path, NULL, diagnostics, &k->patterns) : -ENOMEM;
	if (r < 0 && diagnostics)
		refuse_patterns(d, r, diagnostics);
	diagnostics_free(diagnostics);
	k->gather.patterns = k->patterns;
	return r;
}

static int open_log(struct detector *d, struct klog *k)
{
	_cleanup_close_ int proc = open(d->world->proc_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = proc < 0 ? -errno : kmsg_open(&k->log, proc, /* at_end= */ true);
	return r < 0 ? detector_refuse(d, r, "cannot read /dev/kmsg: %s", strerror(-r)) : 0;
}

static int poll_log(struct detector *d, struct klog *k)
{
	struct epoll_event log = {.events = EPOLLIN}, timer = {.events = EPOLLIN};
	k->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	d->fd = epoll_create1(EPOLL_CLOEXEC);
	if (k->timer < 0 || d->fd < 0 || epoll_ctl(d->fd, EPOLL_CTL_ADD, k->log.fd, &log) < 0 ||
	    epoll_ctl(d->fd, EPOLL_CTL_ADD, k->timer, &timer) < 0)
		return -errno;
	return 0;
}

static int load(struct detector *d)
{
	struct klog *k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	d->own = k;
	k->log.fd = k->timer = -1;
	int r = load_patterns(d, k);
	if (r == 0)
		r = open_log(d, k);
	if (r == 0)
		r = poll_log(d, k);
	if (r < 0)
		return r;
	detector_count_here(d);
	snprintf(d->hook, sizeof(d->hook), "/dev/kmsg, %zu patterns", klog_patterns_count(k->patterns));
	return 0;
}

static void wake_in(const struct klog *k, uint64_t ns)
{
	const struct itimerspec when = {.it_value.tv_nsec = (long)ns};
	timerfd_settime(k->timer, 0, &when, NULL);
}

static void rest(struct detector *d, struct klog *k, bool wanted)
{
	if (wanted)
		wake_in(k, REST_NS);
	if (wanted == k->resting)
		return;
	k->resting = wanted;
	struct epoll_event log = {.events = wanted ? 0 : EPOLLIN};
	epoll_ctl(d->fd, EPOLL_CTL_MOD, k->log.fd, &log);
}

static void emit(void *ctx, const struct event_klog *record)
{
	struct detector *d = ctx;
	if (detector_may_emit(d, record->h.t_ns))
		detector_emit(d, &record->h);
}

static void take_test(struct detector *d, struct klog *k)
{
	struct event_klog e = {
		.h = {.kind = EVENT_KLOG, .size = sizeof(e), .t_ns = clock_now(CLOCK_MONOTONIC), .flags = EVENT_FLAG_TEST},
		.name = "test",
	};
	if (!k->test_wanted)
		return;
	k->test_wanted = false;
	emit(d, &e);
}

static void take(struct detector *d)
{
	struct klog *k = d->own;
	struct kmsg_record line;
	uint64_t expirations, lost = k->log.lost, now = clock_now(CLOCK_MONOTONIC);
	unsigned n = 0;
	(void)!read(k->timer, &expirations, sizeof(expirations));
	take_test(d, k);
	for (; n < LINES_A_LOOK && kmsg_next(&k->log, &line) > 0; n++)
		klog_gather_line(&k->gather, &line, now, emit, d);
	d->tally.lost += k->log.lost - lost;
	klog_gather_settle(&k->gather, now, emit, d);
	if (n || k->gather.open || k->resting)
		rest(d, k, n || k->gather.open);
}

static int self_test(struct detector *d)
{
	struct klog *k = d->own;
	k->test_wanted = true;
	wake_in(k, 1);
	return 0;
}

static struct klog_patterns *set_patterns(struct detector *d, struct klog_patterns *patterns)
{
	struct klog *k = d->own;
	if (!k)
		return patterns;
	struct klog_patterns *old = k->patterns;
	k->patterns = patterns;
	klog_gather_set_patterns(&k->gather, patterns);
	if (k->gather.open)
		wake_in(k, 1); /* events are taken by detect_take() alone */
	snprintf(d->hook, sizeof(d->hook), "/dev/kmsg, %zu patterns", klog_patterns_count(patterns));
	return old;
}

static void unload(struct detector *d)
{
	struct klog *k = d->own;
	close_fd(&d->fd);
	if (!k)
		return;
	kmsg_close(&k->log);
	close_fd(&k->timer);
	klog_patterns_free(k->patterns);
	free(k);
}

const struct detector_ops klog_ops = {
	.load = load,
	.take = take,
	.self_test = self_test,
	.set_patterns = set_patterns,
	.unload = unload,
};
