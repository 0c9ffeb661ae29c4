/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/detector.h"

#define DETECTOR_ROW(name_, ...) extern const struct detector_ops name_##_ops;
#include "engine/detect/rows.h"
#undef DETECTOR_ROW

#define DETECTOR_ROW(name_, ...) &name_##_ops,
const struct detector_ops *const detector_ops_table[] = {
#include "engine/detect/rows.h"
};
