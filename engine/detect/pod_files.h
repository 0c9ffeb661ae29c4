/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of pods, out of files of the host: /var/log/pods/NAMESPACE_NAME_UID, and the annotations in the runtime's
 * config.json. No runtime is asked. Reads disks, and so takes as long as they do.
 */
#pragma once

#include "engine/detect/container.h"

#define POD_NAME_SIZE 256

struct pod_names {
	char pod[POD_NAME_SIZE], namespace[POD_NAME_SIZE]; /* "": not told */
};

/* `root` is where the host's own files are, "" for "/". Fills in a runtime that the path did not tell. True when all is known
 * that this host can ever tell. */
bool pod_files_find(const char *root, struct container *who, struct pod_names *ret);
