/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/source.h"

#include "engine/base/clock.h"
#include "engine/source/helper.h"
#include "engine/source/part.h"
#include "engine/source/strays.h"
#include "engine/source/tick.h"

#include <fcntl.h>
#include <sys/timerfd.h>

enum { PROC_HZ = 10, BPF_HZ = 100 };

struct source {
	struct env env;
	struct tick *tick; /* NULL: by /proc */
	struct source_options options;
	struct readings readings;
	int timer_fd;
	uint64_t wake_ns;      /* the distance of wake-ups */
	uint64_t slow_due_ns;  /* when the next slow reading is */
	uint64_t given_ns;     /* the time of the last tick that was given */
	enum source_kind kind;
	char description[96], fallback[192];
	struct part *part[]; /* by part_table; NULL: the machine has none of it */
};

/* Whom to tell, for the length of one take. */
struct turn {
	input_fn fn;
	void *ctx;
	int given;
};

static void give(struct turn *t, const struct input *in)
{
	t->fn(t->ctx, in);
	t->given++;
}

static void give_births(struct source *s, struct turn *t, uint64_t t_ns)
{
	for (size_t i = 0; i < s->env.churn.n_born; i++) {
		uint16_t slot = s->env.churn.born[i];
		const struct entity *e = entities_get(s->env.entities, slot);
		give(t, &(struct input){.kind = INPUT_BORN, .t_ns = t_ns, .born = {slot, e->kind, e->name}});
	}
	s->env.churn.n_born = 0;
}

static void give_deaths(struct source *s, struct turn *t, uint64_t t_ns)
{
	for (size_t i = 0; i < s->env.churn.n_gone; i++) {
		uint16_t slot = s->env.churn.gone[i];
		give(t, &(struct input){.kind = INPUT_GONE, .t_ns = t_ns, .gone = {slot}});
		env_remove(&s->env, slot);
	}
	s->env.churn.n_gone = 0;
}

/* One tick with what came and went around it. Its time never lies before the one given last. */
static void give_tick(struct source *s, struct turn *t, uint64_t t_ns)
{
	t_ns = MAX(t_ns, s->given_ns);
	give_births(s, t, t_ns);
	if (s->readings.n)
		give(t, &(struct input){.kind = INPUT_TICK, .t_ns = t_ns, .tick = {s->readings.at, s->readings.n}});
	give_deaths(s, t, t_ns);
	s->given_ns = t_ns;
	s->readings.n = 0;
}

static void read_parts(struct source *s, enum tier tier)
{
	for (size_t i = 0; i < part_table_n; i++)
		if (s->part[i] && part_table[i]->tier == tier)
			part_table[i]->read(s->part[i], &s->env, &s->readings);
}

/* Half a wake-up early counts as due, so that slow readings stay on the same wake-up of each second. */
static bool take_slow_due(struct source *s, uint64_t now_ns)
{
	if (now_ns + s->wake_ns / 2 < s->slow_due_ns)
		return false;
	s->slow_due_ns = now_ns > s->slow_due_ns + SECOND_NS ? now_ns + SECOND_NS : s->slow_due_ns + SECOND_NS;
	return true;
}

/* Rows of the in-kernel tick up to and including until_ns, each a tick of its own. */
static void give_rows(struct source *s, struct turn *t, uint64_t until_ns)
{
	uint64_t row_ns;
	while (s->tick && (row_ns = tick_peek(s->tick, &s->env)) && row_ns <= until_ns) {
		tick_take(s->tick, &s->env, &s->readings);
		give_tick(s, t, row_ns);
	}
}

pid_t source_helper_pid(const struct source *s)
{
	return s->env.helper ? s->env.helper->pid : 0;
}

static void forget_strays(struct env *env)
{
	for (uint16_t slot; (slot = strays_next_old(&env->strays, env->now_ns)) != ENTITY_NONE;)
		env_gone(env, slot);
}

/* What is read now bears the time at which reading began, and is given between the rows before and after it. */
static int take(struct source *s, input_fn fn, void *ctx, bool slow)
{
	struct turn t = {.fn = fn, .ctx = ctx};
	s->env.now_ns = clock_now(CLOCK_MONOTONIC);
	s->env.pids[0] = source_helper_pid(s);
	if (s->tick && slow)
		tick_follow_cpus(s->tick, &s->env);
	give_rows(s, &t, s->env.now_ns);
	read_parts(s, TIER_TICK);
	if (slow) {
		read_parts(s, TIER_SECOND);
		forget_strays(&s->env);
	}
	give_tick(s, &t, s->env.now_ns);
	give_rows(s, &t, UINT64_MAX);
	return t.given;
}

int source_take(struct source *s, input_fn fn, void *ctx)
{
	uint64_t expired;
	if (read(s->timer_fd, &expired, sizeof(expired)) != sizeof(expired))
		return 0;
	if (!s->tick)
		s->env.lost += expired - 1;
	return take(s, fn, ctx, take_slow_due(s, clock_now(CLOCK_MONOTONIC)));
}

int source_take_now(struct source *s, input_fn fn, void *ctx)
{
	return take(s, fn, ctx, /* slow= */ true);
}

static int arm_timer(struct source *s)
{
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct itimerspec every = {.it_value = {.tv_nsec = 1}};
	every.it_interval.tv_sec = (time_t)(s->wake_ns / NS_PER_S);
	every.it_interval.tv_nsec = (long)(s->wake_ns % NS_PER_S);
	return s->timer_fd < 0 || timerfd_settime(s->timer_fd, 0, &every, NULL) < 0 ? -errno : 0;
}

static void open_roots(struct source *s)
{
	s->env.options = &s->options;
	s->env.entities = s->options.entities;
	s->env.proc_root = s->options.proc_root ? s->options.proc_root : "/proc";
	s->env.sys_root = s->options.sys_root ? s->options.sys_root : "/sys";
	s->env.proc_fd = open(s->env.proc_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->env.sys_fd = open(s->env.sys_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->env.d_tasks = UINT64_MAX;
	s->env.n_pids = 1;
	s->env.now_ns = clock_now(CLOCK_MONOTONIC);
}

static bool choose_bpf(struct source *s)
{
	unsigned hz = CLAMP(s->options.tick_hz ? s->options.tick_hz : BPF_HZ, 1U, 1000U);
	snprintf(s->fallback, sizeof(s->fallback), "not asked for");
	if (s->options.kind == SOURCE_PROC)
		return false;
	if (!streq(s->env.proc_root, "/proc")) {
		snprintf(s->fallback, sizeof(s->fallback), "the root is '%s', not /proc", s->env.proc_root);
		return false;
	}
	s->kind = SOURCE_BPF;
	s->env.fast_ns = NS_PER_S / hz;
	s->wake_ns = MAX(NS_PER_S / PROC_HZ, s->env.fast_ns);
	snprintf(s->description, sizeof(s->description), "in-kernel tick by bpf_timer, %u Hz", hz);
	return tick_open(&s->env, s->env.fast_ns, &s->tick, s->fallback, sizeof(s->fallback)) >= 0;
}

static void choose_proc(struct source *s)
{
	s->kind = SOURCE_PROC;
	unsigned hz = s->options.tick_hz ? MIN(s->options.tick_hz, 100U) : PROC_HZ;
	s->env.fast_ns = s->wake_ns = NS_PER_S / hz;
	snprintf(s->description, sizeof(s->description), "files of %s, %u Hz", s->env.proc_root, hz);
}

int source_open(const struct source_options *options, struct source **ret)
{
	struct source *s = calloc(1, sizeof(*s) + part_table_n * sizeof(*s->part));
	if (!s)
		return -ENOMEM;
	s->options = *options;
	s->timer_fd = -1;
	open_roots(s);
	if (!choose_bpf(s))
		choose_proc(s);
	for (size_t i = 0; i < part_table_n; i++)
		s->part[i] = part_table[i]->open(&s->env);
	int r = env_has(&s->env, SIGNAL_CPU_SYS) ? arm_timer(s) : -ENOENT;
	if (r < 0) {
		source_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

int source_fd(const struct source *s)
{
	return s->timer_fd;
}

enum source_kind source_kind(const struct source *s)
{
	return s->kind;
}

const char *source_describe(const struct source *s)
{
	return s->description;
}

const char *source_fallback_reason(const struct source *s)
{
	return s->kind == SOURCE_PROC ? s->fallback : NULL;
}

const uint64_t *source_periods(const struct source *s)
{
	return s->env.offers.period_ns;
}

void source_signal(const struct source *s, uint16_t signal, struct source_signal *ret)
{
	*ret = s->env.offers.signal[signal];
	if (!ret->available && !*ret->reason)
		snprintf(ret->reason, sizeof(ret->reason), "no source on this machine");
}

uint64_t source_lost(const struct source *s)
{
	return s->env.lost + s->readings.lost + entities_refused(s->env.entities);
}

void source_self_pids(struct source *s, const pid_t *pids, size_t n)
{
	n = MIN(n, (size_t)ENV_PIDS_MAX - 1);
	copy_bytes(&s->env.pids[1], pids, n * sizeof(*pids));
	s->env.n_pids = n + 1;
}

int source_hear(struct source *s, uint16_t slot, bool is_new)
{
	static const unsigned met = ENTITY_BIT(ENTITY_KIND_DISK) | ENTITY_BIT(ENTITY_KIND_NETDEV) |
				    ENTITY_BIT(ENTITY_KIND_MOUNT) | ENTITY_BIT(ENTITY_KIND_CGROUP);
	if (!(ENTITY_BIT(entities_get(s->env.entities, slot)->kind) & met))
		return 0;
	return strays_hear(&s->env.strays, slot, is_new, clock_now(CLOCK_MONOTONIC));
}

struct source *source_close(struct source *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < part_table_n; i++)
		if (s->part[i])
			part_table[i]->close(s->part[i]);
	helper_free(s->env.helper);
	tick_close(s->tick);
	close_fd(&s->timer_fd);
	close_fd(&s->env.proc_fd);
	close_fd(&s->env.sys_fd);
	free(s->env.churn.born);
	free(s->env.churn.gone);
	free(s->env.strays.all);
	buf_done(&s->env.text);
	readings_done(&s->readings);
	free(s);
	return NULL;
}
