/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a cgroup's id, which is its directory's inode, to its path below the hierarchy's root, as events name cgroups:
 * "/system.slice/x.service", "/" for the root. By file handle where the kernel lets us, else by a walk of the tree that
 * compares inodes; what was found is remembered, so that a cgroup that is gone by now is still named.
 *
 * Two hierarchies matter: v2 (alone, or `unified` beside v1) for tasks, and the memory controller's own on v1.
 */
#pragma once

#include "engine/base/entity.h"

enum cgroup_hierarchy { CGROUP_UNIFIED, CGROUP_MEMORY, CGROUP_HIERARCHIES_ };

struct cgroups; /* opaque */

/* Roots below SYS_ROOT/fs/cgroup; without any, every name is unknown. NULL when out of memory. */
struct cgroups *cgroups_new(const char *sys_root);

/* Writes the path to ret_path and returns true; false (and "") when there is no such cgroup, or its path is too long. */
bool cgroups_path(struct cgroups *c, enum cgroup_hierarchy hierarchy, uint64_t id, char ret_path[ENTITY_NAME_MAX]);

/* The memory controller has a hierarchy of its own: tasks of containers may all be at the root of v2. */
bool cgroups_has_v1(const struct cgroups *c);

struct cgroups *cgroups_free(struct cgroups *c);
