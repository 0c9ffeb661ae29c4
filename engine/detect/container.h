/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a cgroup's path says of the container in it: docker, containerd, cri-o and podman, alone or below Kubernetes, named
 * by systemd ("kubepods-burstable-pod1_2.slice/cri-containerd-ID.scope") or by plain directories ("kubepods/burstable/pod1-2/ID").
 * Of containers in containers the innermost is told. Pure; asks no runtime.
 */
#pragma once

#include "engine/base/util.h"

#define CONTAINER_ID_MAX 65 /* 64 hexadecimal digits */
#define POD_UID_MAX	 37 /* a UUID; of a static pod 32 digits */

struct container {
	char id[CONTAINER_ID_MAX];  /* "": no container */
	char pod_uid[POD_UID_MAX];  /* with dashes; "": no pod */
	const char *runtime;	    /* "containerd"; "" where the path does not tell */
	const char *qos;	    /* "guaranteed", "burstable", "besteffort"; "" without a pod */
};

/* True when there is a container or a pod; all is "" else. */
bool container_parse(const char *cgroup_path, struct container *ret);
