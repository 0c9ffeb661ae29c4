/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context of an event: from its cgroup's path to container, pod and namespace, as the strings of enum event_context.
 * The path tells most (container.h), files of the host the names of pods (pod_files.h). What was found is remembered by path,
 * so that it is still there when the container is gone.
 */
#pragma once

#include "bpf/event.h"
#include "engine/base/util.h"

#define CONTEXT_MAX 1024

struct contexts; /* opaque */

/* `root` is where the host's own files are ("/"), which are waited for `wait_ns` at most: an event comes without its pod's name
 * rather than late. NULL when out of memory. */
struct contexts *contexts_new(const char *root, const char *proc_root, uint64_t wait_ns);

/* The strings for a cgroup's path, at most `size` bytes of them; their length, 0 when they do not fit. */
uint32_t contexts_of_path(struct contexts *c, const char *cgroup_path, char *ret, size_t size);

/* The path of a task's cgroup in the v1 hierarchy that tells most, out of PROC/PID/cgroup; false when it is gone. */
bool contexts_v1_path(const struct contexts *c, uint32_t pid, char *ret, size_t size);

struct contexts *contexts_free(struct contexts *c);
