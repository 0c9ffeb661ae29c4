/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>

#include "engine/source/source.h"
#include "engine/vocabulary.h"
#include "tests/bench/day.h"

/* A rule's condition in each language; {x} is the series, {level}, {jump} and {mean} are numbers. Prometheus has ranges that are
 * closed at both ends, hence the half second less: the last 60 readings are those of 59.5 s. */
enum sort { LEVEL, JUMP, MEAN, PEAK };
static const struct {
	const char *when[DAY_PMIE + 1];
	const char *hold;
} sorts[] = {
	[LEVEL] = {{"{x} > {level}", "{x} > {level}", "all_sample ({x} @0..3 > {level})"}, "3s"},
	[JUMP] = {{"{x} > {level} and rise({x}, 10s) > {jump}",
		   "{x} > {level} and {x} - min_over_time({x}[9500ms]) > {jump}",
		   "{x} > {level} && {x} - min_sample ({x} @0..9) > {jump}"},
		  "0s"},
	[MEAN] = {{"avg({x}, 1m) > {mean}", "avg_over_time({x}[59500ms]) > {mean}", "avg_sample ({x} @0..59) > {mean}"},
		  "0s"},
	[PEAK] = {{"max({x}, 30s) > {level} and avg({x}, 10s) > {mean}",
		   "max_over_time({x}[29500ms]) > {level} and avg_over_time({x}[9500ms]) > {mean}",
		   "max_sample ({x} @0..29) > {level} && avg_sample ({x} @0..9) > {mean}"},
		  "0s"},
};

static const struct watched {
	enum sort sort;
	enum entity_kind kind;
	const char *signal;
} watched[DAY_RULES] = {
	{JUMP, ENTITY_KIND_HOST, "cpu.iowait"},	       {PEAK, ENTITY_KIND_HOST, "cpu.softirq"},
	{JUMP, ENTITY_KIND_HOST, "cpu.sys"},	       {PEAK, ENTITY_KIND_HOST, "cpu.user"},
	{JUMP, ENTITY_KIND_HOST, "irq.total"},	       {PEAK, ENTITY_KIND_HOST, "load.1"},
	{JUMP, ENTITY_KIND_HOST, "mem.anon"},	       {PEAK, ENTITY_KIND_HOST, "mem.dirty"},
	{LEVEL, ENTITY_KIND_HOST, "mem.slab"},	       {PEAK, ENTITY_KIND_HOST, "mem.used"},
	{MEAN, ENTITY_KIND_HOST, "psi.io.some"},       {PEAK, ENTITY_KIND_HOST, "psi.mem.some"},
	{JUMP, ENTITY_KIND_HOST, "sched.running"},     {PEAK, ENTITY_KIND_HOST, "sched.switches"},
	{JUMP, ENTITY_KIND_HOST, "softirq.net_rx"},    {LEVEL, ENTITY_KIND_HOST, "softnet.squeezed"},
	{JUMP, ENTITY_KIND_HOST, "swap.out"},	       {PEAK, ENTITY_KIND_HOST, "tasks.d"},
	{JUMP, ENTITY_KIND_HOST, "tcp.in_segs"},       {LEVEL, ENTITY_KIND_HOST, "tcp.listen_overflows"},
	{JUMP, ENTITY_KIND_HOST, "tcp.retrans"},       {PEAK, ENTITY_KIND_HOST, "vm.allocstall"},
	{JUMP, ENTITY_KIND_HOST, "vm.pgmajfault"},     {PEAK, ENTITY_KIND_HOST, "vm.scan_direct"},
	{MEAN, ENTITY_KIND_CPU, "cpu.softirq"},	       {LEVEL, ENTITY_KIND_CPU, "cpu.sys"},
	{MEAN, ENTITY_KIND_DISK, "disk.util"},	       {LEVEL, ENTITY_KIND_DISK, "disk.await"},
	{MEAN, ENTITY_KIND_DISK, "disk.inflight"},     {LEVEL, ENTITY_KIND_DISK, "disk.write_bytes"},
	{MEAN, ENTITY_KIND_NETDEV, "netdev.rx_bytes"}, {LEVEL, ENTITY_KIND_NETDEV, "netdev.rx_drops"},
	{MEAN, ENTITY_KIND_NETDEV, "netdev.tx_bytes"}, {LEVEL, ENTITY_KIND_MOUNT, "mount.used"},
	{MEAN, ENTITY_KIND_CGROUP, "cgroup.anon"},     {LEVEL, ENTITY_KIND_CGROUP, "cgroup.cpu"},
	{MEAN, ENTITY_KIND_CGROUP, "cgroup.pids"},     {LEVEL, ENTITY_KIND_CGROUP, "cgroup.mem"},
	{MEAN, ENTITY_KIND_CGROUP, "cgroup.psi_mem"},  {LEVEL, ENTITY_KIND_CGROUP, "cgroup.throttled"},
};

/* Our numbers have units, those of peers are quanta. */
static const struct {
	const char *word;
	double quanta;
} words[UNIT_MAX_] = {
	[UNIT_COUNT] = {"", 1},
	[UNIT_MILLI] = {"", 1e3},
	[UNIT_PERCENT] = {"%", 1e4},
	[UNIT_BYTES] = {"B", 1},
	[UNIT_SECONDS] = {"ns", 1},
	[UNIT_PER_SECOND] = {"/s", 1e3},
	[UNIT_BYTES_PER_SECOND] = {"B/s", 1},
};

void day_name(enum day_language language, enum entity_kind kind, const char *signal, struct buf *out)
{
	char between = language == DAY_PROMETHEUS ? '_' : '.';
	if (language != DAY_TRACETRAP)
		buf_printf(out, "tracetrap%c%s%c", between, entity_kind_name(kind), between);
	for (const char *at = signal; *at; at++) {
		if (language == DAY_PMIE && at > signal && at[-1] == '.' && isdigit((unsigned char)*at))
			buf_add_char(out, 'n');
		buf_add_char(out, *at == '.' ? between : *at);
	}
}

static void add_number(enum day_language language, enum unit unit, double quanta, struct buf *out)
{
	if (language == DAY_TRACETRAP)
		buf_printf(out, "%.15g%s", quanta / words[unit].quanta, words[unit].word);
	else
		buf_printf(out, "%.15g", quanta);
}

/* What the rule is about: in pmie's words one entity, else all of a kind. */
struct subject {
	enum day_language language;
	const struct watched *of;
	const char *entity;
};

static void add_series(const struct subject *s, struct buf *out)
{
	day_name(s->language, s->of->kind, s->of->signal, out);
	if (s->language == DAY_PMIE && s->of->kind != ENTITY_KIND_HOST)
		buf_printf(out, " #'%s'", s->entity);
}

/* Shares of a burst's height. The mean is one that whole numbers do not have: at equality, roundings would decide. */
static double number_of(char word, enum unit unit)
{
	double wild = (double)day_ranges[unit].wild;
	if (word == 'm')
		return wild * 0.35 + 0.01;
	return word == 'l' ? wild * 0.8 : wild * 0.4;
}

static void add_word(const struct subject *s, char word, struct buf *out)
{
	enum unit unit = signal_table[vocabulary_signal(vocabulary(), s->of->signal)].unit;
	if (word == 'x')
		add_series(s, out);
	else
		add_number(s->language, unit, number_of(word, unit), out);
}

static void add_condition(const struct subject *s, struct buf *out)
{
	for (const char *at = sorts[s->of->sort].when[s->language]; *at; at++) {
		if (*at != '{') {
			buf_add_char(out, *at);
			continue;
		}
		add_word(s, at[1], out);
		at = strchr(at, '}');
	}
}

static void add_rule(const struct subject *s, struct buf *out)
{
	unsigned i = (unsigned)(s->of - watched);
	const char *kind = entity_kind_name(s->of->kind), *hold = sorts[s->of->sort].hold;
	_cleanup_buf_ struct buf when = {0};
	add_condition(s, &when);
	if (s->language == DAY_TRACETRAP)
		buf_printf(out,
			   "  - {name: r%02u, summary: x, severity: info, for_each: %s, when: '%s', hold: %s, clear_hold: 0s, "
			   "limits: {entity: none, rule: none}}\n",
			   i, kind, buf_str(&when), hold);
	else if (s->language == DAY_PROMETHEUS)
		buf_printf(out, "  - {alert: r%02u, expr: '%s', for: %s}\n", i, buf_str(&when), hold);
	else
		buf_printf(out, "%s -> print \"r%02u %s\";\n", buf_str(&when), i, s->entity);
}

/* pmie gets a rule for each entity: over the instances of a metric, PCP 6.0 compares the mean of the first alone. */
static void add_rules(const struct day *d, enum day_language language, const struct watched *w, struct buf *out)
{
	for (uint16_t slot = 0; slot < entities_max(d->entities); slot++) {
		const struct entity *e = entities_get(d->entities, slot);
		if (!e->alive || e->kind != w->kind)
			continue;
		add_rule(&(struct subject){language, w, e->name}, out);
		if (language != DAY_PMIE)
			return;
	}
}

void day_rules(const struct day *d, enum day_language language, struct buf *out)
{
	static const char *const heads[] = {"version: 1\nrules:\n", "groups:\n- name: day\n  rules:\n", "delta = 1 sec;\n"};
	buf_add_str(out, heads[language]);
	for (unsigned i = 0; i < DAY_RULES; i++)
		add_rules(d, language, &watched[i], out);
}
