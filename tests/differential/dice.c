/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/dice.h"

/* splitmix64 */
uint64_t dice_roll(struct dice *dice, uint64_t sides)
{
	uint64_t value = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return (value ^ value >> 31) % sides;
}

bool dice_one_in(struct dice *dice, uint64_t sides)
{
	return dice_roll(dice, sides) == 0;
}
