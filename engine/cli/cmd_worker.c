/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include "engine/vocabulary.h"
#include "snapshot/worker.h"

#include <fcntl.h>
#include <sys/socket.h>

#define SOCKET 3 /* as worker_spawn() passes it */

int cmd_worker(int argc, char **argv)
{
	int type;
	socklen_t size = sizeof(type);
	if (command_wants_help("worker", argc, argv))
		return EXIT_OK;
	if (argc > 1 || getsockopt(SOCKET, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
		return command_usage("worker", "is started by the daemon, with a socket as descriptor 3");
	fcntl(SOCKET, F_SETFD, FD_CLOEXEC);
	return worker_main(SOCKET, vocabulary());
}
