/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/part.h"

// clang-format off
#define PARTS(X) X(stat) X(loadavg) X(meminfo) X(vmstat) X(disk) X(netdev) X(tcp) X(softnet) X(psi) X(fd) \
	X(mount) X(cgroup) X(histograms) X(self)
// clang-format on

#define DECLARE(name) extern const struct part_ops part_##name;
#define ROW(name) &part_##name,

PARTS(DECLARE)

const struct part_ops *const part_table[] = {PARTS(ROW)};
const size_t part_table_n = ARRAY_SIZE(part_table);
