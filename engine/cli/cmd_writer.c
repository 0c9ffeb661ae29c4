/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"
#include "engine/cli/command.h"
#include "snapshot/store/writer.h"

#include <sys/stat.h>

int cmd_writer(int argc _unused_, char **argv _unused_)
{
	struct stat st;
	if (fstat(STDIN_FILENO, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		log_error("writer: only the daemon starts this, with a socket as its standard input");
		return EXIT_USAGE;
	}
	return writer_main(STDIN_FILENO);
}
