/* SPDX-License-Identifier: GPL-2.0-only */
/* The dice of all that is random in a test. One pair for the whole program: what follows from a seed can be had again. */
#pragma once

#include "engine/base/util.h"

void dice_seed(uint64_t seed);
uint64_t dice_draw(uint64_t below);
bool dice_chance(unsigned percent);
