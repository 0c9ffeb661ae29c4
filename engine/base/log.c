/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"

#include "engine/base/buf.h"

static enum log_level max_level = LOG_LEVEL_INFO;

static const char *prefix(enum log_level level)
{
	return level == LOG_LEVEL_ERROR ? "error: " : level == LOG_LEVEL_WARNING ? "warning: " : "";
}

static void emit(enum log_level level, const struct buf *text, const char *tail)
{
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s%s\n", level, buf_str(text), tail);
	else
		fprintf(stderr, "tracetrap: %s%s%s\n", prefix(level), buf_str(text), tail);
}

void log_set_max(enum log_level max)
{
	max_level = max;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	if (level > max_level)
		return;
	_cleanup_buf_ struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	emit(level, &text, "");
}

int log_errno(enum log_level level, int error, const char *fmt, ...)
{
	if (level > max_level)
		return error;
	_cleanup_buf_ struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_printf(&text, ": %s", strerror(abs(error)));
	emit(level, &text, "");
	return error;
}
