/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/delta_member.h"

/* A member of another type does not compile. */
#define PLACE(owner, member, ctype)                                                                \
	(offsetof(owner, member) + 0 * sizeof((ctype *)0 == &((owner *)0)->member))
#define ONE(type_, ctype, owner, member_, name_, role_)                                            \
	{                                                                                          \
		.type = (type_), .name = (name_), .role = (role_),                                 \
		.offset = PLACE(owner, member_, ctype)                                             \
	}
#define TEXT(owner, member, name, role) ONE(MEMBER_TEXT, struct str, owner, member, name, role)
#define FLAG(owner, member, name, role) ONE(MEMBER_FLAG, bool, owner, member, name, role)
#define U16(owner, member, name, role)	ONE(MEMBER_U16, uint16_t, owner, member, name, role)
#define I16(owner, member, name, role)	ONE(MEMBER_I16, int16_t, owner, member, name, role)
#define U32(owner, member, name, role)	ONE(MEMBER_U32, uint32_t, owner, member, name, role)
#define IP(owner, member, name, role)	ONE(MEMBER_IP, struct ip, owner, member, name, role)
#define CIDR(owner, member, name, role) ONE(MEMBER_CIDR, struct cidr, owner, member, name, role)
#define PORTS(owner, member, name, role)                                                           \
	ONE(MEMBER_PORTS, struct port_range, owner, member, name, role)
#define REFERENCE(owner, member_, name_, target_)                                                  \
	{                                                                                          \
		.type = MEMBER_REFERENCE, .name = (name_), .role = MEMBER_MATTERS,                 \
		.target = (target_), .offset = PLACE(owner, member_, uint32_t)                     \
	}
#define LIST(owner, member_, count_, ctype, name_, rows_)                                          \
	{                                                                                          \
		.type = MEMBER_ROWS, .name = (name_), .role = MEMBER_MATTERS, .rows = &(rows_),    \
		.offset = PLACE(owner, member_, ctype *),                                          \
		.count_offset = PLACE(owner, count_, uint32_t)                                     \
	}
#define LIST_IF(owner, member_, count_, ctype, name_, rows_, known_, known_count_)                 \
	{                                                                                          \
		.type = MEMBER_ROWS, .name = (name_), .role = MEMBER_MATTERS, .rows = &(rows_),    \
		.offset = PLACE(owner, member_, ctype *),                                          \
		.count_offset = PLACE(owner, count_, uint32_t),                                    \
		.known_offset = PLACE(owner, known_, bool), .known_count = (known_count_)          \
	}
#define END                                                                                        \
	{                                                                                          \
		.type = MEMBER_END                                                                 \
	}

enum { BOTH = MEMBER_KEY | MEMBER_MATTERS };

static const struct member id_row[] = { { .type = MEMBER_TEXT, .name = "id", .role = BOTH }, END };
static const struct member cidr_row[] = { { .type = MEMBER_CIDR, .name = "block", .role = BOTH },
					  END };

static const struct member tag_row[] = {
	TEXT(struct tag, key, "key", MEMBER_KEY),
	TEXT(struct tag, value, "value", 0),
	END,
};

static const struct member sg_rule_row[] = {
	TEXT(struct sg_rule, id, "id", MEMBER_KEY),
	FLAG(struct sg_rule, egress, "egress", MEMBER_MATTERS),
	I16(struct sg_rule, protocol, "protocol", MEMBER_MATTERS),
	PORTS(struct sg_rule, ports, "ports", MEMBER_MATTERS),
	I16(struct sg_rule, icmp_type, "type", MEMBER_MATTERS),
	I16(struct sg_rule, icmp_code, "code", MEMBER_MATTERS),
	ONE(MEMBER_PEER_KIND, enum peer_kind, struct sg_rule, peer_kind, "peer", MEMBER_MATTERS),
	CIDR(struct sg_rule, cidr, "block", MEMBER_MATTERS),
	TEXT(struct sg_rule, peer_id, "peer id", MEMBER_MATTERS),
	TEXT(struct sg_rule, peer_owner, "account", MEMBER_MATTERS),
	TEXT(struct sg_rule, peer_vpc_id, "VPC", MEMBER_MATTERS),
	TEXT(struct sg_rule, peering_id, "peering", MEMBER_MATTERS),
	TEXT(struct sg_rule, peering_status, "peering status", MEMBER_MATTERS),
	FLAG(struct sg_rule, disputed, "disputed", MEMBER_MATTERS),
	TEXT(struct sg_rule, description, "description", 0),
	END,
};

static const struct member nacl_rule_row[] = {
	FLAG(struct nacl_rule, egress, "egress", BOTH),
	U32(struct nacl_rule, number, "number", BOTH),
	FLAG(struct nacl_rule, allow, "allow", MEMBER_MATTERS),
	I16(struct nacl_rule, protocol, "protocol", MEMBER_MATTERS),
	PORTS(struct nacl_rule, ports, "ports", MEMBER_MATTERS),
	I16(struct nacl_rule, icmp_type, "type", MEMBER_MATTERS),
	I16(struct nacl_rule, icmp_code, "code", MEMBER_MATTERS),
	CIDR(struct nacl_rule, cidr, "block", MEMBER_MATTERS),
	END,
};

static const struct member route_row[] = {
	CIDR(struct route, cidr, "block", BOTH),
	TEXT(struct route, prefix_list_id, "prefix list", BOTH),
	TEXT(struct route, target, "target", MEMBER_MATTERS),
	TEXT(struct route, state, "state", MEMBER_MATTERS),
	TEXT(struct route, origin, "origin", MEMBER_MATTERS),
	END,
};

static const struct member tgw_route_row[] = {
	CIDR(struct tgw_route, cidr, "block", BOTH),
	TEXT(struct tgw_route, prefix_list_id, "prefix list", BOTH),
	{ .type = MEMBER_TEXTS,
	  .name = "attachments",
	  .role = MEMBER_MATTERS,
	  .offset = PLACE(struct tgw_route, attachment_ids, struct str *),
	  .count_offset = PLACE(struct tgw_route, attachment_count, uint32_t) },
	FLAG(struct tgw_route, is_static, "static", MEMBER_MATTERS),
	FLAG(struct tgw_route, is_blackhole, "blackhole", MEMBER_MATTERS),
	END,
};

static const struct member address_row[] = {
	IP(struct address, ip, "address", BOTH),
	IP(struct address, public_ip, "public", MEMBER_MATTERS),
	END,
};

static const struct member nat_address_row[] = {
	IP(struct nat_address, private_ip, "address", BOTH),
	IP(struct nat_address, public_ip, "public", MEMBER_MATTERS),
	TEXT(struct nat_address, eni_id, "interface", MEMBER_MATTERS),
	TEXT(struct nat_address, az, "zone", MEMBER_MATTERS),
	END,
};

static const struct member target_row[] = {
	TEXT(struct target, id, "id", BOTH),
	U16(struct target, port, "port", BOTH),
	TEXT(struct target, health, "health", MEMBER_MATTERS),
	END,
};

#define ROWS(part, ctype, members)                                                                 \
	{                                                                                          \
		part, sizeof(ctype), members                                                       \
	}

static const struct row_type ids = ROWS(ROW_TEXT, struct str, id_row);
static const struct row_type cidrs = ROWS(ROW_TEXT, struct cidr, cidr_row);
static const struct row_type tags = ROWS(ROW_TAG, struct tag, tag_row);
static const struct row_type addresses = ROWS(ROW_TEXT, struct address, address_row);
static const struct row_type nat_addresses = ROWS(ROW_TEXT, struct nat_address, nat_address_row);
static const struct row_type targets = ROWS(ROW_TEXT, struct target, target_row);
static const struct row_type sg_rules = ROWS(ROW_SG_RULE, struct sg_rule, sg_rule_row);
static const struct row_type nacl_rules = ROWS(ROW_NACL_RULE, struct nacl_rule, nacl_rule_row);
static const struct row_type routes = ROWS(ROW_ROUTE, struct route, route_row);
static const struct row_type tgw_routes = ROWS(ROW_TGW_ROUTE, struct tgw_route, tgw_route_row);

const struct member object_members[] = {
	TEXT(struct object, name, "name", 0),
	TEXT(struct object, owner, "account", MEMBER_MATTERS),
	TEXT(struct object, region, "Region", MEMBER_MATTERS),
	{ .type = MEMBER_ROWS,
	  .name = "tag",
	  .rows = &tags,
	  .offset = PLACE(struct object, tags, struct tag *),
	  .count_offset = PLACE(struct object, tag_count, uint32_t) },
	END,
};

static const struct member vpc[] = {
	FLAG(struct vpc, is_implied, "known by reference only", MEMBER_MATTERS),
	TEXT(struct vpc, bpa_mode, "Block Public Access", MEMBER_MATTERS),
	LIST(struct vpc, cidrs, cidr_count, struct cidr, "block", cidrs),
	END,
};

/* The associations as they count, those by default too: of the ACL's and the table's own lists they are made. */
static const struct member subnet[] = {
	TEXT(struct subnet, vpc_id, "VPC", MEMBER_MATTERS),
	TEXT(struct subnet, az, "zone", MEMBER_MATTERS),
	TEXT(struct subnet, az_id, "zone id", MEMBER_MATTERS),
	TEXT(struct subnet, bpa_mode, "Block Public Access", MEMBER_MATTERS),
	REFERENCE(struct subnet, nacl_idx, "network ACL", WORLD_NACL),
	REFERENCE(struct subnet, rtb_idx, "route table", WORLD_RTB),
	LIST(struct subnet, cidrs, cidr_count, struct cidr, "block", cidrs),
	END,
};

static const struct member sg[] = {
	TEXT(struct sg, vpc_id, "VPC", MEMBER_MATTERS),
	TEXT(struct sg, description, "description", 0),
	FLAG(struct sg, has_rules[0], "ingress rules known", MEMBER_MATTERS),
	FLAG(struct sg, has_rules[1], "egress rules known", MEMBER_MATTERS),
	LIST_IF(struct sg, rules, rule_count, struct sg_rule, "rule", sg_rules, has_rules[0], 2),
	END,
};

static const struct member nacl[] = {
	TEXT(struct nacl, vpc_id, "VPC", MEMBER_MATTERS),
	FLAG(struct nacl, is_default, "default of its VPC", MEMBER_MATTERS),
	LIST(struct nacl, rules, rule_count, struct nacl_rule, "rule", nacl_rules),
	END,
};

static const struct member eni[] = {
	TEXT(struct eni, vpc_id, "VPC", MEMBER_MATTERS),
	TEXT(struct eni, subnet_id, "subnet", MEMBER_MATTERS),
	TEXT(struct eni, instance_id, "instance", MEMBER_MATTERS),
	TEXT(struct eni, type, "type", MEMBER_MATTERS),
	TEXT(struct eni, description, "description", 0),
	FLAG(struct eni, source_dest_check, "source/destination check", MEMBER_MATTERS),
	FLAG(struct eni, denies_igw, "denies internet gateways", MEMBER_MATTERS),
	FLAG(struct eni, requester_managed, "managed by its requester", 0),
	LIST(struct eni, sg_ids, sg_count, struct str, "group", ids),
	LIST(struct eni, addresses, address_count, struct address, "address", addresses),
	LIST(struct eni, prefixes, prefix_count, struct cidr, "prefix", cidrs),
	END,
};

static const struct member instance[] = {
	TEXT(struct instance, state, "state", MEMBER_MATTERS),
	END,
};

static const struct member rtb[] = {
	TEXT(struct rtb, vpc_id, "VPC", MEMBER_MATTERS),
	FLAG(struct rtb, is_main, "main of its VPC", MEMBER_MATTERS),
	LIST(struct rtb, gateway_ids, gateway_count, struct str, "edge association", ids),
	LIST(struct rtb, routes, route_count, struct route, "route", routes),
	END,
};

static const struct member prefix_list[] = {
	FLAG(struct prefix_list, has_entries, "entries known", MEMBER_MATTERS),
	LIST_IF(struct prefix_list, entries, entry_count, struct cidr, "entry", cidrs, has_entries,
		1),
	END,
};

static const struct member gateway[] = {
	LIST(struct gateway, vpc_ids, vpc_count, struct str, "VPC", ids),
	END,
};

static const struct member nat[] = {
	TEXT(struct nat, vpc_id, "VPC", MEMBER_MATTERS),
	TEXT(struct nat, subnet_id, "subnet", MEMBER_MATTERS),
	TEXT(struct nat, rtb_id, "route table", MEMBER_MATTERS),
	FLAG(struct nat, is_private, "private", MEMBER_MATTERS),
	LIST(struct nat, addresses, address_count, struct nat_address, "address", nat_addresses),
	END,
};

static const struct member pcx[] = {
	TEXT(struct pcx, status, "status", MEMBER_MATTERS),
	TEXT(struct pcx, requester.vpc_id, "requester's VPC", MEMBER_MATTERS),
	TEXT(struct pcx, requester.owner, "requester's account", MEMBER_MATTERS),
	TEXT(struct pcx, requester.region, "requester's Region", MEMBER_MATTERS),
	TEXT(struct pcx, accepter.vpc_id, "accepter's VPC", MEMBER_MATTERS),
	TEXT(struct pcx, accepter.owner, "accepter's account", MEMBER_MATTERS),
	TEXT(struct pcx, accepter.region, "accepter's Region", MEMBER_MATTERS),
	LIST(struct pcx, requester.cidrs, requester.cidr_count, struct cidr, "requester's block",
	     cidrs),
	LIST(struct pcx, accepter.cidrs, accepter.cidr_count, struct cidr, "accepter's block",
	     cidrs),
	END,
};

static const struct member tgw[] = {
	FLAG(struct tgw, sg_referencing, "security group referencing", MEMBER_MATTERS),
	END,
};

static const struct member tgw_attachment[] = {
	TEXT(struct tgw_attachment, tgw_id, "transit gateway", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, resource_type, "type", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, resource_id, "resource", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, resource_owner, "account of the resource", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, rtb_id, "associated table", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, other_rtb_id, "associated table of the far end",
	     MEMBER_MATTERS),
	FLAG(struct tgw_attachment, sg_referencing, "security group referencing", MEMBER_MATTERS),
	FLAG(struct tgw_attachment, appliance_mode, "appliance mode", MEMBER_MATTERS),
	FLAG(struct tgw_attachment, ipv6, "IPv6", MEMBER_MATTERS),
	FLAG(struct tgw_attachment, is_described, "association known", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, requester_tgw_id, "requester", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, peer_tgw_id, "peer", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, peer_owner, "peer's account", MEMBER_MATTERS),
	TEXT(struct tgw_attachment, peer_region, "peer's Region", MEMBER_MATTERS),
	LIST(struct tgw_attachment, subnet_ids, subnet_count, struct str, "subnet", ids),
	END,
};

static const struct member tgw_rtb[] = {
	TEXT(struct tgw_rtb, tgw_id, "transit gateway", MEMBER_MATTERS),
	FLAG(struct tgw_rtb, has_routes, "routes known", MEMBER_MATTERS),
	LIST(struct tgw_rtb, association_ids, association_count, struct str, "association", ids),
	LIST(struct tgw_rtb, propagation_ids, propagation_count, struct str, "propagation", ids),
	LIST_IF(struct tgw_rtb, routes, route_count, struct tgw_route, "route", tgw_routes,
		has_routes, 1),
	END,
};

static const struct member vpn[] = {
	TEXT(struct vpn, vgw_id, "VPN gateway", MEMBER_MATTERS),
	TEXT(struct vpn, tgw_id, "transit gateway", MEMBER_MATTERS),
	TEXT(struct vpn, cgw_id, "customer gateway", MEMBER_MATTERS),
	LIST(struct vpn, routes, route_count, struct cidr, "route", cidrs),
	END,
};

static const struct member cgw[] = {
	IP(struct cgw, ip, "address", MEMBER_MATTERS),
	END,
};

static const struct member vpce[] = {
	TEXT(struct vpce, vpc_id, "VPC", MEMBER_MATTERS),
	TEXT(struct vpce, type, "type", MEMBER_MATTERS),
	TEXT(struct vpce, service, "service", MEMBER_MATTERS),
	LIST(struct vpce, rtb_ids, rtb_count, struct str, "route table", ids),
	LIST(struct vpce, subnet_ids, subnet_count, struct str, "subnet", ids),
	LIST(struct vpce, eni_ids, eni_count, struct str, "interface", ids),
	LIST(struct vpce, sg_ids, sg_count, struct str, "group", ids),
	END,
};

static const struct member eip[] = {
	IP(struct eip, public_ip, "public address", MEMBER_MATTERS),
	IP(struct eip, private_ip, "address", MEMBER_MATTERS),
	TEXT(struct eip, eni_id, "interface", MEMBER_MATTERS),
	TEXT(struct eip, instance_id, "instance", MEMBER_MATTERS),
	END,
};

static const struct member lb[] = {
	TEXT(struct lb, type, "type", MEMBER_MATTERS),
	TEXT(struct lb, scheme, "scheme", MEMBER_MATTERS),
	TEXT(struct lb, vpc_id, "VPC", MEMBER_MATTERS),
	TEXT(struct lb, dns_name, "DNS name", 0),
	TEXT(struct lb, cross_zone, "cross-zone", MEMBER_MATTERS),
	LIST(struct lb, sg_ids, sg_count, struct str, "group", ids),
	LIST(struct lb, subnet_ids, subnet_count, struct str, "subnet", ids),
	END,
};

static const struct member listener[] = {
	TEXT(struct listener, lb_id, "load balancer", MEMBER_MATTERS),
	TEXT(struct listener, protocol, "protocol", MEMBER_MATTERS),
	U16(struct listener, port, "port", MEMBER_MATTERS),
	LIST(struct listener, target_group_ids, target_group_count, struct str, "target group",
	     ids),
	END,
};

static const struct member lb_rule[] = {
	TEXT(struct lb_rule, listener_id, "listener", MEMBER_MATTERS),
	LIST(struct lb_rule, target_group_ids, target_group_count, struct str, "target group", ids),
	END,
};

static const struct member target_group[] = {
	TEXT(struct target_group, protocol, "protocol", MEMBER_MATTERS),
	TEXT(struct target_group, target_type, "target type", MEMBER_MATTERS),
	TEXT(struct target_group, vpc_id, "VPC", MEMBER_MATTERS),
	U16(struct target_group, port, "port", MEMBER_MATTERS),
	TEXT(struct target_group, preserve_client_ip, "client address preservation",
	     MEMBER_MATTERS),
	TEXT(struct target_group, cross_zone, "cross-zone", MEMBER_MATTERS),
	FLAG(struct target_group, has_targets, "targets known", MEMBER_MATTERS),
	LIST_IF(struct target_group, targets, target_count, struct target, "target", targets,
		has_targets, 1),
	END,
};

static const struct member flow_log[] = {
	TEXT(struct flow_log, resource_id, "resource", 0),
	TEXT(struct flow_log, traffic_type, "traffic type", 0),
	TEXT(struct flow_log, format, "format", 0),
	TEXT(struct flow_log, destination, "destination", 0),
	U32(struct flow_log, max_interval_s, "interval in seconds", 0),
	END,
};

static const struct member az[] = { END };

static const struct member bpa[] = {
	TEXT(struct bpa, mode, "mode", MEMBER_MATTERS),
	END,
};

static const struct member bpa_exclusion[] = {
	TEXT(struct bpa_exclusion, resource_id, "resource", MEMBER_MATTERS),
	TEXT(struct bpa_exclusion, mode, "mode", MEMBER_MATTERS),
	END,
};

const struct member *kind_members(enum world_kind kind)
{
	static const struct member *const members[WORLD_KIND_COUNT] = {
		[WORLD_VPC] = vpc,
		[WORLD_SUBNET] = subnet,
		[WORLD_SG] = sg,
		[WORLD_NACL] = nacl,
		[WORLD_ENI] = eni,
		[WORLD_INSTANCE] = instance,
		[WORLD_RTB] = rtb,
		[WORLD_PREFIX_LIST] = prefix_list,
		[WORLD_IGW] = gateway,
		[WORLD_EIGW] = gateway,
		[WORLD_VGW] = gateway,
		[WORLD_CAGW] = gateway,
		[WORLD_NAT] = nat,
		[WORLD_PCX] = pcx,
		[WORLD_TGW] = tgw,
		[WORLD_TGW_ATTACHMENT] = tgw_attachment,
		[WORLD_TGW_RTB] = tgw_rtb,
		[WORLD_VPN] = vpn,
		[WORLD_CGW] = cgw,
		[WORLD_VPCE] = vpce,
		[WORLD_EIP] = eip,
		[WORLD_LB] = lb,
		[WORLD_LISTENER] = listener,
		[WORLD_LB_RULE] = lb_rule,
		[WORLD_TARGET_GROUP] = target_group,
		[WORLD_FLOW_LOG] = flow_log,
		[WORLD_AZ] = az,
		[WORLD_BPA] = bpa,
		[WORLD_BPA_EXCLUSION] = bpa_exclusion,
	};

	return members[kind];
}

bool kind_is_decoration(enum world_kind kind)
{
	return kind == WORLD_FLOW_LOG || kind == WORLD_AZ;
}
