/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Diagnostics of the running program, on stderr: "act that failed 'the thing': errno: remedy". Only engine/ logs, once,
 * where it decides; rules/ and snapshot/ return errors. Under systemd ($JOURNAL_STREAM) lines carry a <N> priority.
 */
#pragma once

#include "engine/base/util.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_set_max(enum log_level max);

/* Where whole lines go instead of stderr, newline included: for a daemon whose stderr may be a file on a disk that is stuck.
 * A sink that answers false could not take the line, which is then counted and told of with the next. NULL: stderr again. */
typedef bool (*log_sink)(void *ctx, const char *line, size_t len);
void log_set_sink(log_sink sink, void *ctx);
void log_line(enum log_level level, const char *fmt, ...) _printf_(2, 3);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Log and return in one line: `return log_error_errno(r, "cannot open '%s'", path);` appends the errno's text. */
int log_errno(enum log_level level, int error, const char *fmt, ...) _printf_(3, 4);
#define log_error_errno(error, ...) log_errno(LOG_LEVEL_ERROR, error, __VA_ARGS__)
#define log_warning_errno(error, ...) log_errno(LOG_LEVEL_WARNING, error, __VA_ARGS__)
