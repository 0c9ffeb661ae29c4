/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/signals.h"
#include "engine/source/source.h"

/* One row a signal, sorted by name in bytes. A reading's index is its row: signals.h gives the same rows names. */
#define HOST ENTITY_BIT(ENTITY_KIND_HOST)
#define CPU ENTITY_BIT(ENTITY_KIND_CPU)
#define DISK ENTITY_BIT(ENTITY_KIND_DISK)
#define NETDEV ENTITY_BIT(ENTITY_KIND_NETDEV)
#define MOUNT ENTITY_BIT(ENTITY_KIND_MOUNT)
#define CGROUP ENTITY_BIT(ENTITY_KIND_CGROUP)

#define ROW(id, name, unit, kinds, tier, summary) [SIGNAL_##id] = {name, UNIT_##unit, kinds, TIER_##tier, summary},
const struct signal_def signal_table[] = {SIGNALS(ROW)};
const size_t signal_table_n = ARRAY_SIZE(signal_table);
