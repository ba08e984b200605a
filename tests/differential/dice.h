/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers at random from a seed, the same on every machine. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

uint64_t dice_roll(struct dice *dice, uint64_t sides); /* 0 … sides - 1 */
bool	 dice_one_in(struct dice *dice, uint64_t sides);
