/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/incident.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/base/log.h"
#include "snapshot/worker.h"

#define TRUTH_EVERY_NS NS_PER_S
#define ECHO_NS (3 * NS_PER_S) /* detectors tell of what they sum up within a second */
#define TRUTH_LAST_NS (250 * NS_PER_MS) /* before the end of the window: readings come in batches of 100 ms */

struct incident {
	struct incidents *owner;
	struct worker *worker; /* NULL once it has ended */
	struct loop_watch *watch;
	char id[INCIDENT_ID_MAX];
	uint16_t rule, entity; /* that opened it */
	uint64_t fired_ns, until_ns, truth_ns;
	uint64_t staged_bytes;
	bool used, whole, given_up; /* whole: publish what is staged; given_up: keep it as a cut bundle */
	int stage;
};

struct incidents {
	struct incidents_options options;
	struct incident slot[INCIDENTS_MAX];
	struct worker *spare;
	bool closing; /* told to end: no further incident is opened */
	struct worker_family ended; /* the latest: what detectors saw of its last calls comes later than its last word */
	uint64_t ended_ns;
	struct incidents_status status;
};

static void spawn_spare(struct incidents *i)
{
	if (i->spare)
		return;
	int r = worker_spawn(&i->spare);
	if (r < 0)
		log_error_errno(r, "cannot spawn a capture worker ahead; trying again at the next firing");
}

int incidents_new(const struct incidents_options *options, struct incidents **ret)
{
	struct incidents *i = calloc(1, sizeof(*i));
	if (!i)
		return -ENOMEM;
	i->options = *options;
	spawn_spare(i);
	*ret = i;
	return 0;
}

static void worker_ended(struct incident *s)
{
	struct incidents *i = s->owner;
	s->watch = loop_remove(i->options.loop, s->watch);
	if (!s->worker)
		return;
	i->ended = *worker_family(s->worker);
	i->ended_ns = clock_now(CLOCK_MONOTONIC);
	s->worker = worker_free(s->worker);
}

static void release(struct incident *s)
{
	worker_ended(s);
	if (s->stage >= 0)
		close(s->stage);
	*s = (struct incident){.stage = -1};
}

/* Tells the writer where the stage stands; sending the same twice does no harm. */
static void hand_over(const struct incident *s)
{
	struct writer *w = s->owner->options.writer;
	writer_extent(w, s->id, s->staged_bytes);
	if (s->whole)
		writer_publish(w, s->id);
	else if (s->given_up)
		writer_abandon(w, s->id);
}

static void take_report(struct incident *s, const struct worker_report *report)
{
	struct incidents *i = s->owner;
	switch (report->kind) {
	case WORKER_EXTENT:
		if (s->staged_bytes == 0)
			i->status.first_member_ns = report->t_ns - s->fired_ns;
		s->staged_bytes = report->bytes;
		break;
	case WORKER_DONE:
		s->staged_bytes = report->bytes;
		s->whole = true;
		worker_ended(s);
		break;
	default:
		i->status.failed++;
		log_error_errno(report->error, "cannot finish bundle '%s'; what was written can be salvaged", s->id);
		s->given_up = true;
		worker_ended(s);
		break;
	}
	hand_over(s);
}

static void worker_ready(void *ctx)
{
	struct incident *s = ctx;
	struct worker_report report;
	int r = 0;
	while (s->worker && (r = worker_read(s->worker, &report)) == 0)
		take_report(s, &report);
	if (s->worker && r != -EAGAIN)
		take_report(s, &(struct worker_report){.kind = WORKER_FAILED, .error = r});
}

static struct incident *open_incident(struct incidents *i, uint64_t now_ns)
{
	for (size_t k = 0; k < INCIDENTS_MAX; k++)
		if (i->slot[k].used && i->slot[k].worker && now_ns < i->slot[k].until_ns)
			return &i->slot[k];
	return NULL;
}

static int start(struct incident *s, const struct plan *plan, int fds[CAPTURE_FD_MAX_])
{
	struct incidents *i = s->owner;
	s->stage = fds[CAPTURE_FD_STAGE] = io_memfd("tracetrap-stage", 0);
	if (s->stage < 0)
		return s->stage;
	spawn_spare(i);
	s->worker = take_ptr(i->spare);
	if (!s->worker)
		return -EAGAIN;
	int r = worker_start(s->worker, plan, fds);
	if (r < 0)
		return r;
	s->watch = loop_add(i->options.loop, worker_fd(s->worker), worker_ready, s);
	return s->watch ? writer_begin(i->options.writer, s->id, s->stage, plan->max_bytes) : -ENOMEM;
}

static enum incident_outcome join(struct incident *s, const struct plan *plan)
{
	struct join j = {.entity_kind = plan->entity_kind,
			 .fired_ns = plan->fired_ns,
			 .why = plan->why,
			 .collectors = plan->collectors,
			 .n_collectors = plan->n_collectors};
	snprintf(j.rule, sizeof(j.rule), "%s", plan->rule);
	snprintf(j.entity, sizeof(j.entity), "%s", plan->entity);
	int r = worker_join(s->worker, &j);
	if (r < 0) {
		log_warning_errno(r, "firing of '%s' could not join incident '%s'", plan->rule, s->id);
		return INCIDENT_FAILED;
	}
	s->owner->status.joined++;
	return INCIDENT_JOINED;
}

enum incident_outcome incidents_fire(struct incidents *i, const struct plan *plan, uint16_t rule, uint16_t entity,
				     int fds[CAPTURE_FD_MAX_])
{
	struct incident *s = open_incident(i, plan->fired_ns);
	if (i->closing)
		return INCIDENT_ENDED;
	if (s)
		return join(s, plan);
	for (size_t k = 0; k < INCIDENTS_MAX && !s; k++)
		s = i->slot[k].used ? NULL : &i->slot[k];
	if (!s) {
		i->status.busy++;
		return INCIDENT_BUSY;
	}
	*s = (struct incident){.owner = i, .used = true, .stage = -1, .rule = rule, .entity = entity,
			       .fired_ns = plan->fired_ns, .until_ns = plan->fired_ns + plan->after_ns};
	snprintf(s->id, sizeof(s->id), "%s", plan->id);
	int r = start(s, plan, fds);
	if (r < 0) {
		log_error_errno(r, "cannot start capturing incident '%s'", plan->id);
		i->status.failed++;
		release(s);
		return INCIDENT_FAILED;
	}
	i->status.opened++;
	spawn_spare(i);
	return INCIDENT_OPENED;
}

const char *incidents_open_id(struct incidents *i, uint64_t now_ns)
{
	const struct incident *s = open_incident(i, now_ns);
	return s ? s->id : NULL;
}

bool incidents_truth_due(struct incidents *i, uint64_t now_ns, uint16_t *ret_rule, uint16_t *ret_entity)
{
	const struct incident *s = open_incident(i, now_ns);
	if (!s || s->rule == INCIDENT_NO_RULE)
		return false;
	*ret_rule = s->rule;
	*ret_entity = s->entity;
	return now_ns - s->truth_ns >= TRUTH_EVERY_NS || s->until_ns - now_ns <= TRUTH_LAST_NS;
}

void incidents_renumber(struct incidents *i, const uint16_t *to)
{
	for (size_t k = 0; k < INCIDENTS_MAX; k++)
		if (i->slot[k].used && i->slot[k].rule != INCIDENT_NO_RULE)
			i->slot[k].rule = to[i->slot[k].rule];
}

void incidents_truth(struct incidents *i, uint64_t now_ns, uint64_t first_ns, uint64_t last_ns)
{
	struct incident *s = open_incident(i, now_ns);
	if (!s)
		return;
	s->truth_ns = now_ns;
	worker_truth(s->worker, first_ns, last_ns); /* a worker that is gone is noticed where it reports */
}

static struct incident *incident_of(struct incidents *i, const char *id)
{
	for (size_t k = 0; k < INCIDENTS_MAX; k++)
		if (i->slot[k].used && streq(i->slot[k].id, id))
			return &i->slot[k];
	return NULL;
}

static void tell_no_room(const struct writer_report *r)
{
	if (*r->id)
		log_warning_errno(r->error, "the store may have no room for all of '%s'; free space or raise store.max_use", r->id);
	else
		log_error_errno(r->error, "cannot keep the store within its bounds; free space, remove or unpin incidents, or "
				"raise store.max_use");
}

static void take_writer_report(struct incidents *i, const struct writer_report *report)
{
	struct incident *s = incident_of(i, report->id);
	switch (report->kind) {
	case WRITER_FIRST:
		if (s)
			i->status.first_disk_ns = report->t_ns - s->fired_ns;
		return;
	case WRITER_EVICTED:
		log_info("evicted '%s' to keep the store within its bounds", report->id);
		return;
	case WRITER_NO_ROOM:
		tell_no_room(report);
		return;
	case WRITER_PUBLISHED:
		i->status.published++;
		snprintf(i->status.last_id, sizeof(i->status.last_id), "%s", report->id);
		log_info("incident '%s' published: %s", report->id, report->path);
		break;
	case WRITER_ABANDONED:
		log_warning("incident '%s' is cut; `tracetrap salvage` makes a bundle of it: %s", report->id, report->path);
		break;
	default:
		i->status.failed += s != NULL;
		log_error_errno(report->error, "cannot write '%s'", *report->id ? report->id : report->path);
		break;
	}
	if (s)
		release(s);
}

int incidents_writer_ready(struct incidents *i)
{
	struct writer_report report;
	int r;
	while ((r = writer_read(i->options.writer, &report)) == 0)
		take_writer_report(i, &report);
	return r == -EAGAIN ? 0 : r;
}

void incidents_set_writer(struct incidents *i, struct writer *writer)
{
	i->options.writer = writer;
	for (size_t k = 0; k < INCIDENTS_MAX; k++) {
		struct incident *s = &i->slot[k];
		if (s->used && writer_begin(writer, s->id, s->stage, /* max_bytes= */ 0) == 0)
			hand_over(s);
	}
}

size_t incidents_pids(const struct incidents *i, pid_t *pids, size_t max)
{
	size_t n = 0;
	if (i->spare && n < max)
		pids[n++] = worker_pid(i->spare);
	for (size_t k = 0; k < INCIDENTS_MAX; k++)
		if (i->slot[k].worker && n < max)
			pids[n++] = worker_pid(i->slot[k].worker);
	return n;
}

static bool is_known_as_own(const struct incidents *i, pid_t pid, uint64_t now_ns)
{
	for (size_t k = 0; k < INCIDENTS_MAX; k++)
		if (i->slot[k].worker && worker_family_has(worker_family(i->slot[k].worker), pid))
			return true;
	if (now_ns - i->ended_ns < ECHO_NS && worker_family_has(&i->ended, pid))
		return true;
	return i->spare && worker_family_has(worker_family(i->spare), pid);
}

/* A child that is over soon may come up before the word of it, which waits in the socket. */
bool incidents_own(struct incidents *i, pid_t pid, uint64_t now_ns)
{
	if (is_known_as_own(i, pid, now_ns))
		return true;
	for (size_t k = 0; k < INCIDENTS_MAX; k++)
		worker_ready(&i->slot[k]);
	return is_known_as_own(i, pid, now_ns);
}

void incidents_status(const struct incidents *i, struct incidents_status *ret)
{
	*ret = i->status;
	for (size_t k = 0; k < INCIDENTS_MAX; k++)
		ret->open += i->slot[k].used;
}

void incidents_end(struct incidents *i, uint64_t now_ns)
{
	i->closing = true;
	for (struct incident *s; (s = open_incident(i, now_ns)); s->until_ns = now_ns)
		worker_end(s->worker); /* a worker that is gone is noticed where it reports */
}

bool incidents_idle(const struct incidents *i)
{
	for (size_t k = 0; k < INCIDENTS_MAX; k++)
		if (i->slot[k].used)
			return false;
	return true;
}

struct incidents *incidents_free(struct incidents *i)
{
	if (!i)
		return NULL;
	for (size_t k = 0; k < INCIDENTS_MAX; k++) {
		if (!i->slot[k].used)
			continue;
		log_warning("incident '%s' was not finished in time, giving it up; what was written can be salvaged", i->slot[k].id);
		release(&i->slot[k]);
	}
	worker_free(i->spare);
	free(i);
	return NULL;
}
