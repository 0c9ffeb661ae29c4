/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/text.h"
#include "engine/cli/command.h"
#include "engine/source/helper.h"

/* tracetrap helper FD_CGROUPS FD_MOUNTS PROC_ROOT SYS_ROOT */
int cmd_helper(int argc, char **argv)
{
	uint64_t number[HELPER_KINDS];
	int fd[HELPER_KINDS];
	if (argc != 3 + HELPER_KINDS)
		return command_usage("helper", "it is started by the daemon");
	for (unsigned k = 0; k < HELPER_KINDS; k++) {
		if (!text_u64(argv[1 + k], &number[k]) || number[k] > INT32_MAX)
			return command_usage("helper", "'%s' is no descriptor", argv[1 + k]);
		fd[k] = (int)number[k];
	}
	return helper_serve(fd, argv[1 + HELPER_KINDS], argv[2 + HELPER_KINDS]);
}
