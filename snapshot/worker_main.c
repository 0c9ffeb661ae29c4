/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/worker.h"

#include "engine/base/io.h"
#include "snapshot/bundle/bundle.h"
#include "snapshot/bundle/manifest.h"
#include "snapshot/children.h"
#include "snapshot/stage.h"
#include "snapshot/view/view.h"
#include "snapshot/wire.h"

#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define TASKS_MAX 64
#define FAR_NS (UINT64_MAX / 2)

enum task_state { TASK_WAITING, TASK_RUNNING, TASK_OVER };

struct task {
	const struct collector *collector;
	enum task_state state;
	bool is_view; /* after everything else */
};

struct capture {
	int socket;
	const struct vocabulary *vocabulary;
	struct plan plan;
	int plan_fd, fds[CAPTURE_FD_MAX_];
	uint64_t *until_ns; /* of the window; in memory shared with the children */
	struct truth_span truth; /* last_ns 0: not told */
	struct children *children;
	struct stage *stage;
	struct task tasks[TASKS_MAX];
	size_t n_tasks;
	unsigned joins;
	bool orphaned; /* the daemon is gone */
};

static void on_member(void *ctx, const struct ledger_entry *entry, int fd)
{
	stage_member(((struct capture *)ctx)->stage, entry, fd);
}

static int bytes_fd(const char *name, const void *data, size_t len)
{
	_cleanup_close_ int fd = io_memfd(name, 0);
	if (fd < 0)
		return fd;
	int r = io_write(fd, data, len);
	return r < 0 ? r : take_fd(fd);
}

/* What the capture itself costs is told apart by these. */
static int pids_fd(const struct capture *c)
{
	size_t n;
	const uint32_t *pids = children_pids(c->children, &n);
	return bytes_fd("pids", pids, n * sizeof(*pids));
}

static uint64_t until_ns(const struct capture *c)
{
	return __atomic_load_n(c->until_ns, __ATOMIC_RELAXED);
}

static bool take_request(struct capture *c);

/* What the engine said until now counts: it may be waiting in the socket. */
static int truth_fd(struct capture *c)
{
	while (take_request(c))
		;
	return c->truth.last_ns ? bytes_fd("truth", &c->truth, sizeof(c->truth)) : -ENOENT;
}

static int on_read(void *ctx, const char *member)
{
	struct capture *c = ctx;
	if (streq(member, ".pids"))
		return pids_fd(c);
	return streq(member, ".truth") ? truth_fd(c) : stage_read(c->stage, member);
}

static void on_ended(void *ctx, const struct collector *collector)
{
	struct capture *c = ctx;
	for (size_t i = 0; i < c->n_tasks; i++)
		if (c->tasks[i].collector == collector)
			c->tasks[i].state = TASK_OVER;
}

/* So that the daemon knows what the capture itself does. */
static void on_forked(void *ctx, pid_t pid)
{
	struct worker_report report = {.kind = WORKER_CHILD, .pid = pid, .t_ns = clock_now(CLOCK_MONOTONIC)};
	wire_send(((struct capture *)ctx)->socket, &report, sizeof(report), NULL, 0, /* flags= */ 0);
}

/* One bundle thrown away, so that code, tables and heap of the real one are in memory when the firing comes. */
static void warm(void)
{
	static const char sample[8192] = "warm";
	struct ledger_entry entry = {0};
	struct bundle_writer *w;
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	_cleanup_close_ int fd = io_memfd("warm", 0);
	if (fd < 0 || bundle_writer_new(fd, "warm", NS_PER_S, &w) < 0)
		return;
	bundle_add(w, "warm", sample, sizeof(sample), &entry);
	bundle_writer_free(w);
}

static bool has_task(const struct capture *c, const struct collector *collector)
{
	for (size_t i = 0; i < c->n_tasks; i++)
		if (c->tasks[i].collector == collector)
			return true;
	return false;
}

static void add_task(struct capture *c, const struct collector *collector, bool is_view)
{
	if (has_task(c, collector))
		return;
	if (!collector->run)
		stage_missing(c->stage, collector->name, MEMBER_UNSUPPORTED, "this build has no such collector");
	else if (c->n_tasks < TASKS_MAX)
		c->tasks[c->n_tasks++] = (struct task){.collector = collector, .is_view = is_view};
}

static void add_named(struct capture *c, const char **names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct collector *collector = collector_find(names[i]);
		if (collector)
			add_task(c, collector, false);
		else
			stage_missing(c->stage, names[i], MEMBER_FAILED, "there is no such collector");
	}
}

static void add_tasks(struct capture *c)
{
	add_named(c, c->plan.collectors, c->plan.n_collectors);
	for (size_t i = 0; i < collector_table_n; i++)
		if (collector_table[i].always)
			add_task(c, &collector_table[i], false);
	for (size_t i = 0; i < view_table_n; i++)
		add_task(c, &view_table[i], true);
}

static void start_task(struct capture *c, struct task *t)
{
	uint64_t now = clock_now(CLOCK_MONOTONIC);
	uint64_t from = t->collector->phase == COLLECT_SPAN ? MAX(now, until_ns(c)) : now;
	uint64_t deadline = from + t->collector->deadline_ms * NS_PER_MS;
	int r = children_start(c->children, t->collector, deadline, c->plan_fd, c->fds);
	t->state = r < 0 ? TASK_OVER : TASK_RUNNING;
	if (r < 0)
		stage_missing(c->stage, t->collector->name, MEMBER_FAILED, strerror(-r));
}

/* The least volatility number first; NULL when none waits or one is running. Views keep the order of their table. */
static struct task *next_of(struct capture *c, enum collect_phase phase, bool is_view)
{
	struct task *next = NULL;
	for (size_t i = 0; i < c->n_tasks; i++) {
		struct task *t = &c->tasks[i];
		if (t->collector->phase != phase || t->is_view != is_view || t->state == TASK_OVER)
			continue;
		if (t->state == TASK_RUNNING)
			return NULL;
		if (!next || (!is_view && t->collector->volatility < next->collector->volatility))
			next = t;
	}
	return next;
}

static bool all_over(const struct capture *c, enum collect_phase phase, bool is_view)
{
	for (size_t i = 0; i < c->n_tasks; i++)
		if (c->tasks[i].collector->phase == phase && c->tasks[i].is_view == is_view &&
		    c->tasks[i].state != TASK_OVER)
			return false;
	return true;
}

static void start_one(struct capture *c, enum collect_phase phase, bool is_view)
{
	struct task *t = next_of(c, phase, is_view);
	if (t)
		start_task(c, t);
}

static void start_spans(struct capture *c)
{
	for (size_t i = 0; i < c->n_tasks; i++)
		if (c->tasks[i].collector->phase == COLLECT_SPAN && c->tasks[i].state == TASK_WAITING)
			start_task(c, &c->tasks[i]);
}

static bool window_over(const struct capture *c)
{
	return clock_now(CLOCK_MONOTONIC) >= until_ns(c);
}

/* What is due in this moment, by the phases of collect.h. */
static void start_due(struct capture *c)
{
	start_one(c, COLLECT_NOW, false);
	start_spans(c);
	children_prepare(c->children);
	if (!window_over(c) || !all_over(c, COLLECT_NOW, false) || !all_over(c, COLLECT_SPAN, false))
		return;
	start_one(c, COLLECT_END, false);
	if (all_over(c, COLLECT_END, false))
		start_one(c, COLLECT_END, true);
}

static bool capture_over(const struct capture *c)
{
	for (size_t i = 0; i < c->n_tasks; i++)
		if (c->tasks[i].state != TASK_OVER)
			return false;
	return window_over(c);
}

static void take_join(struct capture *c, const struct join *j)
{
	struct ledger_firing firing = {.fired_ns = j->fired_ns};
	char member[64];
	snprintf(firing.rule, sizeof(firing.rule), "%s", j->rule);
	snprintf(firing.entity, sizeof(firing.entity), "%s", j->entity);
	snprintf(firing.entity_kind, sizeof(firing.entity_kind), "%s", entity_kind_name(j->entity_kind));
	stage_join(c->stage, &firing);
	snprintf(member, sizeof(member), "joined/%u-why.json", ++c->joins);
	if (j->why)
		stage_add(c->stage, member, j->why, strlen(j->why));
	add_named(c, j->collectors, j->n_collectors);
}

static int map_join(int fd, struct join *ret)
{
	const void *text;
	size_t len;
	int r = wire_map(fd, &text, &len);
	if (r < 0)
		return r;
	r = join_parse(text, len, ret);
	if (len)
		munmap((void *)text, len);
	return r;
}

/* A rule that fires again within the window widens the span. */
static void take_truth(struct capture *c, const struct truth_span *told)
{
	bool first = c->truth.last_ns == 0;
	c->truth.first_ns = first ? told->first_ns : MIN(c->truth.first_ns, told->first_ns);
	c->truth.last_ns = MAX(c->truth.last_ns, told->last_ns);
}

/* The daemon is told to end, and what comes after is not seen any more. */
static void end_window(struct capture *c)
{
	char early[CLOCK_TEXT_MAX], reason[96];
	uint64_t now = clock_now(CLOCK_MONOTONIC), until = until_ns(c);
	if (now >= until)
		return;
	snprintf(reason, sizeof(reason), "ended %s early: tracetrap was stopped",
		 clock_span((until - now) / NS_PER_MS * NS_PER_MS, early));
	stage_missing(c->stage, "window", MEMBER_TRUNCATED, reason);
	__atomic_store_n(c->until_ns, now, __ATOMIC_RELAXED);
	children_end_window(c->children, now);
}

/* False when nothing waits in the socket. */
static bool take_request(struct capture *c)
{
	struct wire_request request;
	int fds[WIRE_FDS_MAX];
	size_t n = 0;
	struct join join;
	int r = wire_receive(c->socket, &request, sizeof(request), fds, &n, MSG_DONTWAIT);
	if (r == -EPIPE)
		c->orphaned = true;
	if (r == 0 && request.kind == WIRE_JOIN && n > 0 && map_join(fds[0], &join) == 0) {
		take_join(c, &join);
		join_done(&join);
	}
	if (r == 0 && request.kind == WIRE_TRUTH)
		take_truth(c, &request.truth);
	if (r == 0 && request.kind == WIRE_END)
		end_window(c);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	return r == 0;
}

/* The first order: -EPIPE when the daemon ended without one. */
static int receive_plan(struct capture *c)
{
	struct wire_request request;
	int fds[WIRE_FDS_MAX];
	size_t n, len;
	const void *text;
	int r = wire_receive(c->socket, &request, sizeof(request), fds, &n, 0);
	if (r < 0)
		return r;
	if (request.kind != WIRE_START || n == 0 || wire_spread(request.absent, fds + 1, n - 1, c->fds) < 0)
		return -EBADMSG;
	c->plan_fd = fds[0];
	r = wire_map(c->plan_fd, &text, &len);
	if (r < 0)
		return r;
	r = plan_parse(text, len, &c->plan);
	if (len)
		munmap((void *)text, len);
	__atomic_store_n(c->until_ns, c->plan.fired_ns + c->plan.after_ns, __ATOMIC_RELAXED);
	return r;
}

static int add_text(struct capture *c, const char *member, const char *text)
{
	return text ? stage_add(c->stage, member, text, strlen(text)) : 0;
}

/* The manifest is on the stage before any collector's first member can be. */
static int begin_bundle(struct capture *c)
{
	_cleanup_buf_ struct buf manifest = {0};
	int r = manifest_json(&c->plan, &manifest);
	if (r == 0)
		r = stage_add(c->stage, "manifest.json", manifest.data, manifest.len);
	if (r == 0)
		r = add_text(c, "rule.yaml", c->plan.rule_yaml);
	if (r == 0)
		r = add_text(c, "why.json", c->plan.why);
	return r;
}

static int report_failure(int socket, int error)
{
	struct worker_report report = {.kind = WORKER_FAILED, .error = error, .t_ns = clock_now(CLOCK_MONOTONIC)};
	wire_send(socket, &report, sizeof(report), NULL, 0, /* flags= */ 0);
	return 1;
}

/* The most volatile evidence is on its way, in the child that waited for it, before the manifest is written. */
static int capture_begin(struct capture *c)
{
	int r = c->fds[CAPTURE_FD_STAGE] < 0 ? -EBADF : 0;
	if (r == 0)
		r = stage_new(c->socket, c->fds[CAPTURE_FD_STAGE], &c->plan, &c->stage);
	if (r < 0)
		return r;
	add_tasks(c);
	start_one(c, COLLECT_NOW, false);
	return begin_bundle(c);
}

static int capture_run(struct capture *c)
{
	int r = receive_plan(c);
	if (r == -EPIPE)
		return 0;
	if (r == 0)
		r = capture_begin(c);
	if (r < 0)
		return report_failure(c->socket, r);
	for (start_due(c); !capture_over(c) && !c->orphaned; start_due(c))
		if (children_wait(c->children, c->socket, window_over(c) ? FAR_NS : until_ns(c)))
			take_request(c);
	return c->orphaned || stage_finish(c->stage) < 0;
}

static void capture_done(struct capture *c)
{
	children_free(c->children);
	stage_free(c->stage);
	plan_done(&c->plan);
	munmap(c->until_ns, sizeof(*c->until_ns));
}

/* The children inherit it: it is there before the first of them. */
static int share_window(struct capture *c)
{
	void *at = mmap(NULL, sizeof(*c->until_ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -errno;
	c->until_ns = at;
	return 0;
}

int worker_main(int socket, const struct vocabulary *vocabulary)
{
	struct capture c = {.socket = socket, .vocabulary = vocabulary};
	struct children_options options = {.vocabulary = vocabulary,
					   .max_bytes = BUNDLE_MEMBER_MAX,
					   .member = on_member,
					   .read = on_read,
					   .ended = on_ended,
					   .forked = on_forked,
					   .ctx = &c};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	warm();
	int r = share_window(&c);
	options.until_ns = c.until_ns;
	r = r < 0 ? r : children_new(&options, &c.children);
	if (r < 0)
		return report_failure(socket, r);
	children_prepare(c.children);
	int status = capture_run(&c);
	capture_done(&c);
	return status;
}
