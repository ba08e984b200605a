/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/net/proto.h"
#include "simulator/flows/cause.h"
#include "simulator/report/check.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/print_json.h"

enum { TEXT_MAX = 4096 };

static void put_sums(cJSON *object, const struct sums *sums)
{
	json_put_u64(object, "records", sums->records);
	json_put_u64(object, "packets", sums->packets);
	json_put_u64(object, "bytes", sums->bytes);
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

/* How many, and whether that is counted or estimated. */
static void put_distinct(cJSON *object, const char *name, const char *exact,
			 const struct distinct *set)
{
	json_put_u64(object, name, distinct_count(set));
	cJSON_AddBoolToObject(object, exact, !set->estimated);
}

static void put_path(cJSON *item, const struct tally_group *group)
{
	char name[PROTO_TEXT_SIZE];

	proto_print(group->protocol, name);
	json_put_str(item, "src", group->src.text);
	json_put_str(item, "src_kind", str_of(end_kind_text(group->src.kind)));
	json_put_str(item, "dst", group->dst.text);
	json_put_str(item, "dst_kind", str_of(end_kind_text(group->dst.kind)));
	json_put_str(item, "protocol", str_of(name));
	if (proto_has_ports(group->protocol) && !group->has_ports)
		json_put_u64(item, "port", group->dst_port);
	else
		cJSON_AddNullToObject(item, "port");
	if (group->has_ports)
		put_distinct(item, "ports", "ports_exact", &group->ports);
}

static void put_policy(cJSON *item, const struct check_answer *answer,
		       const struct tally_group *group)
{
	json_put_str(item, "policy",
		     str_of(answer->judge && group->has_model ? intent_verdict_text(group->intent)
							      : ""));
	if (group->statement)
		json_put_u64(item, "policy_line", group->statement->line);
	else
		cJSON_AddNullToObject(item, "policy_line");
	if (group->expired)
		json_put_u64(item, "expired_waiver_line", group->expired->line);
}

static void put_causes(cJSON *item, const struct check_answer *answer,
		       const struct tally_group *group)
{
	cJSON	*list = cJSON_AddArrayToObject(item, "causes"), *one;
	uint32_t causes = check_causes(answer, group);

	for (int i = 0; i < CAUSE_COUNT; i++) {
		auto_buf struct buf text = buf_make(TEXT_MAX);

		if (!(causes >> i & 1))
			continue;
		cause_print((enum cause)i, &group->sums, &answer->snapshot, &text);
		one = cJSON_CreateObject();
		json_put_str(one, "cause", str_of(cause_code((enum cause)i)));
		json_put_str(one, "text", buf_str(&text));
		cJSON_AddItemToArray(list, one);
	}
}

static cJSON *group_object(const struct check_answer *answer, const struct tally_group *group)
{
	cJSON		   *item = cJSON_CreateObject(), *example;
	struct str	    line = { .ptr = group->example, .len = group->example_len };
	auto_buf struct buf why = buf_make(TEXT_MAX);

	json_put_str(item, "verdict", str_of(record_verdict_text(group->verdict)));
	json_put_str(item, "action", str_of(group->action == ACTION_ACCEPT ? "ACCEPT" : "REJECT"));
	put_path(item, group);
	json_put_str(item, "seen_at", str_of(check_seen_at(group)));
	json_put_str(item, "layer", str_of(layer_text(group->layer)));
	json_put_str(item, "other_layer",
		     str_of(group->other == VERDICT_COUNT ? "" : verdict_text(group->other)));
	put_rules(item, answer->world, group);
	put_policy(item, answer, group);
	put_sums(item, &group->sums);
	json_put_u64(item, "start", group->sums.start);
	json_put_u64(item, "end", group->sums.end);
	put_distinct(item, "sources", "sources_exact", &group->sources);
	put_distinct(item, "destinations", "destinations_exact", &group->destinations);
	put_causes(item, answer, group);
	example = cJSON_AddObjectToObject(item, "example");
	json_put_str(example, "file", str_of(group->example_path));
	json_put_u64(example, "line", group->example_line);
	json_put_str(example, "record", line);
	check_add_why(answer, group, &why);
	json_put_str(item, "why", buf_str(&why));
	return item;
}

static void put_waivers(cJSON *root, const struct check_answer *answer)
{
	cJSON *list = cJSON_AddArrayToObject(root, "waivers"), *item;

	for (size_t i = 0; i < answer->waivers->count; i++) {
		const struct waiver *waiver = &answer->waivers->items[i];
		char		     date[CLOCK_DATE_SIZE];

		item = cJSON_CreateObject();
		clock_print_date(waiver->statement->until, date);
		json_put_u64(item, "line", waiver->statement->line);
		json_put_str(item, "text", waiver->statement->text);
		json_put_str(item, "owner", waiver->statement->owner);
		json_put_str(item, "note", waiver->statement->note);
		json_put_str(item, "until", str_of(date));
		put_sums(cJSON_AddObjectToObject(item, "excused"), &waiver->excused);
		put_sums(cJSON_AddObjectToObject(item, "after"), &waiver->after);
		json_put_u64(item, "last_excused", waiver->excused.end);
		json_put_u64(item, "last_after", waiver->after.end);
		cJSON_AddItemToArray(list, item);
	}
}

static void put_snapshot_time(cJSON *root, const struct snapshot_time *time)
{
	cJSON *snapshot;

	if (time->source == SNAPSHOT_TIME_UNKNOWN) {
		cJSON_AddNullToObject(root, "snapshot_time");
		return;
	}
	snapshot = cJSON_AddObjectToObject(root, "snapshot_time");
	json_put_u64(snapshot, "time", (uint64_t)time->s);
	json_put_str(snapshot, "source",
		     str_of(time->source == SNAPSHOT_TIME_GIVEN ? "given" : "files"));
}

void check_print_json(const void *answer_ptr, FILE *out)
{
	const struct check_answer *answer = answer_ptr;
	const struct tally_answer *tally = answer->tally;
	cJSON			  *root = cJSON_CreateObject(), *totals, *groups;

	json_put_str(root, "schema", str_of("weir/check/1"));
	log_head_put(root, &answer->head, &answer->period);
	put_snapshot_time(root, &answer->snapshot);
	empty_tiers_put(root, answer->judge);
	totals = cJSON_AddObjectToObject(root, "totals");
	for (int i = 0; i < RECORD_VERDICT_COUNT; i++)
		put_sums(cJSON_AddObjectToObject(totals,
						 record_verdict_text((enum record_verdict)i)),
			 &tally->totals[i]);
	groups = cJSON_AddArrayToObject(root, "groups");
	for (size_t i = 0; i < tally->count && i < answer->limit; i++)
		cJSON_AddItemToArray(groups, group_object(answer, &tally->groups[i]));
	json_put_u64(root, "groups_total", tally->count);
	json_put_u64(root, "records_in_no_group", tally->left_out);
	put_waivers(root, answer);
	print_json(root, true, out);
}
