/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vocabulary for tests of rules/ and the codecs: a realistic part of the real tables, with a life of its own, so that a
 * new signal or detector moves no test. Detector fields are those of bpf/event.h.
 */
#pragma once

#include "engine/base/vocabulary.h"

const struct vocabulary *test_vocabulary(void);
