/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"

#include "engine/base/buf.h"

static enum log_level max_level = LOG_LEVEL_INFO;
static log_sink to;
static void *to_ctx;
static unsigned lost;

static const char *prefix(enum log_level level)
{
	return level == LOG_LEVEL_ERROR ? "error: " : level == LOG_LEVEL_WARNING ? "warning: " : "";
}

static void emit(enum log_level level, const struct buf *text, const char *tail)
{
	_cleanup_buf_ struct buf line = {0};
	if (getenv("JOURNAL_STREAM"))
		buf_printf(&line, "<%d>", level);
	else
		buf_printf(&line, "tracetrap: %s", prefix(level));
	buf_printf(&line, "%s%s", buf_str(text), tail);
	if (lost)
		buf_printf(&line, " (%u lines before this one are lost)", lost);
	buf_add_char(&line, '\n');
	bool taken = to ? to(to_ctx, buf_str(&line), line.len) : fputs(buf_str(&line), stderr) >= 0;
	lost = taken ? 0 : lost + 1;
}

void log_set_sink(log_sink sink, void *ctx)
{
	to = sink;
	to_ctx = ctx;
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
