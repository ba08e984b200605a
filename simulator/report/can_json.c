/* SPDX-License-Identifier: Apache-2.0 */
/* `weir can -o json`: docs/cli.md, "JSON answers". */
#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "simulator/explain.h"
#include "simulator/remedy.h"
#include "simulator/report/answer_json.h"
#include "simulator/report/can.h"
#include "simulator/report/piece_json.h"
#include "simulator/report/print_json.h"

enum { TEXT_MAX = 2048 };

const char *can_verdict_text(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW	 ? "reachable"
	       : verdict == VERDICT_DENY ? "unreachable"
					 : "undecided";
}

static void put_direction(cJSON *object, enum direction direction)
{
	json_put_str(object, "direction",
		     str_of(direction == DIRECTION_INGRESS  ? "ingress"
			    : direction == DIRECTION_EGRESS ? "egress"
							    : ""));
}

/* null when no rule decided. */
static void put_rule(cJSON *object, const struct world *world, const struct hop *hop)
{
	auto_buf struct buf id = buf_make(128);
	auto_buf struct buf text = buf_make(TEXT_MAX);
	cJSON		   *rule;

	explain_hop_rule_id(hop, &id);
	explain_hop_rule(world, hop, &text);
	if (text.len == 0) {
		cJSON_AddNullToObject(object, "rule");
		return;
	}
	rule = cJSON_AddObjectToObject(object, "rule");
	json_put_str(rule, "id", buf_str(&id));
	json_put_str(rule, "text", buf_str(&text));
	json_put_str(rule, "description",
		     hop->decision.sg_rule ? hop->decision.sg_rule->description : str_of(""));
}

/* All groups of the interface: their rules are pooled, so a denial is the work of all. */
static void put_groups(cJSON *object, const struct world *world, const struct hop *hop)
{
	const struct eni *eni;
	cJSON		 *groups;

	if (hop->kind != HOP_SECURITY_GROUP)
		return;
	eni = &world->enis[hop->eni_idx];
	groups = cJSON_AddArrayToObject(object, "groups");
	for (uint32_t i = 0; i < eni->sg_count; i++)
		cJSON_AddItemToArray(groups, cJSON_CreateString(eni->sg_ids[i].ptr));
}

static void put_component(cJSON *object, const struct world *world, const struct hop *hop)
{
	json_put_str(object, "kind", str_of(explain_hop_kind(hop)));
	json_put_str(object, "id", explain_hop_id(world, hop));
	json_put_str(object, "name", explain_hop_name(world, hop));
	put_direction(object, hop->direction);
}

/* Where the component stands, and the addresses of the packet as it comes to it. */
static void put_place(cJSON *object, const struct world *world, const struct hop *hop)
{
	const struct vpc    *vpc = hop->vpc_idx == WORLD_NONE ? NULL : &world->vpcs[hop->vpc_idx];
	const struct subnet *subnet = hop->subnet_idx == WORLD_NONE
					      ? NULL
					      : &world->subnets[hop->subnet_idx];
	char		     src[IP_TEXT_SIZE], dst[IP_TEXT_SIZE];

	ip_print(hop->packet.src, src);
	ip_print(hop->packet.dst, dst);
	json_put_str(object, "vpc", vpc ? vpc->object.id : str_of(""));
	json_put_str(object, "subnet", subnet ? subnet->object.id : str_of(""));
	json_put_str(object, "account", vpc ? vpc->object.owner : str_of(""));
	json_put_str(object, "region", vpc ? vpc->object.region : str_of(""));
	json_put_str(object, "src", str_of(src));
	json_put_str(object, "dst", str_of(dst));
}

static cJSON *leg_object(const struct world *world, const struct leg *leg)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *hops;

	json_put_str(object, "verdict", str_of(verdict_text(leg->verdict)));
	hops = cJSON_AddArrayToObject(object, "hops");
	for (size_t i = 0; i < leg->count; i++) {
		const struct hop   *hop = &leg->hops[i];
		cJSON		   *item = cJSON_CreateObject();
		auto_buf struct buf text = buf_make(TEXT_MAX);

		put_component(item, world, hop);
		json_put_str(item, "decision", str_of(verdict_text(hop->decision.verdict)));
		put_rule(item, world, hop);
		json_put_str(item, "code", str_of(reason_code(hop->decision.reason)));
		if (hop->decision.verdict != VERDICT_ALLOW || hop->decision.note)
			explain_hop_reason(world, hop, &text);
		else
			explain_hop_effect(world, hop, &text);
		json_put_str(item, "text", buf_str(&text));
		put_place(item, world, hop);
		cJSON_AddItemToArray(hops, item);
	}
	return object;
}

/* The nearest rule, and the change that would open it; null where there is none to name. */
static void put_remedy(cJSON *item, const struct obstacle *obstacle)
{
	auto_buf struct buf nearest = buf_make(TEXT_MAX);
	auto_buf struct buf words = buf_make(TEXT_MAX);
	auto_buf struct buf command = buf_make(TEXT_MAX);
	cJSON		   *change;

	remedy_nearest(obstacle, &nearest);
	json_put_str(item, "nearest", buf_str(&nearest));
	remedy_words(obstacle, &words);
	remedy_command(obstacle, &command);
	if (words.len == 0) {
		cJSON_AddNullToObject(item, "change");
		return;
	}
	change = cJSON_AddObjectToObject(item, "change");
	json_put_str(change, "text", buf_str(&words));
	json_put_str(change, "command", buf_str(&command));
}

static void put_blockers(cJSON *list, const struct world *world, const struct can_pair *pair,
			 bool is_return)
{
	const struct leg *leg = is_return ? &pair->path.back : &pair->path.forward;

	for (size_t i = 0; i < leg->count; i++) {
		const struct hop     *hop = &leg->hops[i];
		const struct obstacle obstacle = { world, &pair->question, &pair->path, hop,
						   is_return };
		cJSON		     *item;
		auto_buf struct buf   text = buf_make(TEXT_MAX);

		if (hop->decision.verdict != VERDICT_DENY)
			continue;
		item = cJSON_CreateObject();
		json_put_str(item, "leg", str_of(is_return ? "return" : "forward"));
		put_component(item, world, hop);
		put_groups(item, world, hop);
		put_rule(item, world, hop);
		json_put_str(item, "code", str_of(reason_code(hop->decision.reason)));
		explain_hop_reason(world, hop, &text);
		json_put_str(item, "text", buf_str(&text));
		put_remedy(item, &obstacle);
		cJSON_AddItemToArray(list, item);
	}
}

static void put_unmodelled(cJSON *list, const struct world *world, const struct leg *leg)
{
	for (size_t i = 0; i < leg->count; i++)
		if (leg->hops[i].decision.verdict == VERDICT_UNKNOWN)
			answer_json_doubt(list, world, &leg->hops[i]);
}

static void put_return(cJSON *object, const struct world *world, const struct can_pair *pair)
{
	const struct path *path = &pair->path;
	cJSON		  *back = leg_object(world, &path->back), *ports;

	cJSON_AddBoolToObject(back, "needed", path->back_needed);
	ports = cJSON_AddArrayToObject(back, "client_ports");
	for (size_t i = 0; i < path->reply_port_count; i++) {
		cJSON *range = cJSON_CreateObject();

		json_put_u64(range, "from", path->reply_ports[i].min);
		json_put_u64(range, "to", path->reply_ports[i].max);
		cJSON_AddItemToArray(ports, range);
	}
	cJSON_AddItemToObject(object, "return", back);
}

/* Present when an end is the internet: as which of its addresses it was asked. */
static void put_internet(cJSON *object, const struct path *path)
{
	char   as[IP_TEXT_SIZE];
	cJSON *item;

	if (path->internet_ip.family == IP_NONE)
		return;
	ip_print(path->internet_ip, as);
	item = cJSON_AddObjectToObject(object, "internet");
	json_put_str(item, "as", str_of(as));
	cJSON_AddBoolToObject(item, "varies", path->internet_varies);
}

static void put_path(cJSON *object, const struct world *world, const struct can_pair *pair)
{
	const struct path *path = &pair->path;
	cJSON		  *list;

	cJSON_AddItemToObject(object, "forward", leg_object(world, &path->forward));
	put_return(object, world, pair);
	put_internet(object, path);
	list = cJSON_AddArrayToObject(object, "blockers");
	put_blockers(list, world, pair, false);
	if (path->back_needed)
		put_blockers(list, world, pair, true);
	list = cJSON_AddArrayToObject(object, "unmodelled");
	put_unmodelled(list, world, &path->forward);
	put_unmodelled(list, world, &path->back);
	answer_json_intent(object, pair->question.judge, &pair->intent);
}

static void put_openings(cJSON *object, const struct world *world, const struct can_pair *pair)
{
	cJSON *ports = cJSON_AddArrayToObject(object, "ports"), *unmodelled;

	for (size_t i = 0; i < pair->openings.count; i++) {
		const struct opening	 *opening = &pair->openings.items[i];
		const struct packet_piece piece = can_opening_piece(opening);
		cJSON			 *item = cJSON_CreateObject();

		piece_json_put(item, &piece);
		json_put_str(item, "verdict", str_of(verdict_text(opening->verdict)));
		json_put_str(item, "rule", opening->rule ? opening->rule->id : str_of(""));
		answer_json_intent(item, pair->question.judge, &opening->intent);
		cJSON_AddItemToArray(ports, item);
	}
	cJSON_AddArrayToObject(object, "blockers");
	unmodelled = cJSON_AddArrayToObject(object, "unmodelled");
	for (size_t i = 0; i < pair->openings.count; i++)
		if (pair->openings.items[i].verdict == VERDICT_UNKNOWN)
			answer_json_doubt(unmodelled, world, &pair->openings.items[i].doubt);
}

static void put_ports(cJSON *object, const struct can_answer *answer, const struct packet *packet)
{
	char name[PROTO_TEXT_SIZE];

	if (answer->is_set) {
		cJSON_AddNullToObject(object, "protocol");
		cJSON_AddNullToObject(object, "port");
		return;
	}
	proto_print(packet->protocol, name);
	json_put_str(object, "protocol", str_of(name));
	if (proto_has_ports(packet->protocol))
		json_put_u64(object, "port", packet->dst_port);
	else
		cJSON_AddNullToObject(object, "port");
	if (packet->icmp_type >= 0)
		json_put_u64(object, "icmp_type", (uint64_t)packet->icmp_type);
}

static void put_pair(cJSON *object, const struct can_answer *answer, const struct can_pair *pair)
{
	json_put_str(object, "verdict", str_of(can_verdict_text(pair->verdict)));
	if (pair->assumed)
		cJSON_AddTrueToObject(object, "assumed");
	put_ports(object, answer, &pair->question.packet);
	answer_json_end(object, "src", answer->world, pair->src_query, &pair->question.src);
	answer_json_end(object, "dst", answer->world, pair->dst_query, &pair->question.dst);
	if (answer->is_set)
		put_openings(object, answer->world, pair);
	else
		put_path(object, answer->world, pair);
}

/* Sets of the groups that were met so far: all pairs of a group have the same. */
struct known {
	struct openings openings;
	bool		is_there;
};

static cJSON *pair_object(const struct can_answer *answer, const struct end ends[2],
			  struct known *known)
{
	struct can_pair pair;
	cJSON	       *object = cJSON_CreateObject();

	if (known->is_there) {
		can_pair_like(answer, &ends[0], &ends[1], &known->openings, &pair);
	} else {
		can_pair_find(answer, &ends[0], &ends[1], &pair);
		known->openings = pair.openings;
		known->is_there = answer->is_set;
	}
	put_pair(object, answer, &pair);
	return object;
}

static void put_pairs(cJSON *list, const struct can_answer *answer)
{
	const struct pairs     *pairs = answer->pairs;
	const struct endpoint  *src = pairs->src.endpoint, *dst = pairs->dst.endpoint;
	auto_free struct known *known = mem_alloc(pairs->count * sizeof(*known));
	uint64_t		shown = 0;

	for (size_t i = 0; i < src->count; i++)
		for (size_t j = 0; j < dst->count && shown < answer->limit; j++) {
			const struct pair_group *group = pairs_at(pairs, i, j);
			const struct end	 ends[2] = { src->ends[i], dst->ends[j] };

			if (!group)
				continue;
			cJSON_AddItemToArray(
				list, pair_object(answer, ends, &known[group - pairs->groups]));
			shown++;
		}
	for (size_t i = 0; i < pairs->count; i++)
		openings_done(&known[i].openings);
}

void can_print_json(const void *answer_ptr, FILE *out)
{
	const struct can_answer *answer = answer_ptr;
	const struct pairs	*pairs = answer->pairs;
	cJSON			*root = cJSON_CreateObject();

	json_put_str(root, "schema", str_of("weir/can/1"));
	if (pairs->total == 1) {
		auto_pair struct can_pair pair = { 0 };

		can_pair_find(answer, &pairs->groups[0].src, &pairs->groups[0].dst, &pair);
		put_pair(root, answer, &pair);
	} else {
		json_put_str(root, "verdict", str_of(can_verdict_text(answer->verdict)));
		put_pairs(cJSON_AddArrayToObject(root, "pairs"), answer);
		json_put_u64(root, "pairs_total", pairs->total);
	}
	print_json(root, true, out);
}
