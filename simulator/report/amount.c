/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/amount.h"

#include <inttypes.h>

#include "lib/base/clock.h"

enum { AMOUNT_MAX = 64 };

void amount_add(struct buf *out, uint64_t value)
{
	char   digits[STR_U64_SIZE];
	size_t len = str_print_u64(value, digits);

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
}

void amount_add_size(struct buf *out, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double			 value = (double)bytes;
	size_t			 unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_LEN(units)) {
		value /= 1024;
		unit++;
	}
	if (unit == 0)
		buf_printf(out, "%" PRIu64 " B", bytes);
	else
		buf_printf(out, "%.1f %s", value, units[unit]);
}

void amount_add_time(struct buf *out, uint64_t time_s)
{
	char text[CLOCK_TIME_SIZE] = "-";

	if (time_s && time_s <= INT64_MAX)
		clock_print_time((int64_t)time_s, text);
	buf_add_text(out, text);
}

static void cell(struct table *table, void (*add)(struct buf *, uint64_t), uint64_t value)
{
	auto_buf struct buf text = buf_make(AMOUNT_MAX);

	add(&text, value);
	table_cell(table, buf_str(&text));
}

void amount_cell(struct table *table, uint64_t value)
{
	cell(table, amount_add, value);
}

void amount_cell_size(struct table *table, uint64_t bytes)
{
	cell(table, amount_add_size, bytes);
}

void amount_cell_time(struct table *table, uint64_t time_s)
{
	cell(table, amount_add_time, time_s);
}

void amount_cell_distinct(struct table *table, const struct distinct *set)
{
	auto_buf struct buf text = buf_make(AMOUNT_MAX);

	buf_add_text(&text, set->estimated ? "~" : "");
	amount_add(&text, distinct_count(set));
	table_cell(table, buf_str(&text));
}

void amount_add_of(struct buf *out, uint64_t value, const char *noun)
{
	amount_add(out, value);
	buf_printf(out, " %s%s", noun, value == 1 ? "" : "s");
}
