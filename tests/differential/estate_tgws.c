/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What joins VPCs: peering connections, and transit gateways with their attachments and tables.  A gateway has
 * two tables, and an attachment for each VPC that is attached to it, tgw-attach-G-V.
 */
#include <stdio.h>

#include "lib/base/mem.h"
#include "tests/differential/estate_plan.h"

enum { TABLES = 2 };

static void add_side(struct estate *estate, const char *key, unsigned vpc)
{
	unsigned octet = plan_vpc_octet(&estate->plan, vpc);

	buf_printf(estate->text,
		   "'%s': {'VpcId': 'vpc-%u', 'OwnerId': '%s', 'Region': '%s', 'CidrBlock': "
		   "'10.%u.0.0/16', 'CidrBlockSet': [{'CidrBlock': '10.%u.0.0/16'}], "
		   "'Ipv6CidrBlockSet': [{'Ipv6CidrBlock': '2001:db8:%u::/48'}]}",
		   key, vpc, estate_owner(estate, vpc), estate_region(estate, vpc), octet, octet,
		   vpc);
}

/* pcx-A-B joins VPCs A and B, B being the lower one. */
static void add_peerings(struct estate *estate)
{
	unsigned written = 0;

	estate_list(estate, "VpcPeeringConnections");
	for (unsigned i = 0; i < estate->plan.vpcs; i++)
		for (unsigned j = 0; j < i; j++) {
			if (estate_one_in(estate, 8))
				continue;
			plan_item(&estate->plan, written++);
			buf_printf(estate->text,
				   "{'VpcPeeringConnectionId': 'pcx-%u-%u', 'Status': {'Code': "
				   "'%s'}, ",
				   i, j,
				   estate_one_in(estate, 6) ? "pending-acceptance" : "active");
			add_side(estate, "RequesterVpcInfo", i);
			buf_add_text(estate->text, ", ");
			add_side(estate, "AccepterVpcInfo", j);
			buf_add_char(estate->text, '}');
		}
	estate_end(estate);
}

static const char *enabled(struct estate *estate, unsigned disabled_one_in)
{
	return estate_one_in(estate, disabled_one_in) ? "disable" : "enable";
}

static void add_subnet_ids(struct estate *estate, unsigned vpc)
{
	unsigned first = estate_subnet_of(estate, vpc), second = estate_subnet_of(estate, vpc);

	buf_printf(estate->text, "'subnet-%u'", first);
	if (estate_zone(estate, first) != estate_zone(estate, second))
		buf_printf(estate->text, ", 'subnet-%u'", second);
	else if (estate_one_in(estate, 15))
		buf_add_text(estate->text, ", 'subnet-of-nobody'");
}

static void add_vpc_attachments(struct estate *estate)
{
	unsigned written = 0;

	estate_list(estate, "TransitGatewayVpcAttachments");
	for (unsigned tgw = 0; tgw < estate->tgws; tgw++)
		for (unsigned vpc = 0; vpc < estate->plan.vpcs; vpc++) {
			if (estate_one_in(estate, tgw ? 2 : 10))
				continue;
			plan_item(&estate->plan, written++);
			buf_printf(estate->text,
				   "{'TransitGatewayAttachmentId': 'tgw-attach-%u-%u', "
				   "'TransitGatewayId': 'tgw-%u', 'VpcId': 'vpc-%u', 'VpcOwnerId': "
				   "'%s', 'State': 'available', 'SubnetIds': [",
				   tgw, vpc, tgw, vpc, estate_owner(estate, vpc));
			add_subnet_ids(estate, vpc);
			buf_printf(estate->text,
				   "], 'Options': {'ApplianceModeSupport': '%s', 'Ipv6Support': "
				   "'%s', 'SecurityGroupReferencingSupport': '%s'}}",
				   estate_one_in(estate, 6) ? "enable" : "disable",
				   enabled(estate, 4), enabled(estate, 4));
		}
	estate_end(estate);
}

static void add_association(struct estate *estate, unsigned tgw)
{
	if (!estate_one_in(estate, 12))
		buf_printf(estate->text,
			   ", 'Association': {'TransitGatewayRouteTableId': 'tgw-rtb-%u-%u', "
			   "'State': 'associated'}",
			   tgw, estate_roll(estate, TABLES));
	buf_add_char(estate->text, '}');
}

/* As the gateway's owner sees them: VPCs, a VPN each, and what joins the two gateways, from both ends. */
static void add_attachments(struct estate *estate)
{
	estate_list(estate, "TransitGatewayAttachments");
	for (unsigned tgw = 0; tgw < estate->tgws; tgw++) {
		plan_item(&estate->plan, tgw);
		buf_printf(estate->text,
			   "{'TransitGatewayAttachmentId': 'tgw-attach-vpn-%u', "
			   "'TransitGatewayId': 'tgw-%u', 'ResourceType': 'vpn', 'ResourceId': "
			   "'vpn-%u', 'State': 'available'",
			   tgw, tgw, tgw);
		add_association(estate, tgw);
		for (unsigned vpc = 0; vpc < estate->plan.vpcs; vpc++) {
			buf_printf(estate->text,
				   ",\n{'TransitGatewayAttachmentId': 'tgw-attach-%u-%u', "
				   "'TransitGatewayId': 'tgw-%u', 'ResourceType': 'vpc', "
				   "'ResourceId': 'vpc-%u', 'State': 'available'",
				   tgw, vpc, tgw, vpc);
			add_association(estate, tgw);
		}
		if (estate->tgws < 2)
			continue;
		buf_printf(estate->text,
			   ",\n{'TransitGatewayAttachmentId': 'tgw-attach-peer', "
			   "'TransitGatewayId': 'tgw-%u', 'ResourceType': 'peering', "
			   "'ResourceId': 'tgw-%u', 'State': 'available'",
			   tgw, 1 - tgw);
		add_association(estate, tgw);
	}
	estate_end(estate);
	if (estate->tgws == 2)
		buf_add_text(estate->text,
			     "{'TransitGatewayPeeringAttachments': [{'TransitGatewayAttachmentId': "
			     "'tgw-attach-peer', 'State': 'available', 'RequesterTgwInfo': "
			     "{'TransitGatewayId': 'tgw-0', 'OwnerId': '111122223333', 'Region': "
			     "'eu-west-1'}, 'AccepterTgwInfo': {'TransitGatewayId': 'tgw-1', "
			     "'OwnerId': '111122223333', 'Region': 'us-east-1'}}]}\n");
}

static void add_route(struct estate *estate, const char *cidr, const char *type, unsigned tgw,
		      const char *attachment)
{
	bool is_blackhole = estate_one_in(estate, 12);

	buf_printf(estate->text,
		   ",\n{'DestinationCidrBlock': '%s', 'Type': '%s', 'State': '%s', "
		   "'TransitGatewayAttachments': [",
		   cidr, type, is_blackhole ? "blackhole" : "active");
	if (!is_blackhole && attachment)
		buf_printf(estate->text, "{'TransitGatewayAttachmentId': '%s'}", attachment);
	else if (!is_blackhole)
		buf_printf(estate->text, "{'TransitGatewayAttachmentId': 'tgw-attach-%u-%u'}", tgw,
			   estate_roll(estate, estate->plan.vpcs + 1));
	buf_add_text(estate->text, "]}");
}

static void add_vpc_routes(struct estate *estate, unsigned tgw, unsigned vpc)
{
	char cidrs[2][CIDR_TEXT_SIZE], attachment[CIDR_TEXT_SIZE];

	snprintf(attachment, sizeof(attachment), "tgw-attach-%u-%u", tgw, vpc);
	snprintf(cidrs[0], CIDR_TEXT_SIZE, "10.%u.0.0/16", plan_vpc_octet(&estate->plan, vpc));
	snprintf(cidrs[1], CIDR_TEXT_SIZE, "2001:db8:%u::/48", vpc);
	for (unsigned i = 0; i < ARRAY_LEN(cidrs); i++)
		if (!estate_one_in(estate, 8))
			add_route(estate, cidrs[i],
				  estate_one_in(estate, 4) ? "static" : "propagated", tgw,
				  attachment);
}

/* The routes of a table, in a document of their own. */
static void add_table_routes(struct estate *estate, unsigned tgw, unsigned table)
{
	char cidr[CIDR_TEXT_SIZE], vpn[CIDR_TEXT_SIZE];

	buf_printf(estate->text,
		   "{'TransitGatewayRouteTableId': 'tgw-rtb-%u-%u', 'Routes': "
		   "[{'DestinationCidrBlock': '192.168.%u.0/24', 'Type': 'static', 'State': "
		   "'blackhole'}",
		   tgw, table, table + 1);
	for (unsigned vpc = 0; vpc < estate->plan.vpcs; vpc++)
		add_vpc_routes(estate, tgw, vpc);
	snprintf(vpn, sizeof(vpn), "tgw-attach-vpn-%u", tgw);
	if (!estate_one_in(estate, 3))
		add_route(estate, "192.168.0.0/16", "propagated", tgw, vpn);
	if (estate_one_in(estate, 2))
		add_route(estate, "0.0.0.0/0", "static", tgw, NULL);
	if (estate_one_in(estate, 2))
		add_route(estate, "::/0", "static", tgw, NULL);
	if (estate->tgws == 2 && estate_one_in(estate, 2))
		add_route(estate, "10.0.0.0/8", "static", tgw, "tgw-attach-peer");
	for (unsigned i = estate_roll(estate, 3); i-- > 0;) {
		plan_cidr(&estate->plan, estate->plan.v6 && estate_one_in(estate, 3), cidr);
		add_route(estate, cidr, "static", tgw, NULL);
	}
	if (estate_one_in(estate, 4))
		buf_printf(estate->text,
			   ",\n{'PrefixListId': 'pl-%u', 'Type': 'static', 'State': 'active', "
			   "'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': "
			   "'tgw-attach-%u-0'}]}",
			   estate_roll(estate, estate->plan.lists + 1), tgw);
	buf_add_text(estate->text, "]}\n");
}

static void add_tables(struct estate *estate)
{
	estate_list(estate, "TransitGatewayRouteTables");
	for (unsigned i = 0; i < estate->tgws * TABLES; i++) {
		plan_item(&estate->plan, i);
		buf_printf(estate->text,
			   "{'TransitGatewayRouteTableId': 'tgw-rtb-%u-%u', 'TransitGatewayId': "
			   "'tgw-%u', 'State': 'available'}",
			   i / TABLES, i % TABLES, i / TABLES);
	}
	estate_end(estate);
	for (unsigned i = 0; i < estate->tgws * TABLES; i++)
		if (!estate_one_in(estate, 10))
			add_table_routes(estate, i / TABLES, i % TABLES);
}

void estate_tgws(struct estate *estate)
{
	add_peerings(estate);
	if (estate->tgws == 0)
		return;
	estate_list(estate, "TransitGateways");
	for (unsigned i = 0; i < estate->tgws; i++) {
		plan_item(&estate->plan, i);
		buf_printf(estate->text,
			   "{'TransitGatewayId': 'tgw-%u', 'OwnerId': '111122223333', 'State': "
			   "'available', 'Options': {'SecurityGroupReferencingSupport': '%s'}}",
			   i, enabled(estate, 2));
	}
	estate_end(estate);
	add_vpc_attachments(estate);
	if (!estate_one_in(estate, 8))
		add_attachments(estate);
	if (!estate_one_in(estate, 8))
		add_tables(estate);
}
