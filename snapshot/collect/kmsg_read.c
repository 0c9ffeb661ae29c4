/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/kmsg.h"

#include <fcntl.h>
#include <inttypes.h>

static const char mark_prefix[] = "tracetrap: sysrq-";

/* Digits up to one of `ends`, which is stepped over; false else. */
static bool take_number(const char **at, const char *end, const char *ends, uint64_t *ret)
{
	uint64_t v = 0;
	const char *p = *at;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	if (p == *at || p == end || !strchr(ends, *p))
		return false;
	*at = p + 1;
	*ret = v;
	return true;
}

bool kmsg_parse(const char *record, size_t len, struct kmsg_record *ret)
{
	const char *at = record, *end = record + len;
	struct kmsg_record r;
	uint64_t prio;
	if (!take_number(&at, end, ",", &prio) || !take_number(&at, end, ",", &r.seq) ||
	    !take_number(&at, end, ",;", &r.t_us) || prio > UINT32_MAX)
		return false;
	const char *text = at[-1] == ';' ? at : memchr(at, ';', (size_t)(end - at));
	if (!text)
		return false;
	text += at[-1] != ';';
	const char *newline = memchr(text, '\n', (size_t)(end - text));
	r.level = prio & 7;
	r.facility = (unsigned)(prio >> 3);
	r.text = text;
	r.len = (size_t)((newline ? newline : end) - text);
	*ret = r;
	return true;
}

int kmsg_open(struct kmsg *k, int proc_dirfd, bool at_end)
{
	*k = (struct kmsg){.fd = openat(proc_dirfd, "../dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
	if (k->fd < 0)
		return -errno;
	if (at_end && lseek(k->fd, 0, SEEK_END) < 0) {
		int r = -errno;
		kmsg_close(k);
		return r;
	}
	return 0;
}

int kmsg_next(struct kmsg *k, struct kmsg_record *ret)
{
	for (;;) {
		ssize_t n = read(k->fd, k->record, sizeof(k->record));
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n <= 0)
			return 0;
		if (!kmsg_parse(k->record, (size_t)n, ret))
			continue;
		if (k->next_seq && ret->seq > k->next_seq)
			k->lost += ret->seq - k->next_seq;
		k->next_seq = ret->seq + 1;
		return 1;
	}
}

void kmsg_close(struct kmsg *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

static const char *facility_name(unsigned facility)
{
	static const char *const names[] = {"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news",
					    "uucp", "cron", "authpriv", "ftp"};
	return facility < ARRAY_SIZE(names) ? names[facility] : "other";
}

void kmsg_print(FILE *to, const struct kmsg_record *r)
{
	static const char *const levels[] = {"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"};
	fprintf(to, "%" PRIu64 " [%5" PRIu64 ".%06" PRIu64 "] %s.%s %.*s\n", r->seq, r->t_us / 1000000,
		r->t_us % 1000000, facility_name(r->facility), levels[r->level], (int)r->len, r->text);
}

enum kmsg_mark kmsg_mark_of(const struct kmsg_record *r, char *ret_letter)
{
	const size_t n = sizeof(mark_prefix) - 1;
	if (r->facility == 0 || r->len < n + 4 || memcmp(r->text, mark_prefix, n) != 0)
		return KMSG_NO_MARK;
	*ret_letter = r->text[n];
	if (r->len >= n + 7 && memcmp(r->text + n + 1, " begin", 6) == 0)
		return KMSG_BEGIN;
	return r->len >= n + 5 && memcmp(r->text + n + 1, " end", 4) == 0 ? KMSG_END : KMSG_NO_MARK;
}

bool kmsg_mark_is_of(const struct kmsg_record *r, const char *id)
{
	size_t n = strlen(id);
	return r->len > n && r->text[r->len - n - 1] == ' ' && memcmp(r->text + r->len - n, id, n) == 0;
}

int kmsg_mark(int fd, enum kmsg_mark mark, char letter, const char *id)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "<14>%s%c %s %.128s\n", mark_prefix, letter,
			 mark == KMSG_BEGIN ? "begin" : "end", id);
	return write(fd, text, (size_t)n) < 0 ? -errno : 0;
}
