/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/bundle/manifest.h"

#include "snapshot/bundle/bundle.h"
#include "snapshot/bundle/json.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>

static uint64_t fired_realtime(const struct clocks *c, uint64_t fired_ns)
{
	return c->realtime - c->monotonic + fired_ns;
}

static struct json_object *host_object(void)
{
	struct json_object *o = json_object_new_object();
	struct utsname u = {0};
	struct sysinfo s = {0};
	uname(&u);
	sysinfo(&s);
	json_add_text(o, "hostname", u.nodename);
	json_add_text(o, "release", u.release);
	json_add_text(o, "kernel", u.version);
	json_add_text(o, "machine", u.machine);
	json_add_number(o, "cpus", (uint64_t)MAX(sysconf(_SC_NPROCESSORS_ONLN), 0L));
	json_add_number(o, "mem_bytes", (uint64_t)s.totalram * s.mem_unit);
	return o;
}

static struct json_object *clocks_object(const struct clocks *c)
{
	struct json_object *o = json_object_new_object();
	json_add_number(o, "realtime", c->realtime);
	json_add_number(o, "monotonic", c->monotonic);
	json_add_number(o, "boottime", c->boottime);
	json_add_number(o, "monotonic_raw", c->monotonic_raw);
	json_add_number(o, "tai", c->tai);
	json_object_object_add(o, "utc_offset_s", json_object_new_int(c->utc_offset_s));
	return o;
}

static void add_names(struct json_object *o, const char *key, const char **names, size_t n)
{
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, json_object_new_string(names[i]));
	json_object_object_add(o, key, array);
}

/* JSON the plan carries as text; absent is fine. */
static int add_json(struct json_object *o, const char *key, const char *text)
{
	if (!text || !*text)
		return 0;
	struct json_object *v = json_read(text, strlen(text));
	return v ? json_object_object_add(o, key, v) : -EBADMSG;
}

static void add_what(struct json_object *o, const struct plan *p)
{
	struct json_object *who = json_object_new_object();
	json_add_text(who, "kind", entity_kind_name(p->entity_kind));
	json_add_text(who, "name", p->entity);
	json_add_number(o, "format", BUNDLE_FORMAT);
	json_add_text(o, "id", p->id);
	json_add_text(o, "rule", p->rule);
	json_add_text(o, "severity", p->severity);
	json_add_text(o, "summary", p->summary ?: "");
	json_object_object_add(o, "entity", who);
	json_add_flag(o, "drill", p->drill);
	json_add_flag(o, "by_hand", p->by_hand);
}

static void add_when(struct json_object *o, const struct plan *p)
{
	char text[CLOCK_TEXT_MAX];
	json_add_text(o, "fired_at", clock_rfc3339(fired_realtime(&p->clocks, p->fired_ns), text));
	json_add_number(o, "fired_ns", p->fired_ns);
	json_add_number(o, "onset_ns", p->onset_ns);
	json_add_number(o, "started_ns", p->started_ns);
	json_add_number(o, "before_ns", p->before_ns);
	json_add_number(o, "after_ns", p->after_ns);
	json_object_object_add(o, "clocks", clocks_object(&p->clocks));
}

int manifest_json(const struct plan *p, struct buf *out)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	add_what(o, p);
	add_when(o, p);
	json_object_object_add(o, "host", host_object());
	int r = add_json(o, "labels", p->labels && *p->labels ? p->labels : "{}");
	if (r == 0)
		r = add_json(o, "event", p->event);
	if (r < 0)
		return r;
	json_add_number(o, "max_bytes", p->max_bytes);
	add_names(o, "collectors", p->collectors, p->n_collectors);
	add_names(o, "signals", p->signals, p->n_signals);
	json_add_text(o, "version", p->version ?: "");
	json_add_text(o, "source", p->source ?: "");
	return json_print(o, out);
}

static void parse_clocks(const struct json_object *o, struct clocks *ret)
{
	struct json_object *offset = json_member(o, "utc_offset_s");
	*ret = (struct clocks){
		.realtime = json_number(o, "realtime"),
		.monotonic = json_number(o, "monotonic"),
		.boottime = json_number(o, "boottime"),
		.monotonic_raw = json_number(o, "monotonic_raw"),
		.tai = json_number(o, "tai"),
		.utc_offset_s = json_object_is_type(offset, json_type_int) ? json_object_get_int(offset) : 0,
	};
}

static void parse_when(const struct json_object *o, struct manifest *m)
{
	parse_clocks(json_member(o, "clocks"), &m->clocks);
	m->fired_ns = json_number(o, "fired_ns");
	m->onset_ns = json_number(o, "onset_ns");
	m->started_ns = json_number(o, "started_ns");
	m->before_ns = json_number(o, "before_ns");
	m->after_ns = json_number(o, "after_ns");
	m->fired_realtime_ns = fired_realtime(&m->clocks, m->fired_ns);
	clock_rfc3339(m->fired_realtime_ns, m->fired_at);
}

static void parse_host(const struct json_object *o, struct manifest *m)
{
	json_text_cut(o, "hostname", m->hostname, sizeof(m->hostname));
	json_text_cut(o, "release", m->release, sizeof(m->release));
	json_text_cut(o, "machine", m->machine, sizeof(m->machine));
	m->cpus = (unsigned)MIN(json_number(o, "cpus"), (uint64_t)UINT16_MAX);
	m->mem_bytes = json_number(o, "mem_bytes");
}

static bool parse_what(const struct json_object *o, struct manifest *m)
{
	const struct json_object *who = json_member(o, "entity");
	m->drill = json_flag(o, "drill");
	m->by_hand = json_flag(o, "by_hand");
	json_text_cut(o, "severity", m->severity, sizeof(m->severity));
	json_text_cut(o, "summary", m->summary, sizeof(m->summary));
	json_text_cut(o, "version", m->version, sizeof(m->version));
	json_text_cut(o, "source", m->source, sizeof(m->source));
	return json_text(o, "id", m->id, sizeof(m->id)) && json_text(o, "rule", m->rule, sizeof(m->rule)) &&
	       json_text(who, "kind", m->entity_kind, sizeof(m->entity_kind)) &&
	       json_text(who, "name", m->entity, sizeof(m->entity));
}

int manifest_parse(const char *text, size_t len, struct manifest *ret)
{
	_cleanup_json_ struct json_object *o = json_read(text, len);
	struct manifest m = {.format = (unsigned)MIN(json_number(o, "format"), (uint64_t)UINT32_MAX)};
	if (m.format > BUNDLE_FORMAT) {
		*ret = m;
		return -EPROTONOSUPPORT;
	}
	if (m.format == 0 || !parse_what(o, &m))
		return -EBADMSG;
	parse_when(o, &m);
	parse_host(json_member(o, "host"), &m);
	m.json = take_ptr(o);
	*ret = m;
	return 0;
}

void manifest_done(struct manifest *m)
{
	json_object_put(m->json);
	*m = (struct manifest){0};
}
