/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/klog_gather.h"

#include <inttypes.h>

/* Longer lines are matched by their begin: the kernel's own messages are short, and a regular expression's cost is not. */
#define LINE_MAX_LEN 1024

static void tell(struct klog_gather *g, klog_fn fn, void *ctx)
{
	if (!g->open)
		return;
	g->record.h.size = g->len;
	g->open = false;
	fn(ctx, &g->record);
}

static const char *after(const char *text, const char *words)
{
	const char *at = strstr(text, words);
	return at ? at + strlen(words) : NULL;
}

static void read_number(const char *text, const char *words, uint32_t *ret)
{
	const char *at = after(text, words);
	if (at && *at >= '0' && *at <= '9')
		*ret = (uint32_t)strtoul(at, NULL, 10);
}

static void read_comm(const char *at, const char *end, char ret[EVENT_COMM_LEN])
{
	size_t len = end ? (size_t)(end - at) : strlen(at);
	memcpy(ret, at, MIN(len, (size_t)EVENT_COMM_LEN - 1));
}

/* "CPU: 1 PID: 4711 Comm: name Not tainted 6.1…", since 6.10 with a UID between; ext4's "inode #2: comm name: …". */
static void read_task(struct event *h, const char *text)
{
	const char *comm = after(text, " Comm: ");
	if (h->comm[0])
		return;
	if (comm && starts_with(text, "CPU: ")) {
		read_number(text, "CPU: ", &h->cpu);
		read_number(text, " PID: ", &h->pid);
		const char *end = strstr(comm, " Not tainted");
		read_comm(comm, end ? end : strstr(comm, " Tainted: "), h->comm);
		return;
	}
	comm = after(text, ": comm ");
	if (comm)
		read_comm(comm, strchr(comm, ':'), h->comm);
}

static void add_line(struct klog_gather *g, const struct kmsg_record *line, const char *text)
{
	char stamp[40];
	size_t n = (size_t)snprintf(stamp, sizeof(stamp), "[%5" PRIu64 ".%06" PRIu64 "] ", line->t_us / 1000000,
				    line->t_us % 1000000);
	size_t len = strlen(text);
	g->record.lines++;
	read_task(&g->record.h, text);
	if (n + len + 1 > sizeof(g->bytes) - g->len)
		return;
	memcpy(g->bytes + g->len, stamp, n);
	memcpy(g->bytes + g->len + n, text, len);
	g->bytes[g->len + n + len] = '\n';
	g->len += (uint32_t)(n + len + 1);
}

static void open_record(struct klog_gather *g, const struct klog_pattern *p, const struct kmsg_record *line,
			const char *device, uint64_t now_ns)
{
	g->open = true;
	g->lines_left = p->lines;
	g->len = sizeof(g->record);
	g->record = (struct event_klog){
		.h = {.kind = EVENT_KLOG, .t_ns = now_ns},
		.level = line->level,
		.sequence = line->seq,
	};
	snprintf(g->record.name, sizeof(g->record.name), "%s", p->name);
	snprintf(g->record.subsystem, sizeof(g->record.subsystem), "%s", p->subsystem);
	snprintf(g->record.device, sizeof(g->record.device), "%s", device);
	snprintf(g->record.message, sizeof(g->record.message), "%.*s", (int)MIN(line->len, sizeof(g->record.message) - 1), line->text);
}

/* Of one report there are often several lines that patterns know: "BUG: …", "Oops: …". Those are of one subsystem. */
static bool belongs(const struct klog_gather *g, const struct klog_pattern *p)
{
	return g->open && g->lines_left && (!p || streq(p->subsystem, g->record.subsystem));
}

static bool is_end_mark(const char *text)
{
	return starts_with(text, "---[ end ");
}

static bool is_our_dump(struct klog_gather *g, const struct kmsg_record *line, uint64_t now_ns)
{
	char letter;
	enum kmsg_mark mark = kmsg_mark_of(line, &letter);
	if (mark != KMSG_NO_MARK)
		g->dump_until_ns = mark == KMSG_BEGIN ? now_ns + KLOG_DUMP_NS : 0;
	return now_ns < g->dump_until_ns;
}

void klog_gather_line(struct klog_gather *g, const struct kmsg_record *line, uint64_t now_ns, klog_fn fn, void *ctx)
{
	char text[LINE_MAX_LEN], device[EVENT_NAME_LEN];
	if (is_our_dump(g, line, now_ns) || line->facility != 0)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)line->len, line->text);
	const struct klog_pattern *p = klog_patterns_find(g->patterns, text, line->level, device, sizeof(device));
	bool more = belongs(g, p);
	if (!more && !p)
		return;
	if (more) {
		g->lines_left--;
	} else {
		tell(g, fn, ctx);
		open_record(g, p, line, device, now_ns);
	}
	g->last_ns = now_ns;
	add_line(g, line, text);
	if (!g->lines_left || is_end_mark(text))
		tell(g, fn, ctx);
}

void klog_gather_settle(struct klog_gather *g, uint64_t now_ns, klog_fn fn, void *ctx)
{
	if (g->open && now_ns >= g->last_ns + KLOG_QUIET_NS)
		tell(g, fn, ctx);
}

void klog_gather_set_patterns(struct klog_gather *g, const struct klog_patterns *patterns)
{
	g->patterns = patterns;
	g->lines_left = 0;
	g->last_ns = 0;
}
