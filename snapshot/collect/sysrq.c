/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/sysrq.h"

#include "engine/base/io.h"
#include "snapshot/collect/collectors.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/sysinfo.h>

#define QUIET_MS 300 /* with the trigger back and nothing new for so long, the rest was lost */
#define FEW_CPUS 16 /* of 4 KiB each, half of the smallest log that distributions build (128 KiB) */
#define STRAGGLERS_MS 50 /* backtraces by NMI reach the log through irq_work, after the trigger came back */

/* The virtual terminals and what writes into memory or the network keep up; the rest is a line with a bit rate. */
static bool is_fast(const char *name)
{
	return (starts_with(name, "tty") && name[3] >= '0' && name[3] <= '9') || starts_with(name, "netcon") ||
	       starts_with(name, "pstore") || starts_with(name, "ramoops");
}

bool sysrq_slow_console(const char *consoles, char *ret_name, size_t size)
{
	for (const char *line = consoles; *line;) {
		char name[32], flags[32];
		if (sscanf(line, "%31s %*s (%31[^)])", name, flags) == 2 && strchr(flags, 'E') && !is_fast(name)) {
			snprintf(ret_name, size, "%s", name);
			return true;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

/* The handler raises the console's level for its headline only (drivers/tty/sysrq.c), so what counts is the level of the
 * dump's own lines: KERN_INFO for blocked tasks, the default level for registers, memory and the scheduler's tables. */
bool sysrq_is_printed(const char *printk, bool ignore_loglevel, char letter)
{
	int console = 7, otherwise = 4;
	sscanf(printk, "%d %d", &console, &otherwise);
	int level = letter == 'w' ? 6 : MIN(otherwise, 6);
	return ignore_loglevel || level < console;
}

static bool ignores_loglevel(struct collect *c)
{
	char line[8];
	return io_read_line(collect_sys_dirfd(c), "module/printk/parameters/ignore_loglevel", line, sizeof(line)) == 0 &&
	       line[0] == 'Y';
}

static bool would_flood_console(struct collect *c, char letter, char *ret_name, size_t size)
{
	_cleanup_buf_ struct buf consoles = {0};
	char printk[64] = "";
	io_read_line(collect_proc_dirfd(c), "sys/kernel/printk", printk, sizeof(printk));
	io_read_file(collect_proc_dirfd(c), "consoles", 4096, &consoles);
	return sysrq_slow_console(buf_str(&consoles), ret_name, size) &&
	       sysrq_is_printed(printk, ignores_loglevel(c), letter);
}

static void open_dump(struct sysrq_dump *d)
{
	char member[32];
	snprintf(member, sizeof(member), "sysrq/%c.txt", d->letter);
	d->is_open = true;
	d->to = collect_open(d->c, member);
	if (d->to)
		fprintf(d->to, "# sysrq-%c, read from /dev/kmsg while the kernel wrote it\n", d->letter);
}

static bool is_mark_of(const struct sysrq_dump *d, enum kmsg_mark mark, char letter, const struct kmsg_record *record)
{
	return mark != KMSG_NO_MARK && letter == d->letter && kmsg_mark_is_of(record, d->id);
}

static void take_record(struct sysrq_dump *d, const struct kmsg_record *record, uint64_t lost)
{
	char letter = 0;
	enum kmsg_mark mark = kmsg_mark_of(record, &letter);
	if (d->inside)
		d->lost += lost;
	if (is_mark_of(d, mark, letter, record)) {
		d->inside = mark == KMSG_BEGIN || d->inside;
		d->over = mark == KMSG_END;
		return;
	}
	if (!d->inside || record->facility != 0)
		return;
	if (!d->is_open)
		open_dump(d);
	d->lines++;
	if (d->to)
		fprintf(d->to, "[%5" PRIu64 ".%06" PRIu64 "] %.*s\n", record->t_us / 1000000, record->t_us % 1000000,
			(int)record->len, record->text);
}

bool sysrq_dump_drain(struct sysrq_dump *d, struct kmsg *log)
{
	struct kmsg_record record;
	uint64_t before = log->lost;
	int more;
	while ((more = kmsg_next(log, &record)) > 0) {
		take_record(d, &record, log->lost - before);
		before = log->lost;
	}
	if (d->to)
		fflush(d->to);
	return more == 0;
}

int sysrq_dump_close(struct sysrq_dump *d, int error)
{
	if (!d->is_open && error == 0 && d->lost)
		open_dump(d);
	if (!d->is_open)
		return error < 0 ? error : -ENODATA;
	if (d->to)
		fprintf(d->to, "# %u lines read, %" PRIu64 " lost\n", d->lines, d->lost);
	if (error < 0)
		collect_close(d->c, MEMBER_FAILED, strerror(-error), d->lost);
	else
		collect_close(d->c, d->lost ? MEMBER_LOSSY : MEMBER_COMPLETE,
			      d->lost ? "the kernel log went round while it was read; tasks/d.txt has no gaps" : NULL, d->lost);
	return 0;
}

/* Reads the log while the kernel writes it: a dump of many tasks is larger than the log. */
struct reading {
	struct kmsg log;
	struct sysrq_dump dump;
	sem_t ready; /* the reader runs */
	int back;    /* atomic: the trigger returned */
};

/* While the kernel writes, the reader does not sleep: the log's wake-up waits for the next timer tick (wake_up_klogd's
 * irq_work is lazy), which is as long as a whole dump takes. */
static void *reading_main(void *ctx)
{
	struct reading *r = ctx;
	struct pollfd p = {.fd = r->log.fd, .events = POLLIN};
	sem_post(&r->ready);
	while (sysrq_dump_drain(&r->dump, &r->log)) {
		if (!__atomic_load_n(&r->back, __ATOMIC_ACQUIRE))
			sched_yield();
		else if (poll(&p, 1, r->dump.over ? STRAGGLERS_MS : QUIET_MS) == 0)
			break;
	}
	return NULL;
}

static int pull(int trigger, int log, struct reading *r)
{
	int error = write(trigger, &r->dump.letter, 1) < 0 ? -errno : 0;
	kmsg_mark(log, KMSG_END, r->dump.letter, r->dump.id);
	__atomic_store_n(&r->back, 1, __ATOMIC_RELEASE);
	return error;
}

/* The reader has its place in the log and runs before the dump begins, else the dump may run over both. */
static int pull_reading(int trigger, int log, struct reading *r)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, reading_main, r) != 0)
		return -EAGAIN;
	while (sem_wait(&r->ready) < 0 && errno == EINTR)
		;
	int error = pull(trigger, log, r);
	pthread_join(thread, NULL);
	return error;
}

/* The backtraces of a few CPUs fit into any log, and a reader beside them would be what one of the CPUs is seen doing. */
static bool fits_log(char letter)
{
	return letter == 'l' && get_nprocs() <= FEW_CPUS;
}

static int dump(int trigger, int log, struct reading *r)
{
	sem_init(&r->ready, /* pshared= */ 0, 0);
	kmsg_mark(log, KMSG_BEGIN, r->dump.letter, r->dump.id);
	if (!sysrq_dump_drain(&r->dump, &r->log))
		return -EIO;
	if (!fits_log(r->dump.letter))
		return pull_reading(trigger, log, r);
	int error = pull(trigger, log, r);
	reading_main(r);
	return error;
}

/* -ENODATA when the kernel wrote nothing between our marks. */
static int take_dump(struct collect *c, int trigger, char letter)
{
	_cleanup_close_ int log = openat(collect_proc_dirfd(c), "../dev/kmsg", O_WRONLY | O_CLOEXEC);
	_cleanup_free_ struct reading *r = calloc(1, sizeof(*r));
	if (log < 0 || !r)
		return log < 0 ? -errno : -ENOMEM;
	r->dump = (struct sysrq_dump){.c = c, .id = collect_plan(c)->id, .letter = letter};
	int error = kmsg_open(&r->log, collect_proc_dirfd(c), /* at_end= */ true);
	if (error < 0)
		return error;
	error = sysrq_dump_close(&r->dump, dump(trigger, log, r));
	kmsg_close(&r->log);
	return error;
}

int sysrq_take(struct collect *c, char letter)
{
	char why[160], console[32];
	_cleanup_close_ int trigger = openat(collect_proc_dirfd(c), "sysrq-trigger", O_WRONLY | O_CLOEXEC);
	if (trigger < 0) {
		snprintf(why, sizeof(why), "sysrq-trigger: %s", strerror(errno));
		return sysrq_substitute(c, letter, MEMBER_COMPLETE, why);
	}
	if (would_flood_console(c, letter, console, sizeof(console))) {
		snprintf(why, sizeof(why), "console: %s is slow and would print all of it", console);
		return sysrq_substitute(c, letter, MEMBER_SKIPPED, why);
	}
	/* One dump at a time on the whole machine; the lock goes with the descriptor, also when we are killed. */
	if (flock(trigger, LOCK_EX) < 0)
		return -errno;
	int r = take_dump(c, trigger, letter);
	if (r == 0)
		return 0;
	snprintf(why, sizeof(why), "reading the dump from /dev/kmsg: %s", strerror(-r));
	return sysrq_substitute(c, letter, MEMBER_COMPLETE, why);
}

int collect_sysrq_l(struct collect *c)
{
	return sysrq_take(c, 'l');
}

int collect_sysrq_m(struct collect *c)
{
	return sysrq_take(c, 'm');
}

int collect_sysrq_t(struct collect *c)
{
	return sysrq_take(c, 't');
}

int collect_sysrq_w(struct collect *c)
{
	return sysrq_take(c, 'w');
}
