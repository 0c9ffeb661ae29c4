/* SPDX-License-Identifier: GPL-2.0-only */
/* A detector as a row of `tracetrap status --json` and `tracetrap detectors --json`. */
#pragma once

#include "engine/detect/detect.h"

#include <json-c/json.h>

/* The caller's; NULL when out of memory. What only a daemon knows is not in it. */
struct json_object *detector_json(const struct detector_def *def, const struct detector_status *s, bool always);
