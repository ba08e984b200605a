/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/proto.h"
#include "simulator/flows/cause.h"
#include "simulator/report/amount.h"
#include "simulator/report/check.h"

enum { TEXT_MAX = 4096 };

static void port_cells(struct table *table, const struct tally_group *group)
{
	char name[PROTO_TEXT_SIZE];

	proto_print(group->protocol, name);
	table_cell(table, str_of(name));
	if (proto_has_ports(group->protocol) && !group->has_ports)
		table_cellf(table, "%u", group->dst_port);
	else
		table_cell(table, str_of(""));
}

static void sums_cells(struct table *table, const struct tally_group *group)
{
	table_cell_u64(table, group->sums.records);
	table_cell_u64(table, group->sums.packets);
	table_cell_u64(table, group->sums.bytes);
	amount_cell_time(table, group->sums.start);
	amount_cell_time(table, group->sums.end);
	table_cell_u64(table, distinct_count(&group->sources));
	table_cell_u64(table, distinct_count(&group->destinations));
	table_cell(table,
		   str_of(group->sources.estimated || group->destinations.estimated ? "estimated"
										    : "exact"));
}

static void causes_cell(struct table *table, uint32_t causes)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	for (int i = 0; i < CAUSE_COUNT; i++)
		if (causes >> i & 1)
			buf_printf(&text, "%s%s", text.len ? " " : "", cause_code((enum cause)i));
	table_cell(table, buf_str(&text));
}

static void row(struct table *table, const struct check_answer *answer,
		const struct tally_group *group)
{
	auto_buf struct buf decision = buf_make(TEXT_MAX);
	auto_buf struct buf policy = buf_make(TEXT_MAX);

	check_add_decision(answer, group, &decision);
	check_add_policy(answer, group, &policy);
	table_cell(table, str_of(record_verdict_text(group->verdict)));
	table_cell(table, str_of(group->action == ACTION_ACCEPT ? "ACCEPT" : "REJECT"));
	table_cell(table, group->src.text);
	table_cell(table, group->dst.text);
	port_cells(table, group);
	sums_cells(table, group);
	table_cell(table, str_of(layer_text(group->layer)));
	table_cell(table, str_of(group->other == VERDICT_COUNT ? "" : verdict_text(group->other)));
	table_cell(table, buf_str(&decision));
	table_cell(table, buf_str(&policy));
	causes_cell(table, check_causes(answer, group));
	table_cell(table, str_of(group->example_path));
	table_cell_u64(table, group->example_line);
	table_cell(table, str_of(check_seen_at(group)));
}

void check_print_csv(const void *answer_ptr, FILE *out)
{
	static const struct table_column columns[] = {
		{ "verdict", false },	   { "action", false },	      { "src", false },
		{ "dst", false },	   { "protocol", false },     { "port", false },
		{ "records", false },	   { "packets", false },      { "bytes", false },
		{ "start", false },	   { "end", false },	      { "sources", false },
		{ "destinations", false }, { "distinct", false },     { "layer", false },
		{ "other_layer", false },  { "decision", false },     { "policy", false },
		{ "causes", false },	   { "example_file", false }, { "example_line", false },
		{ "seen_at", false },	   { NULL, false },
	};
	const struct check_answer *answer = answer_ptr;
	auto_table struct table	  *table = table_new(columns);

	for (size_t i = 0; i < answer->tally->count && i < answer->limit; i++)
		row(table, answer, &answer->tally->groups[i]);
	table_print_csv(table, answer->header, out);
}
