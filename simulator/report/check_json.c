/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/json.h"
#include "lib/net/proto.h"
#include "simulator/explain.h"
#include "simulator/report/check.h"
#include "simulator/report/print_json.h"

static void put_total(cJSON *object, const struct tally_total *total)
{
	json_put_u64(object, "records", total->records);
	json_put_u64(object, "packets", total->packets);
	json_put_u64(object, "bytes", total->bytes);
}

static void put_rules(cJSON *object, const struct world *world, const struct tally_group *group)
{
	cJSON *rules = cJSON_AddArrayToObject(object, "rules"), *item;

	if (group->sg_idx != WORLD_NONE) {
		struct str id = world->sgs[group->sg_idx].object.id;

		item = cJSON_CreateObject();
		json_put_str(item, "kind", str_of("security-group"));
		json_put_str(item, "id",
			     group->sg_rule && group->sg_rule->id.len ? group->sg_rule->id : id);
		json_put_str(item, "group", id);
		cJSON_AddItemToArray(rules, item);
	}
	if (group->nacl_idx != WORLD_NONE) {
		item = cJSON_CreateObject();
		json_put_str(item, "kind", str_of("network-acl"));
		json_put_str(item, "id", world->nacls[group->nacl_idx].object.id);
		if (group->nacl_rule)
			json_put_u64(item, "rule", group->nacl_rule->number);
		else
			json_put_str(item, "rule", str_of("*"));
		cJSON_AddItemToArray(rules, item);
	}
}

static cJSON *group_object(const struct check_answer *answer, const struct tally_group *group)
{
	cJSON *item = cJSON_CreateObject(), *example;
	char   name[PROTO_TEXT_SIZE];

	proto_print(group->protocol, name);
	json_put_str(item, "verdict", str_of(record_verdict_text(group->verdict)));
	json_put_str(item, "action", str_of(group->action == ACTION_ACCEPT ? "ACCEPT" : "REJECT"));
	json_put_str(item, "src", group->src);
	json_put_str(item, "dst", group->dst);
	json_put_str(item, "protocol", str_of(name));
	if (proto_has_ports(group->protocol))
		json_put_u64(item, "port", group->dst_port);
	else
		cJSON_AddNullToObject(item, "port");
	json_put_str(item, "layer", str_of(layer_text(group->layer)));
	put_rules(item, answer->world, group);
	json_put_str(item, "policy",
		     str_of(answer->judge && group->has_model ? intent_verdict_text(group->intent)
							      : ""));
	if (group->statement)
		json_put_u64(item, "policy_line", group->statement->line);
	else
		cJSON_AddNullToObject(item, "policy_line");
	if (group->expired)
		json_put_u64(item, "expired_waiver_line", group->expired->line);
	put_total(item, &group->total);
	json_put_u64(item, "start", group->start);
	json_put_u64(item, "end", group->end);
	example = cJSON_AddObjectToObject(item, "example");
	json_put_str(example, "file", group->example_file);
	json_put_u64(example, "line", group->example_line);
	json_put_str(example, "record", group->example);
	json_put_str(item, "why", group->why);
	return item;
}

void check_print_json(const void *answer_ptr, FILE *out)
{
	const struct check_answer *answer = answer_ptr;
	const struct tally	  *tally = answer->tally;
	cJSON			  *root = cJSON_CreateObject(), *totals, *groups;

	json_put_str(root, "schema", str_of("weir/check/1"));
	json_put_u64(root, "files", answer->files);
	json_put_u64(root, "records", answer->records);
	json_put_u64(root, "bad_lines", answer->bad_lines);
	json_put_u64(root, "nodata", tally->nodata);
	json_put_u64(root, "skipdata", tally->skipdata);
	totals = cJSON_AddObjectToObject(root, "totals");
	for (int i = 0; i < RECORD_VERDICT_COUNT; i++)
		put_total(cJSON_AddObjectToObject(totals,
						  record_verdict_text((enum record_verdict)i)),
			  &tally->totals[i]);
	groups = cJSON_AddArrayToObject(root, "groups");
	for (size_t i = 0; i < tally->group_count && i < answer->limit; i++)
		cJSON_AddItemToArray(groups, group_object(answer, &tally->groups[i]));
	json_put_u64(root, "groups_total", tally->group_count);
	json_put_u64(root, "records_in_no_group", tally->groups_left_out);
	print_json(root, true, out);
}
