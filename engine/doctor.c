/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/doctor.h"

#include <fcntl.h>
#include <stdarg.h>

#include "engine/base/clock.h"
#include "engine/source/tasks.h"
#include "engine/vocabulary.h"
#include "snapshot/profile/sample.h"

struct findings {
	struct facility *rows;
	size_t n;
	bool failed;
};

static struct facility *add(struct findings *f, const char *name, enum facility_state state)
{
	static struct facility nowhere;
	struct facility *rows = reallocarray(f->rows, f->n + 1, sizeof(*rows));
	if (!rows) {
		f->failed = true;
		return &nowhere;
	}
	f->rows = rows;
	struct facility *row = &rows[f->n++];
	*row = (struct facility){.state = state};
	snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

static void fill(char *to, size_t size, const char *fmt, ...) _printf_(3, 4);
static void fill(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(to, size, fmt, ap);
	va_end(ap);
}

#define FILL(field, ...) fill(field, sizeof(field), __VA_ARGS__)

static bool denied(int error)
{
	return error == -EACCES || error == -EPERM;
}

static void examine_tick(struct findings *f, const struct config *c)
{
	struct entities *entities = entities_new(c->max_entities);
	struct source_options options = {.kind = c->source, .tick_hz = c->tick_hz, .proc_root = c->proc_root,
					 .sys_root = c->sys_root, .entities = entities};
	struct source *s = NULL;
	int r = entities ? source_open(&options, &s) : -ENOMEM;
	if (r < 0) {
		struct facility *row = add(f, "tick", denied(r) ? FACILITY_DENIED : FACILITY_UNSUPPORTED);
		FILL(row->reason, "cannot read counters below %s: %s", c->proc_root, strerror(-r));
	} else {
		const char *why = source_fallback_reason(s);
		struct facility *row = add(f, "tick", why ? FACILITY_FALLBACK : FACILITY_OK);
		FILL(row->using, "%s", source_describe(s));
		FILL(row->reason, "%s", why ? why : "");
		if (why && geteuid() != 0)
			FILL(row->remedy, "run as root");
		source_close(s);
	}
	entities_free(entities);
}

static void examine_detector(struct findings *f, const struct detector_def *def, const struct detector_status *s)
{
	char name[32];
	FILL(name, "detector:%s", def->name);
	bool works = s->state != DETECTOR_UNSUPPORTED;
	struct facility *row = add(f, name, works ? FACILITY_OK : geteuid() ? FACILITY_DENIED : FACILITY_UNSUPPORTED);
	FILL(row->using, "%s", works && s->hook ? s->hook : "");
	FILL(row->reason, "%s", works || !s->reason ? "" : s->reason);
	if (!works && geteuid() != 0)
		FILL(row->remedy, "run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE");
}

static void examine_detectors(struct findings *f, const struct config *c)
{
	struct entities *entities = entities_new(c->max_entities);
	struct detect_options options = {.settings = c->detectors, .entities = entities, .proc_root = c->proc_root,
					 .sys_root = c->sys_root, .host_root = c->host_root, .klog_path = c->klog_path};
	struct detect *d = NULL;
	if (entities && detect_new(&options, &d) == 0) {
		detect_start(d);
		for (uint16_t i = 0; i < detector_defs_n; i++) {
			struct detector_status s;
			detect_status(d, i, &s);
			examine_detector(f, &detector_defs[i], &s);
		}
		detect_free(d);
	}
	entities_free(entities);
}

static void examine_sampler(struct findings *f, const struct config *c _unused_)
{
	struct sampler_options options = {.hz = SAMPLE_HZ_BEFORE, .pages = 1};
	struct sampler *s = NULL;
	int r = sampler_open(&options, &s);
	struct facility *row = add(f, "profile", r == 0 ? FACILITY_OK : denied(r) ? FACILITY_DENIED : FACILITY_UNSUPPORTED);
	if (r == 0) {
		FILL(row->using, "perf cpu-clock, %d Hz always, %d Hz after a firing", SAMPLE_HZ_BEFORE, SAMPLE_HZ_AFTER);
		sampler_close(s);
		return;
	}
	FILL(row->reason, "perf_event_open: %s", strerror(-r));
	FILL(row->remedy, "run as root or with CAP_PERFMON, or lower kernel.perf_event_paranoid");
}

static void examine_tasks(struct findings *f, const struct config *c)
{
	struct tasks *t = NULL;
	int r = tasks_open(c->proc_root, &t);
	if (r < 0) {
		struct facility *row = add(f, "tasks", FACILITY_UNSUPPORTED);
		FILL(row->reason, "%s", strerror(-r));
		return;
	}
	struct facility *row = add(f, "tasks", tasks_by_bpf(t) ? FACILITY_OK : FACILITY_FALLBACK);
	FILL(row->using, "%s", tasks_by_bpf(t) ? "BPF task iterator" : "/proc/PID");
	FILL(row->reason, "%s", tasks_reason(t) ? tasks_reason(t) : "");
	tasks_close(t);
}

/* A file that a collector needs: open it the way the collector does. */
static void examine_file(struct findings *f, const char *name, const char *path, int flags, const char *absent,
			 const char *remedy)
{
	_cleanup_close_ int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	int error = fd < 0 ? -errno : 0;
	bool missing = error == -ENOENT || error == -ENODEV || error == -ENXIO;
	struct facility *row = add(f, name, error == 0 ? FACILITY_OK : missing ? FACILITY_UNSUPPORTED : FACILITY_DENIED);
	FILL(row->using, "%s", error == 0 ? path : "");
	if (error)
		FILL(row->reason, "%s: %s", path, missing ? absent : strerror(-error));
	if (error && !missing)
		FILL(row->remedy, "%s", remedy);
}

static void examine_files(struct findings *f, const struct config *c)
{
	char path[256];
	FILL(path, "%s/sysrq-trigger", c->proc_root);
	examine_file(f, "sysrq", path, O_WRONLY, "the kernel has no sysrq; BPF iterators give the same facts", "run as root");
	examine_file(f, "kmsg", "/dev/kmsg", O_RDONLY, "there is no kernel log device here", "run as root or with CAP_SYSLOG");
	FILL(path, "%s/net/bonding", c->proc_root);
	examine_file(f, "bonding", path, O_RDONLY | O_DIRECTORY, "no bonding driver is loaded", "run as root");
	FILL(path, "%s/pressure/cpu", c->proc_root);
	examine_file(f, "psi", path, O_RDONLY, "the kernel has no PSI (CONFIG_PSI, psi=1)", "");
	FILL(path, "%s", c->state_dir);
	bool writable = access(path, W_OK) == 0 || (errno == ENOENT && geteuid() == 0);
	struct facility *row = add(f, "store", writable ? FACILITY_OK : FACILITY_DENIED);
	FILL(row->using, "%s", writable ? path : "");
	if (!writable) {
		FILL(row->reason, "%s is not writable", path);
		FILL(row->remedy, "--state-dir DIR names another place");
	}
}

static void examine_history(struct findings *f, const struct config *c)
{
	char path[96], since[CLOCK_TEXT_MAX];
	_cleanup_buf_ struct buf size = {0};
	struct hours_extent extent = {0};
	FILL(path, "%s/" HOURS_DIR, c->state_dir);
	int r = hours_extent(path, &extent);
	struct facility *row = add(f, "history", denied(r) ? FACILITY_DENIED : FACILITY_OK);
	if (denied(r)) {
		FILL(row->reason, "%s: %s", path, strerror(-r));
		FILL(row->remedy, "run as root, or as a member of the group tracetrap");
	} else if (extent.files == 0) {
		FILL(row->reason, "nothing in %s: the daemon writes it there, unless history.enabled is off", path);
	} else {
		unit_format(&size, UNIT_BYTES, (double)extent.bytes);
		FILL(row->using, "%s, %s since %.16sZ", path, buf_str(&size), clock_rfc3339(extent.first_realtime_ns, since));
	}
}

const char *facility_state_name(enum facility_state s)
{
	static const char *const names[] = {[FACILITY_OK] = "ok", [FACILITY_FALLBACK] = "fallback",
					    [FACILITY_DENIED] = "denied", [FACILITY_UNSUPPORTED] = "unsupported"};
	return names[s];
}

int doctor_examine(const struct config *config, struct facility **ret, size_t *ret_n)
{
	struct findings f = {0};
	examine_tick(&f, config);
	examine_detectors(&f, config);
	examine_sampler(&f, config);
	examine_tasks(&f, config);
	examine_files(&f, config);
	examine_history(&f, config);
	if (f.failed) {
		free(f.rows);
		return -ENOMEM;
	}
	*ret = f.rows;
	*ret_n = f.n;
	return 0;
}
