/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/explain.h"

#include <string.h>

void explain_route(const struct route *route, struct buf *out)
{
	char cidr[CIDR_TEXT_SIZE];

	if (route->prefix_list_id.len) {
		buf_add_visible(out, route->prefix_list_id);
	} else {
		cidr_print(route->cidr, cidr);
		buf_add_text(out, cidr);
	}
	buf_add_text(out, " -> ");
	buf_add_visible(out, route->target.len ? route->target : str_of("?"));
}

void explain_ports_of(const struct packet *packet, struct buf *out)
{
	struct port_range port = { .min = packet->dst_port, .max = packet->dst_port };

	rule_text_range(packet->protocol, port, packet->icmp_type, packet->icmp_code, out);
}

void explain_hop_ports(const struct hop *hop, struct buf *out)
{
	const struct packet *packet = &hop->packet;

	if (hop->ports.max && proto_has_ports(packet->protocol))
		rule_text_range(packet->protocol, hop->ports, -1, -1, out);
	else
		explain_ports_of(packet, out);
}

void explain_address(const struct end *end, char out[static EXPLAIN_ADDRESS_SIZE])
{
	const struct cidr prefix = { ip_mask(end->ip, end->prefix_len), end->prefix_len };
	size_t		  len = 0;

	if (end->prefix_len == 0 || end->ip.family == IP_NONE) {
		ip_print(end->ip, out);
		return;
	}
	if (!ip_eq(prefix.base, end->ip)) {
		len = ip_print(end->ip, out);
		memcpy(out + len, " in ", 4);
		len += 4;
	}
	cidr_print(prefix, out + len);
}

void explain_end(const struct world *world, const struct end *end, struct buf *out)
{
	char address[EXPLAIN_ADDRESS_SIZE];

	if (end->ip.family == IP_NONE) {
		buf_add_text(out, "internet");
		return;
	}
	explain_address(end, address);
	if (end->eni_idx == WORLD_NONE) {
		buf_add_text(out, address);
		return;
	}
	buf_add_visible(out, world_eni_label(world, end->eni_idx));
	buf_printf(out, " (%s, ", address);
	buf_add_visible(out, world->enis[end->eni_idx].object.id);
	buf_add_char(out, ')');
}

const char *explain_hop_kind(const struct hop *hop)
{
	const char *name = hop_ops_of(hop->kind)->name;

	return name ? name : hop->outside ? hop->outside : "unknown";
}

const char *explain_hop_label(const struct hop *hop)
{
	const char *label = hop_ops_of(hop->kind)->label;

	return label ? label : explain_hop_kind(hop);
}

/* Of the interface's groups the deciding one, else the first. */
static const struct object *group_of(const struct world *world, const struct hop *hop)
{
	const struct eni *eni = &world->enis[hop->eni_idx];
	uint32_t	  idx = hop->decision.object_idx;

	for (uint32_t i = 0; idx == WORLD_NONE && i < eni->sg_count; i++)
		idx = eni->sg_idxs[i];
	return idx == WORLD_NONE ? NULL : &world->sgs[idx].object;
}

/* The object of a hop, or NULL when it is not in the snapshot. */
static const struct object *object_of(const struct world *world, const struct hop *hop)
{
	enum world_kind table = hop_ops_of(hop->kind)->table;

	if (hop->kind == HOP_SECURITY_GROUP)
		return group_of(world, hop);
	if (hop->object_idx == WORLD_NONE || table == WORLD_KIND_COUNT)
		return NULL;
	return world_object(world, table, hop->object_idx);
}

struct str explain_hop_id(const struct world *world, const struct hop *hop)
{
	const struct object *object = object_of(world, hop);

	return object ? object->id : hop->outside_id;
}

struct str explain_hop_name(const struct world *world, const struct hop *hop)
{
	const struct object *object = object_of(world, hop);

	if (!object && hop->kind == HOP_SECURITY_GROUP)
		return world_eni_label(world, hop->eni_idx);
	return object && object->name.len ? object->name : explain_hop_id(world, hop);
}

void explain_hop_rule_id(const struct hop *hop, struct buf *out)
{
	const struct decision *decision = &hop->decision;

	if (decision->sg_rule)
		buf_add_visible(out, decision->sg_rule->id);
	else if (decision->nacl_rule)
		buf_add_u64(out, decision->nacl_rule->number);
	else if (decision->layer == LAYER_NACL && decision->verdict == VERDICT_DENY)
		buf_add_char(out, '*');
}

/* "data (vpc-0a1b, account 444455556666, us-east-1)". */
static void add_vpc(const struct object *vpc, struct buf *out)
{
	if (vpc->name.len) {
		buf_add_visible(out, vpc->name);
		buf_add_text(out, " (");
	}
	buf_add_visible(out, vpc->id);
	if (vpc->owner.len) {
		buf_add_text(out, ", account ");
		buf_add_visible(out, vpc->owner);
	}
	if (vpc->region.len) {
		buf_add_text(out, ", ");
		buf_add_visible(out, vpc->region);
	}
	if (vpc->name.len)
		buf_add_char(out, ')');
}

void explain_hop_effect(const struct world *world, const struct hop *hop, struct buf *out)
{
	const struct {
		const char *which;
		struct ip   before, now;
	} changes[] = { { "source", hop->packet.src, hop->new_src },
			{ "destination", hop->packet.dst, hop->new_dst } };
	char before[IP_TEXT_SIZE], now[IP_TEXT_SIZE];

	if (hop->attachment_idx != WORLD_NONE) {
		buf_add_text(out, hop->direction == DIRECTION_INGRESS ? "by " : "from ");
		buf_add_visible(out, world->tgw_attachments[hop->attachment_idx].object.id);
	}
	if (hop->to_vpc_idx != WORLD_NONE) {
		buf_add_text(out, out->len ? " to " : "to ");
		add_vpc(&world->vpcs[hop->to_vpc_idx].object, out);
	}
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		if (changes[i].now.family == IP_NONE)
			continue;
		ip_print(changes[i].before, before);
		ip_print(changes[i].now, now);
		buf_printf(out, "%s%s %s becomes %s", i && changes[0].now.family ? ", " : "",
			   changes[i].which, before, now);
	}
	if (hop->new_port)
		buf_printf(out, ":%u", hop->new_port);
}

void explain_tgw_route(const struct tgw_route *route, struct buf *out)
{
	char cidr[CIDR_TEXT_SIZE];

	cidr_print(route->cidr, cidr);
	buf_add_visible(out, route->prefix_list_id.len ? route->prefix_list_id : str_of(cidr));
	buf_add_text(out, " -> ");
	if (route->is_blackhole)
		buf_add_text(out, "blackhole");
	else
		buf_add_visible(out,
				route->attachment_count ? route->attachment_ids[0] : str_of("?"));
}

void explain_hop_rule(const struct world *world, const struct hop *hop, struct buf *out)
{
	const struct decision *decision = &hop->decision;

	if (decision->sg_rule)
		rule_text_sg_in(world, decision->sg_rule, out);
	else if (decision->nacl_rule)
		rule_text_nacl(decision->nacl_rule, out);
	else if (hop->route)
		explain_route(hop->route, out);
	else if (hop->tgw_route)
		explain_tgw_route(hop->tgw_route, out);
	else if (decision->layer == LAYER_NACL && decision->verdict == VERDICT_DENY)
		buf_add_text(out, "implicit deny");
}

static uint32_t count_rules(const struct world *world, uint32_t eni_idx, bool egress)
{
	const struct eni *eni = &world->enis[eni_idx];
	uint32_t	  count = 0;

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++)
			count += sg->rules[j].egress == egress;
	}
	return count;
}

static void add_sg_reason(const struct world *world, const struct hop *hop, struct buf *out)
{
	const struct packet *packet = &hop->packet;
	bool		     egress = hop->direction == DIRECTION_EGRESS;
	uint32_t	     count = count_rules(world, hop->eni_idx, egress);
	char		     peer[IP_TEXT_SIZE];

	ip_print(egress ? packet->dst : packet->src, peer);
	if (count == 0)
		buf_printf(out, "no %s rules", egress ? "egress" : "ingress");
	else if (count == 1)
		buf_printf(out, "1 rule, it does not match %s ", peer);
	else
		buf_printf(out, "%u rules, none match %s ", count, peer);
	if (count)
		explain_hop_ports(hop, out);
}

void explain_hop_reason(const struct world *world, const struct hop *hop, struct buf *out)
{
	const struct decision *decision = &hop->decision;
	const char	      *about = reason_about(decision->reason);
	size_t		       begin = out->len;

	if (decision->note)
		buf_add_text(out, decision->note);
	else if (hop->kind == HOP_SECURITY_GROUP && decision->verdict == VERDICT_DENY)
		add_sg_reason(world, hop, out);
	else if (decision->nacl_rule || decision->layer == LAYER_NACL)
		explain_hop_rule(world, hop, out);
	else if (about) {
		explain_hop_rule(world, hop, out);
		buf_printf(out, "%s%s", out->len > begin ? ": " : "", about);
	}
}

void explain_doubt(const struct world *world, const struct hop *hop, struct buf *out)
{
	struct str id = explain_hop_id(world, hop);

	buf_add_text(out, explain_hop_kind(hop));
	buf_add_text(out, id.len ? " " : "");
	buf_add_visible(out, id);
	buf_add_text(out, ": ");
	explain_hop_reason(world, hop, out);
}

static int closeness(const struct sg_rule *rule, const struct packet *packet)
{
	struct ip peer = rule->egress ? packet->dst : packet->src;
	int	  score = 0;

	if (rule->protocol != packet->protocol && rule->protocol != PROTO_ANY)
		return 0;
	if (packet_match(packet, rule->protocol, rule->ports, rule->icmp_type, rule->icmp_code) !=
	    MATCH_NO)
		score += 4;
	else if (rule->protocol == packet->protocol)
		score += 1;
	if (rule->peer_kind == PEER_CIDR && cidr_has(rule->cidr, peer))
		score += 2;
	return score;
}

const struct sg_rule *explain_nearest(const struct world *world, uint32_t eni_idx, bool egress,
				      const struct packet *packet)
{
	const struct eni     *eni = &world->enis[eni_idx];
	const struct sg_rule *best = NULL;
	int		      score = 0;

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			int now = sg->rules[j].egress == egress ? closeness(&sg->rules[j], packet)
								: 0;

			if (now > score) {
				score = now;
				best = &sg->rules[j];
			}
		}
	}
	return best;
}
