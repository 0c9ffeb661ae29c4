/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/json.h"
#include "snapshot/view/blame.h"

/* By prefix; the longest that fits decides, which is the last one here. */
static const struct {
	const char *prefix;
	unsigned focus;
} signals[] = {
	{"cgroup.", FOCUS_MEM},
	{"cgroup.cpu", FOCUS_CPU},
	{"cgroup.d", FOCUS_WAIT},
	{"cgroup.pids", FOCUS_FORK},
	{"cgroup.psi_cpu", FOCUS_CPU},
	{"cgroup.psi_io", FOCUS_IO | FOCUS_WAIT},
	{"cgroup.throttled", FOCUS_CPU},
	{"cpu.", FOCUS_SYS | FOCUS_CPU},
	{"cpu.iowait", FOCUS_IO | FOCUS_WAIT},
	{"cpu.nice", FOCUS_USER},
	{"cpu.sys", FOCUS_SYS},
	{"cpu.user", FOCUS_USER},
	{"disk.", FOCUS_IO},
	{"irq.", FOCUS_SYS},
	{"load.", FOCUS_CPU | FOCUS_WAIT},
	{"mem.", FOCUS_MEM},
	{"mount.", FOCUS_IO},
	{"psi.cpu", FOCUS_CPU},
	{"psi.io", FOCUS_IO | FOCUS_WAIT},
	{"psi.mem", FOCUS_MEM},
	{"sched.", FOCUS_CPU},
	{"sched.blocked", FOCUS_WAIT},
	{"sched.forks", FOCUS_FORK},
	{"softirq.", FOCUS_SYS},
	{"softnet.", FOCUS_SYS},
	{"swap.", FOCUS_MEM},
	{"tasks.d", FOCUS_WAIT},
	{"tasks.total", FOCUS_FORK},
	{"vm.", FOCUS_MEM | FOCUS_SYS},
};

static const struct {
	const char *kind;
	unsigned focus;
} events[] = {
	{"exec", FOCUS_FORK},
	{"hungtask", FOCUS_WAIT},
	{"iolatency", FOCUS_IO},
	{"iotrace", FOCUS_IO},
	{"memreclaim", FOCUS_MEM},
	{"offcpu", FOCUS_WAIT | FOCUS_IO},
	{"oom", FOCUS_MEM},
	{"runqlat", FOCUS_CPU},
	{"softirq", FOCUS_SYS},
	{"syscall", FOCUS_WAIT},
};

static unsigned focus_of_signal(const char *name)
{
	for (size_t i = ARRAY_SIZE(signals); i-- > 0;)
		if (starts_with(name, signals[i].prefix))
			return signals[i].focus;
	return 0;
}

static unsigned focus_of_event(const char *text)
{
	char kind[32];
	_cleanup_json_ struct json_object *event = json_read(text, strlen(text));
	if (!json_text(event, "kind", kind, sizeof(kind)))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (streq(kind, events[i].kind))
			return events[i].focus;
	return 0;
}

unsigned focus_of(const struct plan *p)
{
	unsigned focus = p->event ? focus_of_event(p->event) : 0;
	for (size_t i = 0; i < p->n_signals; i++) {
		const char *name = p->signals[i];
		focus |= focus_of_signal(starts_with(name, "host.") ? name + 5 : name);
	}
	bool said = p->event || p->n_signals;
	return said ? focus : FOCUS_CPU | FOCUS_MEM | FOCUS_IO | FOCUS_WAIT;
}

const char *focus_cpu_time(unsigned focus)
{
	unsigned sides = focus & (FOCUS_SYS | FOCUS_USER);
	if (focus & FOCUS_CPU || sides == (FOCUS_SYS | FOCUS_USER))
		return "CPU time";
	return sides == FOCUS_SYS ? "CPU time in the kernel" : "CPU time in user space";
}
