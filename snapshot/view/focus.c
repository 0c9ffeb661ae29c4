/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/json.h"
#include "snapshot/view/blame.h"

/* The first prefix that fits decides. */
static const struct {
	const char *prefix;
	unsigned focus;
} signals[] = {
	{"cpu.sys", FOCUS_SYS},	      {"cpu.user", FOCUS_USER},	  {"cpu.nice", FOCUS_USER},
	{"cpu.iowait", FOCUS_IO | FOCUS_WAIT}, {"cpu.", FOCUS_SYS | FOCUS_CPU}, {"cgroup.cpu", FOCUS_CPU},
	{"cgroup.throttled", FOCUS_CPU}, {"cgroup.psi_cpu", FOCUS_CPU}, {"cgroup.psi_io", FOCUS_IO | FOCUS_WAIT},
	{"cgroup.d", FOCUS_WAIT},     {"cgroup.pids", FOCUS_FORK}, {"cgroup.", FOCUS_MEM},	  {"mem.", FOCUS_MEM},
	{"swap.", FOCUS_MEM},	      {"vm.", FOCUS_MEM | FOCUS_SYS}, {"disk.", FOCUS_IO},
	{"mount.", FOCUS_IO},	      {"tasks.d", FOCUS_WAIT},	  {"tasks.total", FOCUS_FORK}, {"sched.forks", FOCUS_FORK},	  {"sched.blocked", FOCUS_WAIT},
	{"load.", FOCUS_CPU | FOCUS_WAIT}, {"sched.", FOCUS_CPU},	  {"psi.cpu", FOCUS_CPU},
	{"psi.mem", FOCUS_MEM},	      {"psi.io", FOCUS_IO | FOCUS_WAIT}, {"softirq.", FOCUS_SYS},
	{"softnet.", FOCUS_SYS},      {"irq.", FOCUS_SYS},
};

static const struct {
	const char *kind;
	unsigned focus;
} events[] = {
	{"oom", FOCUS_MEM}, {"hungtask", FOCUS_WAIT}, {"softirq", FOCUS_SYS}, {"runqlat", FOCUS_CPU}, {"iolatency", FOCUS_IO},
	{"exec", FOCUS_FORK}, {"iotrace", FOCUS_IO}, {"syscall", FOCUS_WAIT},
	{"memreclaim", FOCUS_MEM}, {"offcpu", FOCUS_WAIT | FOCUS_IO},
};

static unsigned focus_of_signal(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
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
