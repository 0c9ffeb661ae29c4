/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/support/dice.h"

static uint64_t state = 1;

void dice_seed(uint64_t seed)
{
	state = UINT64_C(0x9e3779b97f4a7c15) * (seed + 1);
}

uint64_t dice_draw(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

bool dice_chance(unsigned percent)
{
	return dice_draw(100) < percent;
}
