/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "engine/record/census.h"
#include "snapshot/bundle/json.h"
#include "snapshot/collect/collectors.h"
#include "snapshot/collect/kernel_names.h"
#include "snapshot/profile/flame.h"
#include "snapshot/profile/perfdata.h"
#include "snapshot/profile/sample.h"
#include "snapshot/profile/shares.h"
#include "snapshot/profile/slices.h"

#include <inttypes.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#define PAGES_AFTER 64 /* per CPU: 256 KiB hold a second of 99 Hz with deep stacks many times over */
#define LOOK_NS	    (200 * NS_PER_MS)
#define RESOLVE_NS  (2500 * NS_PER_MS) /* of the 5 s that the collector has after the window */
#define CENSUS_NS   (UINT64_C(60) * NS_PER_S)

struct window {
	const char *label, *member;
	unsigned hz;
	uint64_t from_ns, to_ns;
	uint64_t begin_ns; /* of what was recorded; 0: nothing was */
	int error;	   /* why nothing was recorded */
	struct records *records;
	struct fold *fold;
	struct profile_counts counts;
};

struct job {
	struct collect *c;
	struct profile profile;
	struct window before, after;
	struct window truth; /* from both; its hz and records are those of neither */
	struct shares shares, all_shares; /* of it; of the whole window */
	uint8_t build_id[ELF_BUILD_ID_MAX];
	size_t build_id_len;
	int unreadable; /* DSOs */
};

/* What came while we woke up is not of the window: perf.data holds the samples that are counted, no more. */
static void on_record(void *ctx, const struct perf_event_header *h)
{
	struct job *j = ctx;
	if (h->type != PERF_RECORD_SAMPLE)
		records_add(&j->profile.maps, h, h->size);
	else if (sample_time(h) <= j->after.to_ns)
		records_add(&j->profile.after, h, h->size);
}

static void sleep_until(uint64_t t_ns)
{
	struct timespec t = {.tv_sec = (time_t)(t_ns / NS_PER_S), .tv_nsec = (long)(t_ns % NS_PER_S)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* Those who ran before the firing are looked up while they live; their samples are read again, whole, at the end. */
static void look_back(struct job *j)
{
	struct records past = {0};
	uint64_t begin_ns;
	size_t at = 0;
	int fd = collect_fd(j->c, CAPTURE_FD_STACKS);
	if (fd >= 0 && records_add_ring(&past, fd, j->before.from_ns, j->before.to_ns, &begin_ns) == 0)
		profile_look(&j->profile, &past, &at);
	records_done(&past);
}

static void sample_on(struct job *j, struct sampler *sampler)
{
	struct profile *p = &j->profile;
	size_t at = 0;
	for (uint64_t now = clock_now(CLOCK_MONOTONIC);; now = clock_now(CLOCK_MONOTONIC)) {
		uint64_t lost;
		sampler_read(sampler, on_record, j, &lost);
		p->after.lost += lost;
		profile_look(p, &p->after, &at);
		j->after.to_ns = collect_until_ns(j->c);
		if (now >= j->after.to_ns)
			return;
		sleep_until(MIN(now + LOOK_NS, j->after.to_ns));
	}
}

/* The daemon drains now and then: only at the end is the ring complete up to the firing. */
static void take_rings(struct job *j)
{
	struct profile *p = &j->profile;
	int stacks = collect_fd(j->c, CAPTURE_FD_STACKS), maps = collect_fd(j->c, CAPTURE_FD_MAPS);
	uint64_t begin_ns;
	size_t at = 0;
	j->before.error = stacks < 0 ? -ENODATA
				     : records_add_ring(&p->before, stacks, j->before.from_ns, j->before.to_ns,
							&j->before.begin_ns);
	if (j->before.begin_ns == UINT64_MAX)
		j->before.begin_ns = 0;
	if (j->before.error == 0 && !j->before.begin_ns)
		j->before.error = -ENODATA;
	if (maps >= 0)
		records_add_ring(&p->maps, maps, 0, UINT64_MAX, &begin_ns);
	profile_look(p, &p->before, &at); /* at those who came with the last drains */
}

/* Tasks that ended before anyone could look: the census knew them. */
static void names_from_census(struct job *j)
{
	struct census *all = NULL;
	size_t n = 0;
	int fd = collect_fd(j->c, CAPTURE_FD_CENSUS);
	uint64_t from_ns = j->before.from_ns > CENSUS_NS ? j->before.from_ns - CENSUS_NS : 0;
	if (fd < 0 || censuses_read(fd, from_ns, j->after.to_ns, &all, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		for (size_t t = 0; t < all[i].n; t++) {
			const struct task_row *row = &all[i].rows[t];
			profile_descend(&j->profile, row->tgid, row->ppid);
			if (profile_has_seen(&j->profile, row->tgid))
				names_add(&j->profile.names, row->tgid, row->pid, all[i].t_ns, row->comm);
		}
	}
	censuses_free(all, n);
}

static int fold_window(struct job *j, struct window *w)
{
	w->fold = fold_new();
	return w->fold ? profile_fold(&j->profile, w->records, w->from_ns, w->to_ns, w->fold, &w->counts) : -ENOMEM;
}

/* What ran while the rule was true, from either profile. */
static int fold_truth(struct job *j)
{
	struct window *t = &j->truth;
	uint64_t fired_ns = j->before.to_ns, before_ns;
	struct profile_counts later;
	collect_truth(j->c, &t->from_ns, &t->to_ns);
	before_ns = t->from_ns ? t->from_ns - 1 : 0;
	t->fold = fold_new();
	if (!t->fold)
		return -ENOMEM;
	int r = profile_fold(&j->profile, &j->profile.before, before_ns, MIN(t->to_ns, fired_ns), t->fold, &t->counts);
	if (r == 0)
		r = profile_fold(&j->profile, &j->profile.after, MAX(before_ns, fired_ns), t->to_ns, t->fold, &later);
	r = r < 0 ? r : profile_shares(&j->profile, t->from_ns, t->to_ns, fired_ns, &j->shares);
	return r < 0 ? r : profile_shares(&j->profile, j->before.from_ns, j->after.to_ns, fired_ns, &j->all_shares);
}

/* "perf_event_paranoid is 3: run as root or grant CAP_PERFMON" */
static void say_reason(const struct job *j, const struct window *w, char *text, size_t size)
{
	char level[16] = "?";
	bool denied = w->error == -EACCES || w->error == -EPERM;
	io_read_line(collect_proc_dirfd(j->c), "sys/kernel/perf_event_paranoid", level, sizeof(level));
	if (denied)
		snprintf(text, size, "perf_event_paranoid is %s: run as root or grant CAP_PERFMON", level);
	else if (w->error == -EOPNOTSUPP)
		snprintf(text, size, "this kernel has no perf events");
	else if (w->error == -ENODATA)
		snprintf(text, size, "no stacks were recorded before the firing");
	else
		snprintf(text, size, "perf_event_open: %s", strerror(-w->error));
}

/* The ring has nothing to say of why it is not there; when sampling is denied now, it was then. */
static enum member_state missing_state(const struct job *j, const struct window *w, char *reason, size_t size)
{
	const struct window *asked = w->error == -ENODATA && j->after.error ? &j->after : w;
	say_reason(j, asked, reason, size);
	if (asked->error == -EACCES || asked->error == -EPERM)
		return MEMBER_DENIED;
	return asked->error == -EOPNOTSUPP || asked->error == -ENODATA ? MEMBER_UNSUPPORTED : MEMBER_FAILED;
}

static void close_member(struct job *j, int r, uint64_t lost)
{
	collect_close(j->c,
		      r < 0  ? MEMBER_FAILED
		      : lost ? MEMBER_LOSSY
			     : MEMBER_COMPLETE,
		      r < 0 ? strerror(-r) : NULL, lost);
}

static void write_folded(struct job *j, struct window *w)
{
	char reason[160];
	if (w->error) {
		enum member_state state = missing_state(j, w, reason, sizeof(reason));
		collect_missing(j->c, w->member, state, "%s", reason);
		return;
	}
	FILE *to = collect_open(j->c, w->member);
	if (!to)
		return;
	if (w == &j->before)
		collect_begin_ns(j->c, MAX(w->begin_ns, w->from_ns));
	close_member(j, fold_write(w->fold, to), w->records->lost);
}

/* Nothing to write for a rule that was true for a moment only, or when nothing was sampled. */
static void write_truth(struct job *j)
{
	FILE *to = fold_total(j->truth.fold) ? collect_open(j->c, "profile/true.folded") : NULL;
	if (to)
		close_member(j, fold_write(j->truth.fold, to), 0);
}

static void write_perfdata(struct job *j)
{
	struct utsname host;
	uint64_t samples;
	FILE *to = uname(&host) == 0 ? collect_open(j->c, "profile/perf.data") : NULL;
	if (!to)
		return;
	struct perfdata d = {
		.profile = &j->profile,
		.clocks = &collect_plan(j->c)->clocks,
		.hostname = host.nodename,
		.release = host.release,
		.arch = host.machine,
		.version = collect_plan(j->c)->version,
		.cpus_online = (unsigned)get_nprocs(),
		.cpus_available = (unsigned)get_nprocs_conf(),
		.kernel_build_id = j->build_id,
		.kernel_build_id_len = j->build_id_len,
	};
	if (j->before.begin_ns)
		collect_begin_ns(j->c, MAX(j->before.begin_ns, j->before.from_ns));
	int r = perfdata_write(to, &d, &samples);
	close_member(j, r, j->profile.before.lost + j->profile.after.lost);
}

static void say_note(const struct window *w, char *note, size_t size)
{
	char span[CLOCK_TEXT_MAX];
	const struct profile_counts *c = &w->counts;
	uint64_t span_ns = c->last_ns > c->first_ns ? c->last_ns - c->first_ns : 0;
	snprintf(note, size,
		 "%s at %u Hz, %" PRIu64 " samples drawn; not drawn: %" PRIu64 " of idle CPUs, %" PRIu64
		 " of our own, %" PRIu64 " lost",
		 clock_span(span_ns / NS_PER_MS * NS_PER_MS, span), w->hz, c->folded, c->idle, c->self,
		 w->records->lost);
}

static void write_flame(struct job *j)
{
	char notes[2][200], title[200];
	const struct window *all[] = {&j->before, &j->after};
	struct flame_window windows[2];
	FILE *to = collect_open(j->c, "profile/flame.svg");
	if (!to)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		say_note(all[i], notes[i], sizeof(notes[i]));
		windows[i] = (struct flame_window){.label = all[i]->label, .note = notes[i], .fold = all[i]->fold};
	}
	snprintf(title, sizeof(title), "CPU profile: %s", collect_plan(j->c)->rule);
	close_member(j, flame_write(to, title, windows, ARRAY_SIZE(windows), fold_total(j->after.fold) ? 1 : 0), 0);
}

static void write_symbols(struct job *j)
{
	char reason[64];
	FILE *to = collect_open(j->c, "profile/symbols.tsv");
	if (to) {
		snprintf(reason, sizeof(reason), "%d mapped files could not be read", j->unreadable);
		int r = slices_write_tsv(to, &j->profile, j->build_id, j->build_id_len);
		if (r < 0 || !j->unreadable)
			close_member(j, r, 0);
		else
			collect_close(j->c, MEMBER_PARTIAL, reason, 0);
	}
	if (symbols_kernel_error(j->profile.symbols))
		collect_missing(j->c, "profile/kallsyms", MEMBER_DENIED,
				"the kernel hides its addresses: kernel.kptr_restrict, CAP_SYSLOG");
	else if ((to = collect_open(j->c, "profile/kallsyms")))
		close_member(j, slices_write_kallsyms(to, &j->profile), 0);
}

static struct json_object *window_json(const struct window *w)
{
	struct json_object *o = json_object_new_object();
	const struct profile_counts *c = &w->counts;
	json_add_number(o, "hz", w->hz);
	json_add_number(o, "from_ns", w->from_ns);
	json_add_number(o, "to_ns", w->to_ns);
	json_add_number(o, "begin_ns", w->begin_ns);
	json_add_number(o, "first_ns", c->first_ns);
	json_add_number(o, "last_ns", c->last_ns);
	json_add_number(o, "samples", c->samples);
	json_add_number(o, "folded", c->folded);
	json_add_number(o, "idle", c->idle);
	json_add_number(o, "self", c->self);
	json_add_number(o, "stackless", c->stackless);
	json_add_number(o, "malformed", c->malformed + w->records->malformed);
	json_add_number(o, "lost", w->records->lost);
	json_add_number(o, "cpu_us", fold_total(w->fold));
	return o;
}

static void write_summary(struct job *j)
{
	_cleanup_buf_ struct buf text = {0};
	struct json_object *o = json_object_new_object();
	FILE *to = collect_open(j->c, "profile/summary.json");
	json_add_text(o, "weight", "us of CPU time: the sum of the samples' periods");
	json_object_object_add(o, "before", window_json(&j->before));
	json_object_object_add(o, "after", window_json(&j->after));
	json_object_object_add(o, "true_span", shares_json(&j->shares, j->truth.from_ns, j->truth.to_ns));
	json_object_object_add(o, "window", shares_json(&j->all_shares, j->before.from_ns, j->after.to_ns));
	json_add_number(o, "files_unreadable", (uint64_t)MAX(j->unreadable, 0));
	json_add_flag(o, "kernel_names", symbols_kernel_error(j->profile.symbols) == 0);
	int r = json_print(o, &text);
	json_object_put(o);
	if (!to)
		return;
	fputs(buf_str(&text), to);
	close_member(j, r, 0);
}

static void read_build_id(struct job *j)
{
	_cleanup_buf_ struct buf notes = {0};
	if (io_read_file(collect_sys_dirfd(j->c), "kernel/notes", 65536, &notes) == 0)
		j->build_id_len = elf_notes_build_id(notes.data, notes.len, j->build_id);
}

static int job_init(struct job *j)
{
	const struct plan *plan = collect_plan(j->c);
	_cleanup_free_ uint32_t *ours = reallocarray(NULL, plan->n_self_pids + 2, sizeof(*ours));
	if (!ours)
		return -ENOMEM;
	copy_bytes(ours, plan->self_pids, plan->n_self_pids * sizeof(*ours));
	ours[plan->n_self_pids] = (uint32_t)getpid();
	ours[plan->n_self_pids + 1] = (uint32_t)getppid();
	int r = profile_init(&j->profile, collect_proc_dirfd(j->c), ours, plan->n_self_pids + 2);
	j->before = (struct window){
		.label = "before",
		.member = "profile/before.folded",
		.hz = SAMPLE_HZ_BEFORE,
		.from_ns = collect_from_ns(j->c),
		.to_ns = plan->fired_ns,
		.records = &j->profile.before,
	};
	j->after = (struct window){
		.label = "after",
		.member = "profile/after.folded",
		.hz = SAMPLE_HZ_AFTER,
		.from_ns = plan->fired_ns,
		.to_ns = collect_until_ns(j->c),
		.records = &j->profile.after,
	};
	return r;
}

static void job_done(struct job *j)
{
	fold_free(j->before.fold);
	fold_free(j->after.fold);
	fold_free(j->truth.fold);
	profile_done(&j->profile);
}

/* The sampler is there first: from here on everything takes its time. */
static void job_sample(struct job *j, struct sampler *sampler)
{
	j->after.begin_ns = sampler ? clock_now(CLOCK_MONOTONIC) : 0;
	look_back(j);
	if (sampler)
		sample_on(j, sampler);
	else
		sleep_until(MIN(j->after.to_ns, j->before.to_ns + NS_PER_S)); /* until the daemon has drained */
	sampler_close(sampler);
}

/* The worker's other children, which took their evidence meanwhile. */
static int know_siblings(struct job *j)
{
	const void *pids;
	size_t len;
	if (collect_read(j->c, ".pids", &pids, &len) < 0)
		return 0;
	return profile_add_self(&j->profile, pids, len / sizeof(uint32_t));
}

/* Only when the window is over: by then one of those who took their evidence at the firing has read them. */
static void know_kernel(struct job *j)
{
	struct kallsyms *names = NULL;
	int error = collect_kernel_names(j->c, &names);
	symbols_take_kernel(j->profile.symbols, names, error);
}

static int job_name(struct job *j)
{
	int known = know_siblings(j);
	if (known < 0)
		return known;
	take_rings(j);
	names_from_census(j);
	int r = profile_learn(&j->profile);
	if (r < 0)
		return r;
	know_kernel(j);
	read_build_id(j);
	j->unreadable = profile_resolve(&j->profile, clock_now(CLOCK_MONOTONIC) + RESOLVE_NS);
	r = fold_window(j, &j->before);
	r = r < 0 ? r : fold_window(j, &j->after);
	return r < 0 ? r : fold_truth(j);
}

static void job_write(struct job *j)
{
	write_folded(j, &j->before);
	write_folded(j, &j->after);
	write_truth(j);
	if (j->before.error && j->after.error) {
		char reason[160];
		enum member_state state = missing_state(j, &j->after, reason, sizeof(reason));
		collect_missing(j->c, "profile/perf.data", state, "%s", reason);
		return;
	}
	write_perfdata(j);
	write_summary(j);
	write_symbols(j);
	write_flame(j); /* last: it is drawn from the rest */
}

int collect_profile(struct collect *c)
{
	struct job j = {.c = c};
	struct sampler *sampler = NULL;
	int error = sampler_open(&(struct sampler_options){.hz = SAMPLE_HZ_AFTER, .pages = PAGES_AFTER}, &sampler);
	int r = job_init(&j);
	j.after.error = error;
	if (r == 0) {
		job_sample(&j, sampler);
		r = job_name(&j);
	}
	if (r == 0)
		job_write(&j);
	job_done(&j);
	return r;
}
