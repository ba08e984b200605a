/* SPDX-License-Identifier: Apache-2.0 */
/* `weir rules` for other programs. */
#include "lib/base/json.h"
#include "simulator/report/amount.h"
#include "simulator/report/print_json.h"
#include "simulator/report/rules.h"

enum { TEXT_MAX = 4096 };

static void put_identity(cJSON *item, const struct rules_answer *answer,
			 const struct usage_rule *rule)
{
	const struct object *object = usage_object(answer->world, rule);
	auto_buf struct buf  id = buf_make(TEXT_MAX);
	auto_buf struct buf  text = buf_make(TEXT_MAX);

	rules_add_id(rule, &id);
	rules_add_text(answer, rule, &text);
	json_put_str(item, "kind", str_of(rule->is_nacl ? "network-acl" : "security-group"));
	json_put_str(item, "group", object->id);
	json_put_str(item, "name", object->name);
	json_put_str(item, "direction", str_of(rule->egress ? "egress" : "ingress"));
	json_put_str(item, "id", buf_str(&id));
	json_put_str(item, "text", buf_str(&text));
	json_put_str(item, "description", rule->sg_rule ? rule->sg_rule->description : str_of(""));
}

static cJSON *rule_object(const struct rules_answer *answer, const struct usage_rule *rule)
{
	cJSON *item = cJSON_CreateObject();

	put_identity(item, answer, rule);
	json_put_u64(item, "hits", rule->hits.records);
	json_put_u64(item, "maybe", rule->maybe);
	json_put_u64(item, "packets", rule->hits.packets);
	json_put_u64(item, "bytes", rule->hits.bytes);
	log_head_put_time(item, "first_hit", rule->hits.start);
	log_head_put_time(item, "last_hit", rule->hits.end);
	json_put_u64(item, "only", rule->only.records);
	json_put_u64(item, "addresses_used", distinct_count(&rule->peers));
	cJSON_AddBoolToObject(item, "addresses_used_exact", !rule->peers.estimated);
	if (rule->allowed < 0)
		cJSON_AddNullToObject(item, "addresses_allowed");
	else
		cJSON_AddNumberToObject(item, "addresses_allowed", rule->allowed);
	json_put_u64(item, "interfaces", rule->eni_count);
	json_put_u64(item, "interfaces_covered", rule->eni_covered);
	log_head_put_time(item, "covered_start", rule->covered_start);
	log_head_put_time(item, "covered_end", rule->covered_end);
	cJSON_AddBoolToObject(item, "never_hit", usage_is_never_hit(answer->usage, rule));
	cJSON_AddBoolToObject(item, "removable", usage_is_removable(answer->usage, rule));
	return item;
}

void rules_print_json(const void *answer_ptr, FILE *out)
{
	const struct rules_answer *answer = answer_ptr;
	const struct usage_answer *usage = answer->usage;
	struct rules_counts	   counts = rules_count(answer);
	cJSON			  *root = cJSON_CreateObject(), *list;

	json_put_str(root, "schema", str_of("weir/rules/1"));
	log_head_put(root, &answer->head, &answer->period);
	json_put_u64(root, "contradictions", usage->contradictions);
	json_put_u64(root, "unknown", usage->unknown);
	json_put_u64(root, "unknown_interface", usage->elsewhere);
	json_put_u64(root, "interfaces", usage->eni_count);
	json_put_u64(root, "interfaces_covered", usage->eni_covered);
	json_put_u64(root, "never_hit", counts.never_hit);
	json_put_u64(root, "removable", counts.removable);
	json_put_u64(root, "maybe_hit", counts.maybe);
	json_put_u64(root, "not_known", counts.not_known);
	list = cJSON_AddArrayToObject(root, "rules");
	for (size_t i = 0; i < answer->count && i < answer->limit; i++)
		cJSON_AddItemToArray(list, rule_object(answer, answer->rules[i]));
	json_put_u64(root, "rules_total", answer->count);
	print_json(root, true, out);
}

static void time_cell(struct table *table, uint64_t time_s)
{
	if (time_s)
		amount_cell_time(table, time_s);
	else
		table_cell(table, str_of(""));
}

static void add_row(struct table *table, const struct rules_answer *answer,
		    const struct usage_rule *rule)
{
	const struct object *object = usage_object(answer->world, rule);
	auto_buf struct buf  id = buf_make(TEXT_MAX);
	auto_buf struct buf  text = buf_make(TEXT_MAX);

	rules_add_id(rule, &id);
	rules_add_text(answer, rule, &text);
	table_cell(table, str_of(rule->is_nacl ? "network-acl" : "security-group"));
	table_cell(table, object->id);
	table_cell(table, object->name);
	table_cell(table, str_of(rule->egress ? "egress" : "ingress"));
	table_cell(table, buf_str(&id));
	table_cell(table, buf_str(&text));
	table_cell_u64(table, rule->hits.records);
	table_cell_u64(table, rule->only.records);
	table_cell_u64(table, rule->hits.packets);
	table_cell_u64(table, rule->hits.bytes);
	time_cell(table, rule->hits.start);
	time_cell(table, rule->hits.end);
	table_cell_u64(table, distinct_count(&rule->peers));
	table_cell(table, str_of(rule->peers.estimated ? "estimated" : "exact"));
	if (rule->allowed < 0)
		table_cell(table, str_of(""));
	else
		table_cellf(table, "%.17g", rule->allowed);
	table_cell_u64(table, rule->eni_count);
	table_cell_u64(table, rule->eni_covered);
	time_cell(table, rule->covered_start);
	time_cell(table, rule->covered_end);
	table_cell_u64(table, rule->maybe);
	table_cell(table, str_of(usage_is_never_hit(answer->usage, rule) ? "true" : "false"));
	table_cell(table, str_of(usage_is_removable(answer->usage, rule) ? "true" : "false"));
	table_cell(table, rule->sg_rule ? rule->sg_rule->description : str_of(""));
}

void rules_print_csv(const void *answer_ptr, FILE *out)
{
	static const struct table_column columns[] = {
		{ "kind", false },
		{ "group", false },
		{ "name", false },
		{ "direction", false },
		{ "id", false },
		{ "text", false },
		{ "hits", false },
		{ "only", false },
		{ "packets", false },
		{ "bytes", false },
		{ "first_hit", false },
		{ "last_hit", false },
		{ "addresses_used", false },
		{ "distinct", false },
		{ "addresses_allowed", false },
		{ "interfaces", false },
		{ "interfaces_covered", false },
		{ "covered_start", false },
		{ "covered_end", false },
		{ "maybe", false },
		{ "never_hit", false },
		{ "removable", false },
		{ "description", false },
		{ NULL, false },
	};
	const struct rules_answer *answer = answer_ptr;
	auto_table struct table	  *table = table_new(columns);

	for (size_t i = 0; i < answer->count && i < answer->limit; i++)
		add_row(table, answer, answer->rules[i]);
	table_print_csv(table, answer->header, out);
}
