/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/bpflog.h"

#include <bpf/libbpf.h>
#include <stdarg.h>

/* libbpf's callback has no context of ours. */
static char first_line[160], verifier_line[160];

static void keep_line(char *to, size_t size, const char *line, size_t len)
{
	snprintf(to, size, "%.*s", (int)len, line);
}

static bool is_verdict(const char *line)
{
	return line[0] && line[0] != '\n' && !starts_with(line, "processed ") && !starts_with(line, "-- ") &&
	       !starts_with(line, "verification time ") && !starts_with(line, "stack depth ");
}

static void keep_verdict(const char *log)
{
	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (is_verdict(line))
			keep_line(verifier_line, sizeof(verifier_line), line, strcspn(line, "\n"));
	}
}

static int keep_warning(enum libbpf_print_level level, const char *fmt, va_list args)
{
	_cleanup_free_ char *text = NULL;
	if (level != LIBBPF_WARN || vasprintf(&text, fmt, args) < 0)
		return 0;
	const char *log = strstr(text, "-- BEGIN PROG LOAD LOG --");
	const char *words = starts_with(text, "libbpf: ") ? text + strlen("libbpf: ") : text;
	if (log)
		keep_verdict(log);
	else if (!first_line[0] && !starts_with(words, "Failed to bump RLIMIT_MEMLOCK"))
		keep_line(first_line, sizeof(first_line), words, strcspn(words, "\n"));
	return 0;
}

void bpflog_begin(void)
{
	first_line[0] = verifier_line[0] = '\0';
	libbpf_set_print(keep_warning);
}

const char *bpflog_reason(int error, char *text, size_t size)
{
	if (error == -EPERM)
		snprintf(text, size, "not permitted: BPF takes root, or CAP_BPF and CAP_PERFMON, and no lockdown");
	else if (!first_line[0])
		snprintf(text, size, "%s", strerror(error < 0 ? -error : error));
	else if (!verifier_line[0])
		snprintf(text, size, "%s", first_line);
	else
		snprintf(text, size, "%s (%s)", first_line, verifier_line);
	return text;
}
