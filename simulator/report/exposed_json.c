/* SPDX-License-Identifier: Apache-2.0 */
/* `weir exposed -o json`: docs/cli.md, "JSON answers". */
#include "lib/base/json.h"
#include "simulator/explain.h"
#include "simulator/reach/packet_words.h"
#include "simulator/report/answer_json.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/exposed_words.h"
#include "simulator/report/piece_json.h"
#include "simulator/report/print_json.h"

enum { TEXT_MAX = 2048 };

static const char *grade_text(enum exposure_grade grade)
{
	static const char *const texts[] = { [EXPOSURE_UNEXPECTED] = "unexpected",
					     [EXPOSURE_UNDECIDED] = "undecided",
					     [EXPOSURE_EXPECTED] = "expected" };

	return texts[grade];
}

static void put_counts(cJSON *object, const char *name, const struct exposure_counts *counts)
{
	cJSON *item = cJSON_AddObjectToObject(object, name);

	for (int grade = 0; grade <= EXPOSURE_EXPECTED; grade++)
		json_put_u64(item, grade_text((enum exposure_grade)grade), counts->grades[grade]);
	json_put_u64(item, "ipv4_only", counts->ipv4_only);
	json_put_u64(item, "ipv6_only", counts->ipv6_only);
	json_put_u64(item, "both", counts->both);
}

/* The interfaces of a row; of a load balancer its nodes. */
static void put_interfaces(cJSON *object, const struct exposed_answer *answer,
			   const struct exposure_row *row)
{
	cJSON *list = cJSON_AddArrayToObject(object,
					     row->lb_idx == WORLD_NONE ? "interfaces" : "nodes");
	char   text[EXPLAIN_ADDRESS_SIZE];

	for (size_t i = 0; i < row->part_count; i++)
		for (size_t j = 0; j < row->parts[i].count; j++) {
			const struct end *end = exposure_end(answer->exposure, &row->parts[i], j);
			struct end	  outside = exposed_outside(answer, end);
			cJSON *item = answer_json_end_object(answer->world, answer->query, end);

			explain_address(&outside, text);
			json_put_str(item, "public", str_of(outside.ip.family ? text : ""));
			cJSON_AddItemToArray(list, item);
		}
}

static void put_lb(cJSON *object, const struct exposed_answer *answer,
		   const struct exposure_row *row)
{
	const struct lb *lb = row->lb_idx == WORLD_NONE ? NULL : &answer->world->lbs[row->lb_idx];
	const struct listener *listener;
	struct exposed_targets targets;
	cJSON		      *item, *list;

	if (!lb) {
		cJSON_AddNullToObject(object, "load_balancer");
		return;
	}
	item = cJSON_AddObjectToObject(object, "load_balancer");
	json_put_str(item, "id", lb->object.id);
	json_put_str(item, "name", lb->object.name);
	json_put_str(item, "dns", lb->dns_name);
	if (row->listener_idx == WORLD_NONE) {
		cJSON_AddNullToObject(item, "listener");
		return;
	}
	listener = &answer->world->listeners[row->listener_idx];
	targets = exposed_targets_of(answer, row);
	list = cJSON_AddObjectToObject(item, "listener");
	json_put_str(list, "id", listener->object.id);
	json_put_str(list, "protocol", listener->protocol);
	json_put_u64(list, "port", listener->port);
	json_put_str(list, "target_group", targets.group);
	json_put_u64(list, "target_groups", targets.group_count);
	json_put_u64(list, "targets", targets.count);
	cJSON_AddBoolToObject(list, "targets_incomplete", targets.is_incomplete);
}

static void put_ports(cJSON *object, const struct exposed_answer *answer,
		      const struct exposure_row *row)
{
	cJSON				       *list = cJSON_AddArrayToObject(object, "ports");
	auto_packet_pieces struct packet_pieces pieces = { 0 };

	packet_pieces_of(reach_sets(answer->exposure->reach), row->set, &pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		cJSON *item = cJSON_CreateObject();

		piece_json_put(item, &pieces.items[i]);
		cJSON_AddItemToArray(list, item);
	}
}

static void put_from(cJSON *object, const struct addresses *addresses)
{
	cJSON		   *item = cJSON_AddObjectToObject(object, "from"), *list;
	auto_buf struct buf words = buf_make(TEXT_MAX);
	auto_buf struct buf size = buf_make(TEXT_MAX);
	char		    text[EXPLAIN_ADDRESS_SIZE];

	addresses_words(addresses, 3, &words);
	addresses_size_words(addresses, &size);
	json_put_str(item, "text", buf_str(&words));
	json_put_str(item, "addresses", buf_str(&size));
	list = cJSON_AddArrayToObject(item, "cidrs");
	for (size_t i = 0; i < addresses->count; i++) {
		cidr_print(addresses->cidrs[i], text);
		cJSON_AddItemToArray(list, cJSON_CreateString(text));
	}
}

static void put_via(cJSON *object, const struct exposed_answer *answer,
		    const struct exposure_row *row)
{
	cJSON *item;

	if (row->lb_idx == WORLD_NONE && row->via_idx == WORLD_NONE) {
		cJSON_AddNullToObject(object, "via");
		return;
	}
	item = cJSON_AddObjectToObject(object, "via");
	json_put_str(item, "kind",
		     str_of(row->lb_idx == WORLD_NONE ? hop_ops_of(row->via_kind)->name
						      : "load-balancer"));
	json_put_str(item, "id",
		     row->lb_idx == WORLD_NONE ? exposed_gateway(answer->world, row)
					       : answer->world->lbs[row->lb_idx].object.id);
}

static void add_rule(cJSON *list, const char *kind, struct str component, struct str id,
		     struct str text)
{
	cJSON *item = cJSON_CreateObject();

	json_put_str(item, "kind", str_of(kind));
	json_put_str(item, "component", component);
	json_put_str(item, "id", id);
	json_put_str(item, "text", text);
	cJSON_AddItemToArray(list, item);
}

static void put_rules(cJSON *object, const struct exposed_answer *answer,
		      const struct exposure_row *row)
{
	const struct world *world = answer->world;
	cJSON		   *list = cJSON_AddArrayToObject(object, "rules");
	auto_buf struct buf sg_text = buf_make(TEXT_MAX);
	auto_buf struct buf nacl_text = buf_make(TEXT_MAX);
	char		    number[STR_U64_SIZE];

	if (row->sg_rule) {
		rule_text_sg_in(world, row->sg_rule, &sg_text);
		add_rule(list, "security-group", world->sgs[row->sg_idx].object.id,
			 row->sg_rule->id, buf_str(&sg_text));
	}
	if (row->nacl_rule) {
		rule_text_nacl(row->nacl_rule, &nacl_text);
		add_rule(list, "network-acl", world->nacls[row->nacl_idx].object.id,
			 (struct str){ number, str_print_u64(row->nacl_rule->number, number) },
			 buf_str(&nacl_text));
	}
}

static cJSON *row_object(const struct exposed_answer *answer, const struct exposure_row *row)
{
	cJSON *object = cJSON_CreateObject();

	json_put_str(object, "grade", str_of(grade_text(exposure_grade(answer->exposure, row))));
	json_put_str(object, "verdict", str_of(verdict_text(row->verdict)));
	json_put_str(object, "family", str_of(row->family == IP_V4 ? "ipv4" : "ipv6"));
	cJSON_AddBoolToObject(object, "ipv6_only", row->is_ipv6_only);
	put_interfaces(object, answer, row);
	put_lb(object, answer, row);
	put_ports(object, answer, row);
	put_from(object, &answer->exposure->sources[row->sources]);
	put_via(object, answer, row);
	put_rules(object, answer, row);
	json_put_str(object, "why", row->doubt);
	answer_json_intent(object, answer->judge, &row->intent);
	return object;
}

void exposed_print_json(const void *answer_ptr, FILE *out)
{
	const struct exposed_answer *answer = answer_ptr;
	const struct exposure	    *exposure = answer->exposure;
	cJSON			    *root = cJSON_CreateObject(), *list;
	size_t shown = exposure->count < answer->limit ? exposure->count : (size_t)answer->limit;

	json_put_str(root, "schema", str_of("weir/exposed/1"));
	json_put_str(root, "query", str_of(answer->query));
	json_put_str(root, "ports", str_of(answer->ports_text));
	json_put_str(root, "unknown",
		     str_of(answer->unknown_as == VERDICT_UNKNOWN
				    ? "fail"
				    : verdict_text(answer->unknown_as)));
	json_put_u64(root, "asked", exposure->asked);
	empty_tiers_put(root, answer->judge);
	put_counts(root, "interfaces", &exposure->interfaces);
	put_counts(root, "load_balancers", &exposure->lbs);
	list = cJSON_AddArrayToObject(root, "exposed");
	for (size_t i = 0; i < shown; i++)
		cJSON_AddItemToArray(list, row_object(answer, &exposure->rows[i]));
	json_put_u64(root, "left_out", exposure->count - shown);
	print_json(root, true, out);
}
