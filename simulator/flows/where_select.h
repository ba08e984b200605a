/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A condition asked of many rows at once: a comparison goes down its column and leaves a byte a row, and
 * and, or and not are minimum, maximum and subtraction of such bytes.
 */
#pragma once

#include "lib/flow/columns.h"
#include "simulator/flows/namer.h"
#include "simulator/flows/where.h"

/* A thread's working memory. */
struct where_room;

/* where is borrowed; so is namer, which may be NULL when the condition asks no names and tiers. */
struct where_room *where_room_new(const struct where *where, struct namer *namer) MUST_USE;
void		   where_room_free(struct where_room *room);

/* The rows for which the condition is true, in order; how many.  The fields of where_fields are read. */
uint32_t where_select(struct where_room *room, const struct columns *columns,
		      uint16_t rows[static COLUMNS_ROWS_MAX]);
