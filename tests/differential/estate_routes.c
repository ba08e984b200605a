/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Route tables: a main one of each VPC, tables of single subnets, of gateways' edges and of regional NAT
 * gateways.  Most routes lead where such a route may lead; some lead anywhere.
 */
#include <stdio.h>

#include "lib/base/mem.h"
#include "tests/differential/estate_plan.h"

enum route_target {
	TARGET_IGW,
	TARGET_EIGW,
	TARGET_VGW,
	TARGET_NAT,
	TARGET_PCX,
	TARGET_TGW,
	TARGET_VPCE,
	TARGET_ENI,
	TARGET_OTHER,
	TARGET_COUNT
};

static void add_number(struct estate *estate, const char *member, const char *id, unsigned number)
{
	buf_printf(estate->text, "'%s': '%s-%u'", member, id, number);
}

/* A NAT gateway of the VPC when there is one. */
static unsigned nat_of(struct estate *estate, unsigned vpc)
{
	unsigned first = estate_roll(estate, ESTATE_NATS_MAX);

	for (unsigned i = 0; i < estate->nat_count; i++) {
		unsigned nat = (first + i) % estate->nat_count;

		if (estate->nats[nat].vpc == vpc)
			return nat;
	}
	return first;
}

/* Things that Weir does not walk through, and one that is not there. */
static void add_other(struct estate *estate)
{
	static const char *const others[] = { "'LocalGatewayId': 'lgw-1'",
					      "'CoreNetworkArn': 'arn:aws:networkmanager::1:x'",
					      "'GatewayId': 'igw-of-nobody'",
					      "'InstanceId': 'i-of-nobody'" };

	buf_add_text(estate->text, others[estate_roll(estate, ARRAY_LEN(others))]);
}

static void add_target(struct estate *estate, enum route_target target, unsigned vpc)
{
	unsigned other = estate_roll(estate, estate->plan.vpcs);
	unsigned peer = other == vpc ? (vpc + 1) % estate->plan.vpcs : other;
	unsigned home = estate_one_in(estate, 12) ? other : vpc;

	switch (target) {
	case TARGET_IGW:
		add_number(estate, "GatewayId", "igw", home);
		break;
	case TARGET_EIGW:
		add_number(estate, "EgressOnlyInternetGatewayId", "eigw", home);
		break;
	case TARGET_VGW:
		add_number(estate, "GatewayId", "vgw", home);
		break;
	case TARGET_NAT:
		add_number(estate, "NatGatewayId", "nat", nat_of(estate, vpc));
		break;
	case TARGET_PCX:
		buf_printf(estate->text, "'VpcPeeringConnectionId': 'pcx-%u-%u'",
			   vpc > peer ? vpc : peer, vpc > peer ? peer : vpc);
		break;
	case TARGET_TGW:
		add_number(estate, "TransitGatewayId", "tgw",
			   estate->tgws ? estate_roll(estate, estate->tgws) : 0);
		break;
	case TARGET_VPCE:
		add_number(estate, "GatewayId", "vpce", home);
		break;
	case TARGET_ENI:
		add_number(estate, "NetworkInterfaceId", "eni",
			   estate_roll(estate, estate->plan.enis + 1));
		break;
	case TARGET_OTHER:
	case TARGET_COUNT:
		add_other(estate);
	}
}

static void add_destination(struct estate *estate, const char *cidr)
{
	bool v6 = false;

	for (const char *at = cidr; *at; at++)
		v6 = v6 || *at == ':';
	buf_printf(estate->text, ",\n{'Destination%sCidrBlock': '%s', ", v6 ? "Ipv6" : "", cidr);
}

static void end_route(struct estate *estate, enum route_target target)
{
	buf_printf(estate->text, ", 'State': '%s', 'Origin': '%s'}",
		   estate_one_in(estate, 15) ? "blackhole" : "active",
		   target == TARGET_VGW && estate_one_in(estate, 2) ? "EnableVgwRoutePropagation"
								    : "CreateRoute");
}

static void add_route(struct estate *estate, unsigned vpc, const char *cidr,
		      enum route_target target)
{
	if (estate_one_in(estate, 15))
		target = (enum route_target)estate_roll(estate, TARGET_COUNT);
	add_destination(estate, cidr);
	add_target(estate, target, vpc);
	end_route(estate, target);
}

static void add_default_routes(struct estate *estate, unsigned vpc)
{
	static const enum route_target v4[] = { TARGET_IGW, TARGET_IGW, TARGET_IGW, TARGET_NAT,
						TARGET_NAT, TARGET_NAT, TARGET_TGW, TARGET_TGW,
						TARGET_VGW, TARGET_ENI, TARGET_VPCE };
	static const enum route_target v6[] = { TARGET_IGW,  TARGET_IGW,  TARGET_IGW,
						TARGET_EIGW, TARGET_EIGW, TARGET_TGW };

	if (!estate_one_in(estate, 8))
		add_route(estate, vpc, "0.0.0.0/0", v4[estate_roll(estate, ARRAY_LEN(v4))]);
	if (!estate_one_in(estate, 4))
		add_route(estate, vpc, "::/0", v6[estate_roll(estate, ARRAY_LEN(v6))]);
	if (estate_one_in(estate, 3))
		add_route(estate, vpc, "64:ff9b::/96", TARGET_NAT);
}

/* To the VPCs that this one is joined with; a few are forgotten. */
static void add_join_routes(struct estate *estate, unsigned vpc)
{
	char cidrs[2][CIDR_TEXT_SIZE];

	for (unsigned other = 0; other < estate->plan.vpcs; other++) {
		enum join join = estate->joins[vpc][other];

		if (other == vpc || join == JOIN_NONE)
			continue;
		snprintf(cidrs[0], CIDR_TEXT_SIZE, "10.%u.%u.0/%u",
			 plan_vpc_octet(&estate->plan, other), 0U,
			 plan_vpc_octet(&estate->plan, other) == plan_vpc_octet(&estate->plan, vpc)
				 ? 24U
				 : 16U);
		snprintf(cidrs[1], CIDR_TEXT_SIZE, "2001:db8:%u::/48", other);
		for (unsigned i = 0; i < ARRAY_LEN(cidrs); i++) {
			if (estate_one_in(estate, 10))
				continue;
			add_destination(estate, cidrs[i]);
			if (join == JOIN_PEERING)
				buf_printf(estate->text, "'VpcPeeringConnectionId': 'pcx-%u-%u'",
					   vpc > other ? vpc : other, vpc > other ? other : vpc);
			else
				add_target(estate, TARGET_TGW, vpc);
			end_route(estate, TARGET_OTHER);
		}
	}
}

/* Longer ones than local among them. */
static void add_random_routes(struct estate *estate, unsigned vpc)
{
	static const enum route_target inner[] = { TARGET_ENI, TARGET_NAT, TARGET_VPCE,
						   TARGET_ENI };
	char			       cidr[CIDR_TEXT_SIZE];

	if (estate_one_in(estate, 4)) {
		snprintf(cidr, sizeof(cidr), "10.%u.%u.0/24", plan_vpc_octet(&estate->plan, vpc),
			 plan_subnet_octet(&estate->plan, estate_subnet_of(estate, vpc)));
		add_route(estate, vpc, cidr, inner[estate_roll(estate, ARRAY_LEN(inner))]);
	}
	if (estate_one_in(estate, 2))
		add_route(estate, vpc, "192.168.0.0/16",
			  estate_one_in(estate, 2) ? TARGET_VGW : TARGET_TGW);
	for (unsigned i = estate_roll(estate, 3); i-- > 0;) {
		plan_cidr(&estate->plan, estate->plan.v6 && estate_one_in(estate, 3), cidr);
		add_route(estate, vpc, cidr, (enum route_target)estate_roll(estate, TARGET_COUNT));
	}
	if (!estate_one_in(estate, 3))
		return;
	buf_printf(estate->text, ",\n{'DestinationPrefixListId': 'pl-%u', ",
		   estate_one_in(estate, 8) ? estate->plan.lists
					    : estate_roll(estate, estate->plan.lists));
	add_target(estate, estate_one_in(estate, 3) ? TARGET_TGW : TARGET_VPCE, vpc);
	end_route(estate, TARGET_VPCE);
}

/* Associations is what comes between the brackets. */
static void begin_table(struct estate *estate, const char *id, unsigned vpc,
			const char *associations)
{
	buf_printf(estate->text,
		   "%s{'RouteTableId': '%s', 'VpcId': 'vpc-%u', 'OwnerId': '%s', 'Associations': "
		   "[%s], 'Routes': [{'DestinationCidrBlock': '10.%u.0.0/16', 'GatewayId': "
		   "'local', 'State': 'active'},\n{'DestinationIpv6CidrBlock': "
		   "'2001:db8:%u::/48', 'GatewayId': 'local', 'State': 'active'}",
		   vpc == 0 && id[4] == 'm' ? "" : ",\n", id, vpc, estate_owner(estate, vpc),
		   associations, plan_vpc_octet(&estate->plan, vpc), vpc);
}

static void add_table(struct estate *estate, const char *id, unsigned vpc, const char *associations)
{
	begin_table(estate, id, vpc, associations);
	add_join_routes(estate, vpc);
	add_default_routes(estate, vpc);
	add_random_routes(estate, vpc);
	buf_add_text(estate->text, "]}");
}

/* A regional NAT gateway's own table leads to the internet. */
static void add_nat_table(struct estate *estate, unsigned nat)
{
	unsigned vpc = estate->nats[nat].vpc;
	char	 id[CIDR_TEXT_SIZE];

	snprintf(id, sizeof(id), "rtb-nat-%u", nat);
	begin_table(estate, id, vpc, "");
	add_join_routes(estate, vpc);
	add_route(estate, vpc, "0.0.0.0/0", TARGET_IGW);
	buf_add_text(estate->text, "]}");
}

/* What enters by a gateway goes to an appliance, or nowhere. */
static void add_edge_table(struct estate *estate, unsigned vpc)
{
	char id[CIDR_TEXT_SIZE], associations[128], cidr[CIDR_TEXT_SIZE];

	snprintf(id, sizeof(id), "rtb-edge-%u", vpc);
	snprintf(associations, sizeof(associations), "{'GatewayId': '%s-%u'}",
		 estate_one_in(estate, 3) ? "vgw" : "igw", vpc);
	begin_table(estate, id, vpc, associations);
	snprintf(cidr, sizeof(cidr), "10.%u.%u.0/24", plan_vpc_octet(&estate->plan, vpc),
		 plan_subnet_octet(&estate->plan, estate_subnet_of(estate, vpc)));
	add_route(estate, vpc, cidr, TARGET_ENI);
	buf_add_text(estate->text, "]}");
}

void estate_routes(struct estate *estate)
{
	char id[CIDR_TEXT_SIZE], associations[128];

	estate_list(estate, "RouteTables");
	for (unsigned i = 0; i < estate->plan.vpcs; i++) {
		snprintf(id, sizeof(id), "rtb-main-%u", i);
		add_table(estate, id, i, estate_one_in(estate, 12) ? "" : "{'Main': true}");
	}
	for (unsigned i = 0; i < estate->plan.subnets; i++) {
		if (estate_one_in(estate, 3))
			continue;
		snprintf(id, sizeof(id), "rtb-%u", i);
		snprintf(associations, sizeof(associations), "{'SubnetId': 'subnet-%u'}", i);
		add_table(estate, id, estate_vpc_of(estate, i), associations);
	}
	for (unsigned i = 0; i < estate->nat_count; i++)
		if (estate->nats[i].is_regional && !estate_one_in(estate, 8))
			add_nat_table(estate, i);
	for (unsigned i = 0; i < estate->plan.vpcs; i++)
		if (estate_one_in(estate, 6))
			add_edge_table(estate, i);
	estate_end(estate);
}
