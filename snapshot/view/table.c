/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/view/view.h"

const struct collector view_table[] = {
	{"culprits", "who stands out in the evidence", COLLECT_END, 0, 10000, true, view_culprits},
	{"summary", "a page about the incident", COLLECT_END, 1, 10000, true, view_summary},
};
const size_t view_table_n = ARRAY_SIZE(view_table);
