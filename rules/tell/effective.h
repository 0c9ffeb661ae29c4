/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules as they are in force, includes, overrides and defaults worked in: YAML that loads again as the same rules, with
 * the place each value was written at behind it.
 *
 *     - name: cpu-sys-spike           # conf/rules.d/cpu-sys-spike.yaml:8
 *       params:
 *         level: 60%                  # site.yaml:4
 *       hold: 0s                      # default
 */
#pragma once

#include "engine/base/buf.h"
#include "rules/rule.h"

void rules_effective(const struct ruleset *set, struct buf *out);
