/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples a child that burns CPU and lets the real perf read what was written. Needs perf events and linux-perf. */
#include "tests/live/burner.h"

#include "engine/base/io.h"
#include "snapshot/profile/flame.h"
#include "snapshot/profile/perfdata.h"
#include "snapshot/profile/sample.h"
#include "snapshot/profile/slices.h"
#include "tests/unit/support/kernel_names.h"

#include <fcntl.h>
#include <sys/utsname.h>

static void on_record(void *ctx, const struct perf_event_header *h)
{
	struct profile *p = ctx;
	records_add(h->type == PERF_RECORD_SAMPLE ? &p->after : &p->maps, h, h->size);
}

static struct sampler *sampler_start(unsigned hz)
{
	struct sampler *s = NULL;
	int r = sampler_open(&(struct sampler_options){.hz = hz, .pages = 64}, &s);
	live_require(r == 0, "perf events: not permitted or not there");
	return s;
}

/* As the daemon does: 19 Hz through a ring. */
static void record_before(struct profile *p)
{
	struct ring *stacks, *maps;
	uint64_t begin_ns;
	assert_int_equal(
		ring_new(&(struct ring_options){.name = "stacks", .segment_bytes = 65536, .segments = 8}, &stacks), 0);
	assert_int_equal(ring_new(&(struct ring_options){.name = "maps", .segment_bytes = 65536, .segments = 8}, &maps),
			 0);
	struct sampler *s = sampler_start(SAMPLE_HZ_BEFORE);
	for (int i = 0; i < 5; i++) {
		usleep(200000);
		sampler_drain(s, stacks, maps);
	}
	sampler_close(s);
	assert_int_equal(records_add_ring(&p->before, ring_fd(stacks), 0, UINT64_MAX, &begin_ns), 0);
	assert_int_equal(records_add_ring(&p->maps, ring_fd(maps), 0, UINT64_MAX, &begin_ns), 0);
	ring_free(stacks);
	ring_free(maps);
}

/* What the machine gave it, whatever else it had to do. */
static uint64_t cpu_of(pid_t pid)
{
	clockid_t clock;
	assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
	return clock_now(clock);
}

/* Returns the CPU time that the burner had meanwhile. */
static uint64_t record_after(struct profile *p, pid_t burner)
{
	struct sampler *s = sampler_start(SAMPLE_HZ_AFTER);
	uint64_t lost, begin = cpu_of(burner);
	usleep(1000000);
	uint64_t end = cpu_of(burner);
	sampler_read(s, on_record, p, &lost);
	assert_int_equal(lost, 0);
	sampler_close(s);
	return end - begin;
}

static uint64_t record(struct profile *p)
{
	size_t before = 0, after = 0;
	pid_t pid = burner_start("live burner", 1 << 20);
	record_before(p);
	uint64_t burnt_ns = record_after(p, pid);
	profile_look(p, &p->before, &before);
	profile_look(p, &p->after, &after);
	assert_int_equal(profile_learn(p), 0);
	profile_resolve(p, clock_now(CLOCK_MONOTONIC) + 5 * NS_PER_S);
	end_child(pid);
	return burnt_ns;
}

/* One recording for all tests. */
struct state {
	struct profile profile;
	char dir[64];
	uint64_t samples;
	uint64_t burnt_ns; /* while it was sampled at 99 Hz */
};

static FILE *create(const struct state *s, const char *name)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	FILE *to = fopen(path, "w");
	assert_non_null(to);
	return to;
}

static void write_perfdata(struct state *s)
{
	_cleanup_buf_ struct buf notes = {0};
	uint8_t id[ELF_BUILD_ID_MAX];
	struct utsname host;
	struct clocks clocks;
	clocks_read(&clocks);
	uname(&host);
	io_read_file(AT_FDCWD, "/sys/kernel/notes", 65536, &notes);
	struct perfdata d = {
		.profile = &s->profile,
		.clocks = &clocks,
		.hostname = host.nodename,
		.release = host.release,
		.arch = host.machine,
		.version = TRACETRAP_VERSION,
		.cpus_online = 2,
		.cpus_available = 2,
		.kernel_build_id = id,
		.kernel_build_id_len = elf_notes_build_id(notes.data, notes.len, id),
	};
	FILE *to = create(s, "perf.data");
	assert_int_equal(perfdata_write(to, &d, &s->samples), 0);
	fclose(to);
	to = create(s, "kallsyms");
	assert_int_equal(slices_write_kallsyms(to, &s->profile), 0);
	fclose(to);
	to = create(s, "symbols.tsv");
	assert_int_equal(slices_write_tsv(to, &s->profile, id, d.kernel_build_id_len), 0);
	fclose(to);
}

static int set_up(void **state)
{
	static struct state s = {.dir = "/tmp/tracetrap-profile-XXXXXX"};
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	live_require(system("perf --version >/dev/null 2>&1") == 0, "perf (Debian: linux-perf)");
	assert_non_null(mkdtemp(s.dir));
	assert_int_equal(profile_init(&s.profile, proc, NULL, 0), 0);
	kernel_names_give(s.profile.symbols, proc);
	s.burnt_ns = record(&s.profile);
	write_perfdata(&s);
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct state *s = *state;
	char command[128];
	profile_done(&s->profile);
	snprintf(command, sizeof(command), "rm -r %s", s->dir);
	return getenv("KEEP") ? 0 : system(command);
}

/* The first number that a shell command prints, %s standing for the directory. */
static unsigned long number_from(const struct state *s, const char *command)
{
	_cleanup_buf_ struct buf line = {0};
	for (const char *at = command; *at; at++) {
		if (at[0] == '%' && at[1] == 's') {
			buf_add_str(&line, s->dir);
			at++;
		} else {
			buf_add_char(&line, *at);
		}
	}
	FILE *out = popen(buf_str(&line), "r");
	unsigned long n = 0;
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%lu", &n), 1);
	pclose(out);
	return n;
}

static void perf_script_shows_every_sample_of_both_events(void **state)
{
	struct state *s = *state;
	assert_true(s->samples > 50);
	assert_int_equal(
		number_from(s, "perf script -i %s/perf.data -F event --no-inline -G 2>/dev/null | grep -c cpu-clock"),
		s->samples);
	assert_int_equal(
		number_from(s, "perf script -i %s/perf.data -F event -G 2>/dev/null | grep -c cpu-clock/before/"),
		s->profile.before.n);
	assert_int_equal(
		number_from(s, "perf script -i %s/perf.data -F event -G 2>/dev/null | grep -c cpu-clock/after/"),
		s->profile.after.n);
}

static void perf_names_the_burner_its_file_and_its_function(void **state)
{
	struct state *s = *state;
	unsigned long all =
		number_from(s, "perf script -i %s/perf.data -F comm,ip,sym,dso -G 2>/dev/null | grep -c 'live burner'");
	unsigned long named = number_from(s, "perf script -i %s/perf.data -F comm,ip,sym,dso -G 2>/dev/null | "
					     "grep -c 'live burner.*live_burn.*tests/live/profile'");
	assert_true(all >= s->burnt_ns / (NS_PER_S / SAMPLE_HZ_AFTER) / 2);
	assert_true(named * 4 > all); /* the rest is in system calls, slow under emulation */
}

static void perf_report_opens_it_without_a_complaint(void **state)
{
	struct state *s = *state;
	assert_int_equal(number_from(s, "perf report --stdio -i %s/perf.data 2>&1 >/dev/null | grep -cv '^$'; true"),
			 0);
	assert_true(number_from(s, "perf report --stdio -i %s/perf.data 2>/dev/null | grep -c live_burn") >= 1);
}

/* Every name of the slice gets a mark: frames that show it can have come from nowhere else. */
static void the_slice_of_kallsyms_names_every_kernel_frame(void **state)
{
	struct state *s = *state;
	unsigned long frames = number_from(
		s, "perf script -i %s/perf.data -F comm,ip,sym,dso 2>/dev/null | grep -c '(.kernel.kallsyms.)'");
	unsigned long named = number_from(
		s, "sed 's/ \\([tTwW]\\) / \\1 slice_/; s/slice__\\([se]text\\)$/_\\1/' %s/kallsyms > %s/marked; "
		   "perf script --kallsyms %s/marked -i %s/perf.data -F comm,ip,sym,dso 2>/dev/null | "
		   "grep -c ' slice_.*(.kernel.kallsyms.)'");
	assert_true(frames > 0);
	assert_int_equal(named, frames);
}

/* The sum of the weights of a task's stacks in folded text. */
static uint64_t weight_of(const char *text, const char *comm)
{
	uint64_t sum = 0;
	for (const char *line = text, *end; *line && (end = strchr(line, '\n')); line = end + 1) {
		const char *space = memrchr(line, ' ', (size_t)(end - line));
		if (starts_with(line, comm) && space)
			sum += strtoull(space, NULL, 10);
	}
	return sum;
}

static void the_fold_gives_the_burner_the_cpu_time_that_it_had(void **state)
{
	struct state *s = *state;
	struct profile_counts counts;
	struct fold *fold = fold_new();
	_cleanup_free_ char *text = NULL;
	size_t len;
	assert_int_equal(profile_fold(&s->profile, &s->profile.after, 0, UINT64_MAX, fold, &counts), 0);
	FILE *to = open_memstream(&text, &len);
	fold_write(fold, to);
	fclose(to);
	assert_int_equal(counts.samples, counts.folded + counts.idle + counts.self);
	uint64_t weight_ns = weight_of(text, "live burner;") * NS_PER_US;
	assert_in_range(weight_ns, s->burnt_ns / 2, s->burnt_ns * 2 + 100 * NS_PER_MS);
	assert_non_null(strstr(text, ";live_burn "));
	to = create(s, "flame.svg");
	struct flame_window w[] = {{"before", "a", fold}, {"after", "b", fold}};
	assert_int_equal(flame_write(to, "live", w, 2, 1), 0);
	fclose(to);
	fold_free(fold);
}

static void the_burners_function_travels_in_the_table_of_symbols(void **state)
{
	struct state *s = *state;
	assert_true(
		number_from(s,
			    "grep -cP '^[0-9a-f]+\\t\\d+\\tlive_burn\\t/.*\\t[0-9a-f]{40}$' %s/symbols.tsv") ==
		1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perf_script_shows_every_sample_of_both_events),
		cmocka_unit_test(perf_names_the_burner_its_file_and_its_function),
		cmocka_unit_test(perf_report_opens_it_without_a_complaint),
		cmocka_unit_test(the_slice_of_kallsyms_names_every_kernel_frame),
		cmocka_unit_test(the_fold_gives_the_burner_the_cpu_time_that_it_had),
		cmocka_unit_test(the_burners_function_travels_in_the_table_of_symbols),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
