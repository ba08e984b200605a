/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/answer_json.h"

#include <string.h>

#include "lib/base/json.h"
#include "simulator/explain.h"

enum { TEXT_MAX = 2048 };

cJSON *answer_json_end_object(const struct world *world, const char *query, const struct end *end)
{
	cJSON		 *item = cJSON_CreateObject();
	const struct eni *eni = end->eni_idx == WORLD_NONE ? NULL : &world->enis[end->eni_idx];
	char		  address[IP_TEXT_SIZE], prefix[CIDR_TEXT_SIZE];

	ip_print(end->ip, address);
	json_put_str(item, "query", str_of(query));
	json_put_str(item, "ip", str_of(end->ip.family ? address : ""));
	if (end->prefix_len) {
		cidr_print((struct cidr){ ip_mask(end->ip, end->prefix_len), end->prefix_len },
			   prefix);
		json_put_str(item, "prefix", str_of(prefix));
	}
	json_put_str(item, "eni", eni ? eni->object.id : str_of(""));
	json_put_str(item, "instance", eni ? eni->instance_id : str_of(""));
	json_put_str(item, "name", eni ? world_eni_label(world, end->eni_idx) : str_of(""));
	json_put_str(item, "vpc", eni ? eni->vpc_id : str_of(""));
	json_put_str(item, "subnet", eni ? eni->subnet_id : str_of(""));
	json_put_str(item, "state",
		     eni && eni->instance_idx != WORLD_NONE
			     ? world->instances[eni->instance_idx].state
			     : str_of(""));
	return item;
}

void answer_json_end(cJSON *object, const char *name, const struct world *world, const char *query,
		     const struct end *end)
{
	cJSON_AddItemToObject(object, name, answer_json_end_object(world, query, end));
}

void answer_json_doubt(cJSON *list, const struct world *world, const struct hop *hop)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	const cJSON	   *known;

	explain_doubt(world, hop, &text);
	cJSON_ArrayForEach(known, list)
		if (strcmp(known->valuestring, text.data) == 0)
			return;
	cJSON_AddItemToArray(list, cJSON_CreateString(text.data));
}

void answer_json_intent(cJSON *object, const struct judge *judge,
			const struct intent_answer *answer)
{
	cJSON *policy;

	if (!judge) {
		cJSON_AddNullToObject(object, "policy");
		return;
	}
	policy = cJSON_AddObjectToObject(object, "policy");
	json_put_str(policy, "verdict", str_of(intent_verdict_text(answer->verdict)));
	json_put_str(policy, "file", judge_policy(judge)->source);
	if (answer->statement) {
		json_put_u64(policy, "line", answer->statement->line);
		json_put_str(policy, "text", answer->statement->text);
	} else {
		cJSON_AddNullToObject(policy, "line");
	}
	if (answer->expired)
		json_put_u64(policy, "expired_waiver_line", answer->expired->line);
}
