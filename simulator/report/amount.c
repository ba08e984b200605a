/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/amount.h"

#include "lib/base/clock.h"

enum { AMOUNT_MAX = 64 };

void amount_add_time(struct buf *out, uint64_t time_s)
{
	char text[CLOCK_TIME_SIZE] = "-";

	if (time_s && time_s <= INT64_MAX)
		clock_print_time((int64_t)time_s, text);
	buf_add_text(out, text);
}

void amount_cell(struct table *table, uint64_t value)
{
	auto_buf struct buf text = buf_make(AMOUNT_MAX);

	buf_add_grouped(&text, value);
	table_cell(table, buf_str(&text));
}

void amount_cell_size(struct table *table, uint64_t bytes)
{
	auto_buf struct buf text = buf_make(AMOUNT_MAX);

	buf_add_size(&text, bytes);
	table_cell(table, buf_str(&text));
}

void amount_cell_time(struct table *table, uint64_t time_s)
{
	auto_buf struct buf text = buf_make(AMOUNT_MAX);

	amount_add_time(&text, time_s);
	table_cell(table, buf_str(&text));
}

void amount_cell_distinct(struct table *table, const struct distinct *set)
{
	auto_buf struct buf text = buf_make(AMOUNT_MAX);

	buf_add_text(&text, set->estimated ? "~" : "");
	buf_add_grouped(&text, distinct_count(set));
	table_cell(table, buf_str(&text));
}

void amount_add_of(struct buf *out, uint64_t value, const char *noun)
{
	buf_add_grouped(out, value);
	buf_printf(out, " %s%s", noun, value == 1 ? "" : "s");
}
