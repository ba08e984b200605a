/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as a parser of flow logs would hand them out, made of records. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/flow/columns.h"
#include "lib/flow/line.h"

static inline void made_columns_init(struct columns *columns, uint64_t wanted)
{
	*columns = (struct columns){ .wanted = wanted };
	columns->has = mem_alloc(COLUMNS_ROWS_MAX * sizeof(*columns->has));
	for (int field = 0; field < FIELD_COUNT; field++)
		if (wanted >> field & 1)
			columns->at[field].u64 = mem_alloc(
				COLUMNS_ROWS_MAX *
				field_value_size(field_info((enum field)field)->type));
}

static inline void made_columns_done(struct columns *columns)
{
	free(columns->has);
	for (int field = 0; field < FIELD_COUNT; field++)
		free(columns->at[field].u64);
}

/* The text stays borrowed from where the record has it. */
static inline void made_columns_add(struct columns *columns, const struct record *record)
{
	uint32_t row = columns->count++;

	columns->has[row] = record->has & columns->wanted;
	for (int i = 0; i < FIELD_COUNT; i++) {
		enum field field = (enum field)i;
		size_t	   size = field_value_size(field_info(field)->type);

		if (columns->has[row] >> field & 1)
			memcpy((char *)columns->at[field].u64 + row * size,
			       (const char *)record + field_info(field)->offset, size);
	}
}

static inline int made_columns_add_line(struct columns *columns, const char *line,
					const struct format *format)
{
	struct record record;
	struct err    err;

	if (line_parse(str_of(line), format, LINE_ALL_FIELDS, &record, &err) != LINE_FINE)
		return -1;
	made_columns_add(columns, &record);
	return 0;
}
