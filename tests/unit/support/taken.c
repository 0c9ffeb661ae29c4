/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/taken.h"

#include "engine/base/io.h"
#include "snapshot/children.h"
#include "snapshot/wire.h"
#include "tests/unit/support/test.h"

void taken_init(struct taken *t)
{
	static const struct vocabulary empty;
	*t = (struct taken){.vocabulary = &empty,
			    .plan = {.labels = "{}",
				     .rule = "test",
				     .entity = "host",
				     .proc_root = "/nonexistent",
				     .sys_root = "/nonexistent"}};
	t->plan.fired_ns = t->plan.onset_ns = 100 * NS_PER_S;
	t->plan.before_ns = 60 * NS_PER_S;
	t->plan.after_ns = 10 * NS_PER_S;
	t->plan.clocks.monotonic = t->plan.fired_ns;
	t->plan.clocks.realtime = UINT64_C(1795000000) * NS_PER_S;
	memset(t->fds, -1, sizeof(t->fds));
}

static void add(struct taken *t, const struct ledger_entry *line, char *text)
{
	assert_true(t->n < TAKEN_MAX);
	t->lines[t->n] = *line;
	t->text[t->n++] = text;
}

static void on_member(void *ctx, const struct ledger_entry *entry, int fd)
{
	struct ledger_entry line = *entry;
	struct buf text = {0};
	if (fd >= 0) {
		assert_true(lseek(fd, 0, SEEK_SET) == 0);
		assert_int_equal(io_read_all(fd, 64 << 20, &text), 0);
		line.bytes = text.len;
	}
	add(ctx, &line, fd >= 0 ? buf_take(&text) : NULL);
}

static int find(const struct taken *t, const char *member)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->lines[i].member, member))
			return (int)i;
	return -1;
}

static int on_read(void *ctx, const char *member)
{
	struct taken *t = ctx;
	int i = find(t, member);
	if (i < 0 || !t->text[i])
		return -ENOENT;
	int fd = io_memfd("taken", 0);
	assert_int_equal(io_write(fd, t->text[i], t->lines[i].bytes), 0);
	return fd;
}

static void on_ended(void *ctx _unused_, const struct collector *collector _unused_)
{
}

void taken_run(struct taken *t, const struct collector *collector)
{
	struct children_options options = {.vocabulary = t->vocabulary,
					   .max_bytes = 64 << 20,
					   .member = on_member,
					   .read = on_read,
					   .ended = on_ended,
					   .ctx = t};
	struct children *all;
	_cleanup_free_ char *text = plan_json(&t->plan);
	_cleanup_close_ int plan_fd = wire_text("plan", text);
	assert_int_equal(children_new(&options, &all), 0);
	uint64_t deadline = clock_now(CLOCK_MONOTONIC) + 60 * NS_PER_S;
	assert_int_equal(children_start(all, collector, deadline, plan_fd, t->fds), 0);
	while (children_running(all))
		children_wait(all, -1, UINT64_MAX / 2);
	children_free(all);
}

void taken_run_named(struct taken *t, const char *name)
{
	const struct collector *collector = collector_find(name);
	if (!collector)
		fail_msg("no collector %s", name);
	taken_run(t, collector);
}

void taken_put_bytes(struct taken *t, const char *member, const void *data, size_t len)
{
	struct ledger_entry line = {.bytes = len};
	char *copy = malloc(len + 1);
	snprintf(line.member, sizeof(line.member), "%s", member);
	copy_bytes(copy, data, len);
	copy[len] = '\0';
	add(t, &line, copy);
}

void taken_put(struct taken *t, const char *member, const char *text)
{
	taken_put_bytes(t, member, text, strlen(text));
}

const struct ledger_entry *taken_line(const struct taken *t, const char *member)
{
	int i = find(t, member);
	return i < 0 ? NULL : &t->lines[i];
}

const char *taken_text(const struct taken *t, const char *member)
{
	int i = find(t, member);
	if (i < 0 || !t->text[i])
		fail_msg("no member %s", member);
	return t->text[i];
}

void taken_fd(struct taken *t, enum capture_fd which, const void *data, size_t len)
{
	t->fds[which] = io_memfd("capture", 0);
	assert_int_equal(io_write(t->fds[which], data, len), 0);
	assert_true(lseek(t->fds[which], 0, SEEK_SET) == 0);
}

void taken_done(struct taken *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->text[i]);
	for (size_t i = 0; i < CAPTURE_FD_MAX_; i++)
		close_fd(&t->fds[i]);
}
