/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of an exposure while they are found: equal ones become one, with the interfaces of both. */
#pragma once

#include "lib/base/map.h"
#include "simulator/reach/exposure.h"

struct exposure_rows {
	struct exposure *out;
	struct map	 sources, rows;
};

void exposure_rows_done(struct exposure_rows *rows);

/* The number of a set of internet kinds; sorts them. */
uint32_t exposure_rows_sources(struct exposure_rows *rows, uint32_t *kinds, size_t count);

/* The row has no parts yet; its doubt is copied. */
void exposure_rows_add(struct exposure_rows *rows, const struct exposure_row *row,
		       struct exposure_part part);

/* Names, counts and sorts what was found. */
void exposure_rows_finish(struct exposure_rows *rows);
