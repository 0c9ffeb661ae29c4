/* SPDX-License-Identifier: GPL-2.0-only */
/* All the words this program knows: the tables of signals, detectors and collectors as one vocabulary. */
#pragma once

#include "engine/base/vocabulary.h"

/* Made at the first call, never freed. */
const struct vocabulary *vocabulary(void);
