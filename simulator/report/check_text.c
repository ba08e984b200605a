/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "simulator/flows/cause.h"
#include "simulator/report/amount.h"
#include "simulator/report/check.h"
#include "simulator/report/empty_tiers.h"

enum { TEXT_MAX = 4096, PATH_WIDTH = 46, LINE_WIDTH = 112 };

static struct table *totals_table(const struct check_answer *answer)
{
	static const struct table_column columns[] = { { "VERDICT", false },
						       { "RECORDS", true },
						       { "PACKETS", true },
						       { "BYTES", true },
						       { NULL, false } };
	struct table			*table = table_new(columns);

	for (int i = 0; i < RECORD_VERDICT_COUNT; i++) {
		const struct sums *total = &answer->tally->totals[i];

		table_cell(table, str_of(record_verdict_text((enum record_verdict)i)));
		amount_cell(table, total->records);
		amount_cell(table, total->packets);
		amount_cell_size(table, total->bytes);
	}
	return table;
}

static void note_causes(const struct check_answer *answer, const struct tally_group *group,
			struct table *table)
{
	uint32_t causes = check_causes(answer, group);
	bool	 is_first = true;

	if (group->verdict != RECORD_CONTRADICTION)
		return;
	for (int i = 0; i < CAUSE_COUNT; i++) {
		auto_buf struct buf text = buf_make(TEXT_MAX);

		if (!(causes >> i & 1))
			continue;
		buf_add_text(&text, is_first ? "likely: " : "or: ");
		cause_print((enum cause)i, &group->sums, &answer->snapshot, &text);
		table_note(table, buf_str(&text));
		is_first = false;
	}
	if (is_first)
		table_note(table, str_of("nothing here tells why"));
}

static void note_example(const struct tally_group *group, struct table *table)
{
	auto_buf struct buf text = buf_make(2 * TEXT_MAX);

	buf_add_text(&text, group->example_path);
	buf_printf(&text, ":%" PRIu64 ": ", group->example_line);
	buf_add(&text, group->example, group->example_len);
	table_note(table, buf_str(&text));
}

/* What can stand on one line does. */
static void note_reasons(const struct check_answer *answer, const struct tally_group *group,
			 struct table *table)
{
	check_add_part *const parts[] = { check_add_decision, check_add_other, check_add_policy };
	auto_buf struct buf   line = buf_make(2 * TEXT_MAX);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		auto_buf struct buf part = buf_make(TEXT_MAX);

		parts[i](answer, group, &part);
		if (line.len && part.len && line.len + part.len > LINE_WIDTH) {
			table_note(table, buf_str(&line));
			buf_clear(&line);
		}
		if (line.len && part.len)
			buf_add_text(&line, "; ");
		buf_add_str(&line, buf_str(&part));
	}
	if (line.len)
		table_note(table, buf_str(&line));
}

/* What needs an eye has its causes and an example below it. */
static void note_group(const struct check_answer *answer, const struct tally_group *group,
		       struct table *table)
{
	note_reasons(answer, group, table);
	note_causes(answer, group, table);
	if (group->verdict != RECORD_EXPECTED && group->verdict != RECORD_REJECTED)
		note_example(group, table);
}

static void print_groups(const struct check_answer *answer, FILE *out)
{
	static const struct table_column columns[] = {
		{ "VERDICT", false }, { "PATH", false }, { "RECORDS", true },	 { "BYTES", true },
		{ "SOURCES", true },  { "DESTS", true }, { "LAST SEEN", false }, { NULL, false },
	};
	auto_table struct table *table = table_new(columns);

	for (size_t i = 0; i < answer->tally->count && i < answer->limit; i++) {
		const struct tally_group *group = &answer->tally->groups[i];
		auto_buf struct buf	  path = buf_make(TEXT_MAX);
		bool			  is_whole;

		check_add_path(group, &path);
		table_cell(table, str_of(record_verdict_text(group->verdict)));
		is_whole = table_cell_cut(table, buf_str(&path), PATH_WIDTH);
		amount_cell(table, group->sums.records);
		amount_cell_size(table, group->sums.bytes);
		amount_cell_distinct(table, &group->sources);
		amount_cell_distinct(table, &group->destinations);
		amount_cell_time(table, group->sums.end);
		if (!is_whole)
			table_note(table, buf_str(&path));
		note_group(answer, group, table);
	}
	if (answer->tally->count) {
		fputc('\n', out);
		table_print(table, answer->header, out);
	}
	if (answer->tally->count > answer->limit)
		fprintf(out, "%zu more groups (--limit)\n",
			answer->tally->count - (size_t)answer->limit);
}

static const char *waiver_state(const struct waiver *waiver)
{
	if (waiver->after.records)
		return "expired";
	return waiver->excused.records ? "used" : "unused";
}

static struct table *waivers_table(const struct check_answer *answer, bool notes)
{
	static const struct table_column columns[] = {
		{ "WAIVER", false }, { "UNTIL", false }, { "OWNER", false },
		{ "EXCUSED", true }, { "AFTER", true },	 { "LAST SEEN", false },
		{ "STATE", false },  { NULL, false },
	};
	struct table *table = table_new(columns);

	for (size_t i = 0; i < answer->waivers->count; i++) {
		const struct waiver *waiver = &answer->waivers->items[i];
		uint64_t	     end = waiver->excused.end;
		char		     date[CLOCK_DATE_SIZE];

		clock_print_date(waiver->statement->until, date);
		table_cellf(table, "line %u", waiver->statement->line);
		table_cell(table, str_of(date));
		table_cell(table, waiver->statement->owner);
		amount_cell(table, waiver->excused.records);
		amount_cell(table, waiver->after.records);
		amount_cell_time(table, waiver->after.end > end ? waiver->after.end : end);
		table_cell(table, str_of(waiver_state(waiver)));
		if (notes)
			table_note(table, waiver->statement->text);
	}
	return table;
}

static void print_head(const struct check_answer *answer, FILE *out)
{
	log_head_print(&answer->head, out);
	empty_tiers_print(answer->judge, "", out);
}

void check_print_text(const void *answer_ptr, FILE *out)
{
	const struct check_answer *answer = answer_ptr;
	auto_table struct table	  *totals = totals_table(answer);
	auto_table struct table	  *waivers = waivers_table(answer, true);

	print_head(answer, out);
	table_print(totals, answer->header, out);
	print_groups(answer, out);
	if (answer->waivers->count) {
		fputc('\n', out);
		table_print(waivers, answer->header, out);
	}
	if (answer->tally->left_out)
		fprintf(out,
			"%" PRIu64
			" records are in the totals but in no group: more than %d groups\n",
			answer->tally->left_out, TALLY_GROUPS_MAX);
}

void check_print_markdown(const void *answer_ptr, FILE *out)
{
	static const struct table_column columns[] = {
		{ "verdict", false }, { "path", false },   { "records", true },
		{ "bytes", true },    { "sources", true }, { "last seen", false },
		{ "why", false },     { NULL, false },
	};
	const struct check_answer *answer = answer_ptr;
	auto_table struct table	  *totals = totals_table(answer);
	auto_table struct table	  *waivers = waivers_table(answer, false);
	auto_table struct table	  *groups = table_new(columns);

	for (size_t i = 0; i < answer->tally->count && i < answer->limit; i++) {
		const struct tally_group *group = &answer->tally->groups[i];
		auto_buf struct buf	  path = buf_make(TEXT_MAX);
		auto_buf struct buf	  why = buf_make(TEXT_MAX);

		check_add_path(group, &path);
		check_add_reasons(answer, group, &why);
		table_cell(groups, str_of(record_verdict_text(group->verdict)));
		table_cell(groups, buf_str(&path));
		amount_cell(groups, group->sums.records);
		amount_cell_size(groups, group->sums.bytes);
		amount_cell_distinct(groups, &group->sources);
		amount_cell_time(groups, group->sums.end);
		table_cell(groups, buf_str(&why));
	}
	print_head(answer, out);
	fputc('\n', out);
	table_print_markdown(totals, out);
	fputc('\n', out);
	table_print_markdown(groups, out);
	if (answer->waivers->count) {
		fputc('\n', out);
		table_print_markdown(waivers, out);
	}
}
