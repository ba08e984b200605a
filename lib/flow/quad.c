/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/quad.h"

#include <assert.h>
#include <string.h>

enum { NOTHING = 0x80, SHAPES = 81 };

struct quad_table quad_table __attribute__((aligned(64)));

static void add_shape(const unsigned lens[static 4])
{
	uint32_t	   stops = 0;
	uint8_t		   at = 0;
	struct quad_shape *shape;
	struct quad_shape  made;

	memset(made.shuffle, NOTHING, sizeof(made.shuffle));
	memset(made.lead, 0, sizeof(made.lead));
	for (unsigned lane = 0; lane < 4; lane++) {
		if (lens[lane] > 1)
			made.lead[lane * 4 + 3 - lens[lane]] = 0xff;
		for (unsigned digit = 3 - lens[lane]; digit < 3; digit++)
			made.shuffle[lane * 4 + digit] = at++;
		stops |= UINT32_C(1) << at++;
	}
	shape = &quad_table.shapes[quad_slot(stops)];
	assert(quad_table.stops[quad_slot(stops)] == 0);
	*shape = made;
	quad_table.stops[quad_slot(stops)] = (uint16_t)stops;
}

__attribute__((constructor)) static void make_table(void)
{
	for (unsigned i = 0; i < SHAPES; i++) {
		unsigned lens[4] = { i / 27 + 1, i / 9 % 3 + 1, i / 3 % 3 + 1, i % 3 + 1 };

		add_shape(lens);
	}
}
