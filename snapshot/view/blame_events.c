/* SPDX-License-Identifier: GPL-2.0-only */
/* Of the events beside the firing there are many, and each names somebody: they are told in sums. */
#include "engine/base/unit.h"
#include "snapshot/view/blame.h"

#define EVENTS_LOOKED_AT 20000

struct sums {
	struct inquiry *inquiry;
	/* By who held the CPU, issued the request, was slow, which softirq ran for too long, who had interrupts off, was killed,
	 * hung; whose processes began and ended until the rule fired; who read and wrote how much, and of which file. */
	struct tally holders, issuers, disks, handlers, late, victims, hung, begun, ended, workers, files;
};

/* The way from the interrupt into the detector is on top of what was interrupted: x86, then arm64. */
bool event_frame_is_ours(const char *function)
{
	static const char *const prefixes[] = {"bpf_prog_", "bpf_trace_run", "bpf_get_stack", "__bpf_", "__traceiter_",
					       "trace_", "__bpf_trace", "bpf_overflow", "__hrtimer_run_queues",
					       "hrtimer_interrupt", "hrtimer_run_queues", "__sysvec_", "sysvec_",
					       "asm_sysvec_", "local_apic_timer", "__local_apic", "call_on_irq_stack",
					       "arch_timer_handler", "handle_percpu_devid_irq", "generic_handle_domain_irq",
					       "gic_handle_irq", "do_interrupt_handler", "el1_interrupt", "el1h_64_irq"};
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (starts_with(function, prefixes[i]))
			return true;
	return false;
}

static void add_named(struct sums *s, struct tally *to, const struct json_object *e, const char *name_key, const char *pid_key,
		      const char *weight_key)
{
	char name[128];
	uint32_t pid = pid_key ? (uint32_t)json_number(e, pid_key) : 0;
	json_text_cut(e, name_key, name, sizeof(name));
	if (*name && (!pid_key || (pid && !inquiry_is_ours(s->inquiry, pid))))
		tally_add(to, name, strlen(name), pid, weight_key ? json_number(e, weight_key) : 1);
}

static void sum_runqlat(struct sums *s, const struct json_object *e)
{
	add_named(s, &s->holders, e, "prev_comm", "prev_pid", "wait");
}

static void sum_iolatency(struct sums *s, const struct json_object *e)
{
	add_named(s, &s->disks, e, "disk", NULL, "q2c");
	add_named(s, &s->issuers, e, "issuer_comm", "issuer_pid", "q2c");
}

static void sum_softirq(struct sums *s, const struct json_object *e)
{
	struct json_object *stack = json_member(e, "stack");
	char function[128];
	add_named(s, &s->handlers, e, "ran", NULL, "ran_for");
	for (size_t i = 0; i < json_length(stack); i++) {
		const char *frame = json_object_get_string(json_object_array_get_idx(stack, i));
		snprintf(function, sizeof(function), "%s", frame ? frame : "");
		function[strcspn(function, "+")] = '\0';
		if (event_frame_is_ours(function))
			continue;
		tally_add(&s->late, function, strlen(function), 0, json_number(e, "offtime"));
		return;
	}
}

static void sum_oom(struct sums *s, const struct json_object *e)
{
	add_named(s, &s->victims, e, "victim_comm", "victim_pid", NULL);
}

static void sum_hungtask(struct sums *s, const struct json_object *e)
{
	add_named(s, &s->hung, e, "comm", "pid", NULL);
}

static void sum_exec(struct sums *s, const struct json_object *e)
{
	char what[16];
	if (!json_text(e, "what", what, sizeof(what)) || json_number(e, "t_ns") > s->inquiry->plan->fired_ns)
		return;
	if (streq(what, "fork"))
		add_named(s, &s->begun, e, "parent_comm", "ppid", NULL);
	if (streq(what, "exit"))
		add_named(s, &s->ended, e, "parent_comm", "ppid", NULL);
}

/* The same bytes pass the file system and the disk; direct I/O and memory maps only the disk. */
static void sum_iotrace(struct sums *s, const struct json_object *e)
{
	uint64_t bytes = MAX(json_number(e, "fs_read") + json_number(e, "fs_write"),
			     json_number(e, "disk_read") + json_number(e, "disk_write"));
	char name[128];
	uint32_t tgid = (uint32_t)json_number(e, "tgid");
	if (inquiry_is_ours(s->inquiry, tgid))
		return;
	json_text_cut(e, "comm", name, sizeof(name));
	tally_add(&s->workers, name, strlen(name), tgid, bytes);
	json_text_cut(e, "path", name, sizeof(name));
	if (*name)
		tally_add(&s->files, name, strlen(name), 0, bytes);
}

static void sum_event(struct sums *s, const struct json_object *e)
{
	static const struct {
		const char *kind;
		void (*sum)(struct sums *s, const struct json_object *e);
	} kinds[] = {
		{"exec", sum_exec},	    {"hungtask", sum_hungtask}, {"iolatency", sum_iolatency},
		{"iotrace", sum_iotrace},   {"oom", sum_oom},
		{"runqlat", sum_runqlat},   {"softirq", sum_softirq},
	};
	char kind[32];
	if (!json_text(e, "kind", kind, sizeof(kind)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kind, kinds[i].kind))
			kinds[i].sum(s, e);
}

static void sum_lines(struct sums *s, const char *text, size_t len)
{
	const char *end = text + len;
	for (unsigned n = 0; text < end && n < EVENTS_LOOKED_AT; n++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		_cleanup_json_ struct json_object *e = json_read(text, (size_t)((newline ? newline : end) - text));
		sum_event(s, e);
		text = newline ? newline + 1 : end;
	}
}

/* The one with the most: "held a CPU that others waited for 43 times, at worst 88ms, 1.2s in sum (events.jsonl)". */
static void suspect_most(struct inquiry *q, struct tally *t, const char *kind, double standing, const char *what,
			 bool asked)
{
	char worst[CLOCK_TEXT_MAX], sum[CLOCK_TEXT_MAX];
	tally_settle(t);
	if (t->n && asked) {
		const struct tally_row *row = &t->rows[0];
		struct charge c = {kind, row->name, row->times == 1 ? row->pid : 0, 0, tally_share(t, 0), standing};
		suspects_add(q->suspects, &c, "%s %u time%s, at worst %s, %s in sum (events.jsonl)", what, row->times,
			     row->times == 1 ? "" : "s", clock_span(row->heaviest, worst), clock_span(row->weight, sum));
	}
	tally_done(t);
}

/* The one with the most bytes. */
static void suspect_bytes(struct inquiry *q, struct tally *t, const char *kind, const char *what, bool asked)
{
	tally_settle(t);
	if (t->n && asked) {
		_cleanup_buf_ struct buf bytes = {0};
		struct charge c = {kind, t->rows[0].name, t->rows[0].pid, 0, tally_share(t, 0), STANDING_PLACE};
		unit_format(&bytes, UNIT_BYTES, (double)t->rows[0].weight);
		suspects_add(q->suspects, &c, "%s %s (events.jsonl)", what, buf_str(&bytes));
	}
	tally_done(t);
}

static uint32_t times_of(const struct tally *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->rows[i].name, name))
			return t->rows[i].times;
	return 0;
}

/* Whose processes stay: a shell script starts as many as a bomb does, but they end. */
static void suspect_parent(struct inquiry *q, struct tally *begun, struct tally *ended, bool asked)
{
	const struct tally_row *most = NULL;
	uint32_t stayed = 0, all = 0;
	tally_settle(begun);
	tally_settle(ended);
	for (size_t i = 0; i < begun->n; i++) {
		uint32_t times = begun->rows[i].times, gone = MIN(times_of(ended, begun->rows[i].name), times);
		all += times - gone;
		if (times - gone > stayed) {
			most = &begun->rows[i];
			stayed = times - gone;
		}
	}
	if (most && asked) {
		struct charge c = {"task", most->name, most->pid, 0, (double)stayed / all, STANDING_DEED};
		suspects_add(q->suspects, &c, "started %u process%s, %u of which stayed (events.jsonl)", most->times,
			     most->times == 1 ? "" : "es", stayed);
	}
	tally_done(begun);
	tally_done(ended);
}

static void suspect_counted(struct inquiry *q, struct tally *t, const char *what, bool asked)
{
	tally_settle(t);
	if (t->n && asked) {
		struct charge c = {"task", t->rows[0].name, t->rows[0].pid, 0, tally_share(t, 0), STANDING_PLACE};
		suspects_add(q->suspects, &c, "%s %u time%s (events.jsonl)", what, t->rows[0].times,
			     t->rows[0].times == 1 ? "" : "s");
	}
	tally_done(t);
}

void blame_events(struct inquiry *q)
{
	struct sums s = {.inquiry = q};
	const void *text;
	size_t len;
	/* The event that fired has named them; it is one of the lines. */
	bool named = q->event && !q->task_unknown;
	unsigned focus = named ? 0 : q->focus;
	bool cpu = focus & FOCUS_ANY_CPU, io = focus & (FOCUS_IO | FOCUS_WAIT);
	if ((named && !q->culprit_unknown) || collect_read(q->collect, "events.jsonl", &text, &len) < 0)
		return;
	sum_lines(&s, text, len);
	/* Of a softirq that ran already when the detector came, only later ones can tell. */
	suspect_most(q, &s.handlers, "softirq", STANDING_DEED, "ran while others waited", q->focus & FOCUS_ANY_CPU);
	/* What a rule over memory did not ask about blames nobody. */
	suspect_counted(q, &s.victims, "killed by the OOM killer", focus & FOCUS_MEM);
	suspect_counted(q, &s.hung, "reported as hung", io);
	suspect_most(q, &s.issuers, "task", STANDING_PLACE, "issued requests that were slow", io);
	suspect_most(q, &s.disks, "device", STANDING_PLACE, "was slow", io);
	suspect_parent(q, &s.begun, &s.ended, focus & FOCUS_FORK);
	suspect_bytes(q, &s.workers, "task", "read and wrote, file by file,", io);
	suspect_bytes(q, &s.files, "file", "was read and written:", io);
	suspect_most(q, &s.holders, "task", STANDING_BESIDE, "held a CPU that others waited for", cpu);
	suspect_most(q, &s.late, "function", STANDING_BESIDE, "ran with interrupts or softirqs off", cpu);
}
