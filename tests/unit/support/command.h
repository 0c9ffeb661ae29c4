/* SPDX-License-Identifier: GPL-2.0-only */
/* A subcommand run within the test, with what it prints taken. */
#pragma once

#include "engine/base/io.h"
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <getopt.h>

/* Runs it with stdout in a memory file and stderr nowhere; its exit code. */
static inline int command_run(int (*command)(int argc, char **argv), struct buf *ret_out, const char *const *argv)
{
	int argc = 0, out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	_cleanup_close_ int fd = io_memfd("stdout", 0), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	while (argv[argc])
		argc++;
	fflush(NULL);
	dup2(fd, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	optind = 0;
	int code = command(argc, (char **)argv); /* getopt_long() may reorder the words, and writes into none */
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(io_read_all(fd, 1 << 20, ret_out), 0);
	return code;
}
