/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/remedy.h"

#include "simulator/explain.h"
#include "simulator/remedy_route.h"

/* The far end as the hop sees it; the internet as a whole is everybody. */
static struct cidr peer_of(const struct obstacle *obstacle, struct ip ip)
{
	struct cidr everybody = { .base = { .family = ip.family } };

	return ip_eq(ip, obstacle->path->internet_ip) ? everybody : cidr_of_ip(ip);
}

static struct ip far_ip(const struct hop *hop)
{
	return hop->direction == DIRECTION_EGRESS ? hop->packet.dst : hop->packet.src;
}

static void add_cidr(const struct obstacle *obstacle, struct ip ip, struct buf *out)
{
	char text[CIDR_TEXT_SIZE];

	cidr_print(peer_of(obstacle, ip), text);
	buf_add_text(out, text);
}

/* "tcp/443 from 10.0.1.10/32" */
static void add_what(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop *hop = obstacle->hop;

	explain_hop_ports(hop, out);
	buf_add_text(out, hop->direction == DIRECTION_EGRESS ? " to " : " from ");
	add_cidr(obstacle, far_ip(hop), out);
}

static struct port_range ports_of(const struct hop *hop)
{
	struct port_range one = { hop->packet.dst_port, hop->packet.dst_port };

	return hop->ports.max ? hop->ports : one;
}

static uint32_t group_of(const struct obstacle *obstacle)
{
	const struct eni *eni = &obstacle->world->enis[obstacle->hop->eni_idx];

	for (uint32_t i = 0; i < eni->sg_count; i++)
		if (eni->sg_idxs[i] != WORLD_NONE)
			return eni->sg_idxs[i];
	return WORLD_NONE;
}

static void group_words(const struct obstacle *obstacle, struct buf *out)
{
	uint32_t sg_idx = group_of(obstacle);

	if (sg_idx == WORLD_NONE)
		return;
	buf_add_text(out, "a rule in ");
	buf_add_visible(out, obstacle->world->sgs[sg_idx].object.id);
	buf_add_text(out, ": ");
	add_what(obstacle, out);
}

static void group_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop    *hop = obstacle->hop;
	const struct packet *packet = &hop->packet;
	struct port_range    ports = ports_of(hop);
	uint32_t	     sg_idx = group_of(obstacle);
	char		     name[PROTO_TEXT_SIZE];
	bool		     is_v6 = packet->src.family == IP_V6;

	if (sg_idx == WORLD_NONE)
		return;
	proto_print(packet->protocol, name);
	buf_printf(out, "aws ec2 authorize-security-group-%s --group-id ",
		   hop->direction == DIRECTION_EGRESS ? "egress" : "ingress");
	buf_add_visible(out, obstacle->world->sgs[sg_idx].object.id);
	buf_printf(out, " --ip-permissions 'IpProtocol=%s", name);
	if (proto_has_ports(packet->protocol))
		buf_printf(out, ",FromPort=%u,ToPort=%u", ports.min, ports.max);
	else if (proto_is_icmp(packet->protocol))
		buf_printf(out, ",FromPort=%d,ToPort=%d", packet->icmp_type, packet->icmp_code);
	buf_printf(out, ",%s=[{%s=", is_v6 ? "Ipv6Ranges" : "IpRanges",
		   is_v6 ? "CidrIpv6" : "CidrIp");
	add_cidr(obstacle, far_ip(hop), out);
	buf_add_text(out, "}]'");
}

/* The highest number below the one that denies that no entry of the direction has; 0: none is left. */
static uint32_t free_number(const struct obstacle *obstacle)
{
	const struct hop       *hop = obstacle->hop;
	const struct nacl      *nacl = &obstacle->world->nacls[hop->object_idx];
	const struct nacl_rule *rule = hop->decision.nacl_rule;
	bool			egress = hop->direction == DIRECTION_EGRESS;
	uint32_t		number = rule && rule->number <= 32766 ? rule->number - 1 : 32766;

	for (uint32_t i = nacl->rule_count; i-- > 0;)
		if (nacl->rules[i].egress == egress && nacl->rules[i].number == number)
			number--;
	return number;
}

static void nacl_words(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop *hop = obstacle->hop;

	if (hop->object_idx == WORLD_NONE)
		return;
	buf_add_text(out, "an entry of ");
	buf_add_visible(out, obstacle->world->nacls[hop->object_idx].object.id);
	if (hop->decision.nacl_rule && hop->decision.nacl_rule->number <= 32766)
		buf_printf(out, " before rule %u", hop->decision.nacl_rule->number);
	buf_add_text(out, ": allow ");
	add_what(obstacle, out);
}

static void nacl_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop    *hop = obstacle->hop;
	const struct packet *packet = &hop->packet;
	struct port_range    ports = ports_of(hop);
	uint32_t	     number = hop->object_idx == WORLD_NONE ? 0 : free_number(obstacle);
	bool		     is_v6 = packet->src.family == IP_V6;

	if (number == 0)
		return;
	buf_add_text(out, "aws ec2 create-network-acl-entry --network-acl-id ");
	buf_add_visible(out, obstacle->world->nacls[hop->object_idx].object.id);
	buf_printf(out, " --%s --rule-number %u --rule-action allow --protocol %u",
		   hop->direction == DIRECTION_EGRESS ? "egress" : "ingress", number,
		   packet->protocol);
	if (proto_has_ports(packet->protocol))
		buf_printf(out, " --port-range From=%u,To=%u", ports.min, ports.max);
	else if (proto_is_icmp(packet->protocol))
		buf_printf(out, " --icmp-type-code Type=%d,Code=%d", packet->icmp_type,
			   packet->icmp_code);
	buf_add_text(out, is_v6 ? " --ipv6-cidr-block " : " --cidr-block ");
	add_cidr(obstacle, far_ip(hop), out);
}

static void check_words(const struct obstacle *obstacle, struct buf *out)
{
	if (obstacle->hop->decision.reason == REASON_ENI_SOURCE_DEST_CHECK_RESTRICTION)
		buf_add_text(out, "the source/destination check off, if the host is to forward");
}

static void check_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop *hop = obstacle->hop;

	if (hop->decision.reason != REASON_ENI_SOURCE_DEST_CHECK_RESTRICTION)
		return;
	buf_add_text(out, "aws ec2 modify-network-interface-attribute --network-interface-id ");
	buf_add_visible(out, obstacle->world->enis[hop->object_idx].object.id);
	buf_add_text(out, " --no-source-dest-check");
}

/* The interface that has no public address, and which of its addresses it would be for. */
static const struct eni *private_eni(const struct obstacle *obstacle, struct ip *ip)
{
	const struct world *world = obstacle->world;
	const struct hop   *hop = obstacle->hop;
	uint32_t	    eni_idx;

	*ip = hop->direction == DIRECTION_EGRESS ? hop->packet.src : hop->packet.dst;
	eni_idx = world_eni_in_vpc(world, hop->vpc_idx, *ip);
	return eni_idx == WORLD_NONE || ip->family == IP_V6 ? NULL : &world->enis[eni_idx];
}

static void igw_words(const struct obstacle *obstacle, struct buf *out)
{
	char	  text[IP_TEXT_SIZE];
	struct ip ip;

	switch ((int)obstacle->hop->decision.reason) {
	case REASON_IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS:
	case REASON_IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS:
		if (!private_eni(obstacle, &ip))
			return;
		ip_print(ip, text);
		buf_printf(out, "a public address for %s", text);
		return;
	case REASON_VPC_BLOCK_PUBLIC_ACCESS_ENABLED:
		buf_add_text(out, "an exclusion of the VPC from Block Public Access");
		return;
	case REASON_NO_PATH:
		buf_add_text(out, "an internet gateway for the VPC");
		return;
	default:
		return;
	}
}

static void add_vpc_id(const struct obstacle *obstacle, struct buf *out)
{
	buf_add_visible(out, obstacle->world->vpcs[obstacle->hop->vpc_idx].object.id);
}

static void igw_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct eni *eni;
	char		  text[IP_TEXT_SIZE];
	struct ip	  ip;

	switch ((int)obstacle->hop->decision.reason) {
	case REASON_IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS:
	case REASON_IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS:
		eni = private_eni(obstacle, &ip);
		if (!eni)
			return;
		ip_print(ip, text);
		buf_add_text(out, "aws ec2 associate-address --network-interface-id ");
		buf_add_visible(out, eni->object.id);
		buf_printf(out,
			   " --private-ip-address %s --allocation-id \"$(aws ec2 allocate-address "
			   "--query AllocationId --output text)\"",
			   text);
		return;
	case REASON_VPC_BLOCK_PUBLIC_ACCESS_ENABLED:
		buf_add_text(out, "aws ec2 create-vpc-block-public-access-exclusion --vpc-id ");
		add_vpc_id(obstacle, out);
		buf_add_text(out, " --internet-gateway-exclusion-mode allow-bidirectional");
		return;
	case REASON_NO_PATH:
		buf_add_text(out, "aws ec2 attach-internet-gateway --vpc-id ");
		add_vpc_id(obstacle, out);
		buf_add_text(out, " --internet-gateway-id \"$(aws ec2 create-internet-gateway "
				  "--query InternetGateway.InternetGatewayId --output text)\"");
		return;
	default:
		return;
	}
}

/* By kind of hop; no row: no change of it helps. */
static const struct {
	void (*words)(const struct obstacle *obstacle, struct buf *out);
	void (*command)(const struct obstacle *obstacle, struct buf *out);
} remedies[HOP_KIND_COUNT] = {
	[HOP_SECURITY_GROUP] = { group_words, group_command },
	[HOP_NETWORK_ACL] = { nacl_words, nacl_command },
	[HOP_NETWORK_INTERFACE] = { check_words, check_command },
	[HOP_INTERNET_GATEWAY] = { igw_words, igw_command },
	[HOP_EGRESS_ONLY_GATEWAY] = { igw_words, igw_command },
	[HOP_ROUTE_TABLE] = { remedy_route_words, remedy_route_command },
	[HOP_PEERING] = { remedy_peering_words, remedy_peering_command },
	[HOP_TRANSIT_GATEWAY] = { remedy_tgw_words, remedy_tgw_command },
	[HOP_TGW_ROUTE_TABLE] = { remedy_tgw_route_words, remedy_tgw_route_command },
};

void remedy_words(const struct obstacle *obstacle, struct buf *out)
{
	if (remedies[obstacle->hop->kind].words)
		remedies[obstacle->hop->kind].words(obstacle, out);
}

void remedy_command(const struct obstacle *obstacle, struct buf *out)
{
	if (remedies[obstacle->hop->kind].command)
		remedies[obstacle->hop->kind].command(obstacle, out);
}

/* How much of an entry fits: what it says of the header counts more than whom it is about. */
static int closeness(const struct nacl_rule *rule, const struct obstacle *obstacle)
{
	const struct hop *hop = obstacle->hop;
	int		  score = cidr_has(rule->cidr, far_ip(hop)) ? 2 : 0;

	if (!rule->allow || rule->egress != (hop->direction == DIRECTION_EGRESS) ||
	    rule->cidr.base.family != hop->packet.src.family)
		return 0;
	if (packet_match(&hop->packet, rule->protocol, rule->ports, rule->icmp_type,
			 rule->icmp_code) != MATCH_NO)
		return score + 4;
	return rule->protocol == hop->packet.protocol ? score + 1 : 0;
}

static void nearest_entry(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop       *hop = obstacle->hop;
	const struct nacl      *nacl = hop->object_idx == WORLD_NONE
					       ? NULL
					       : &obstacle->world->nacls[hop->object_idx];
	const struct nacl_rule *best = NULL;

	for (uint32_t i = 0; nacl && i < nacl->rule_count; i++)
		if (closeness(&nacl->rules[i], obstacle) > (best ? closeness(best, obstacle) : 0))
			best = &nacl->rules[i];
	if (!best)
		return;
	buf_printf(out, "rule %u  ", best->number);
	rule_text_nacl(best, out);
}

static void nearest_group_rule(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop     *hop = obstacle->hop;
	const struct sg_rule *rule = explain_nearest(
		obstacle->world, hop->eni_idx, hop->direction == DIRECTION_EGRESS, &hop->packet);

	if (!rule)
		return;
	buf_add_visible(out, rule->id);
	buf_add_text(out, rule->id.len ? "  " : "");
	rule_text_sg_in(obstacle->world, rule, out);
}

void remedy_nearest(const struct obstacle *obstacle, struct buf *out)
{
	if (obstacle->hop->kind == HOP_SECURITY_GROUP)
		nearest_group_rule(obstacle, out);
	else if (obstacle->hop->kind == HOP_NETWORK_ACL)
		nearest_entry(obstacle, out);
	else if (obstacle->hop->kind == HOP_ROUTE_TABLE)
		remedy_nearest_route(obstacle, out);
}
