/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_world.h"

#include "lib/base/mem.h"
#include "tests/differential/random_plan.h"

static unsigned roll(struct dice *dice, unsigned sides)
{
	return (unsigned)dice_roll(dice, sides);
}

static void add_vpcs(struct plan *plan)
{
	buf_add_text(&plan->text, "{'Vpcs': [");
	for (unsigned i = 0; i < plan->vpcs; i++) {
		plan_item(plan, i);
		buf_printf(&plan->text,
			   "{'VpcId': 'vpc-%u', 'CidrBlock': '10.%u.0.0/16', "
			   "'CidrBlockAssociationSet': [{'CidrBlock': '10.%u.0.0/16'}%s], "
			   "'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': "
			   "'2001:db8:%u::/48'}%s]}",
			   i, plan_vpc_octet(plan, i), plan_vpc_octet(plan, i),
			   dice_one_in(plan->dice, 3) ? ", {'CidrBlock': '100.64.0.0/16'}" : "", i,
			   dice_one_in(plan->dice, 8) ? ", {'Ipv6CidrBlock': '2001:db8::/44'}"
						      : "");
	}
	buf_add_text(&plan->text, "]}\n{'Subnets': [");
	for (unsigned i = 0; i < plan->subnets; i++) {
		unsigned vpc = i % plan->vpcs;

		plan_item(plan, i);
		buf_printf(&plan->text,
			   "{'SubnetId': 'subnet-%u', 'VpcId': 'vpc-%u', 'CidrBlock': "
			   "'10.%u.%u.0/%u', 'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': "
			   "'2001:db8:%u:%u::/64'}]}",
			   i, vpc, plan_vpc_octet(plan, vpc), plan_subnet_octet(plan, i),
			   24 + roll(plan->dice, 3), vpc, i);
	}
	buf_add_text(&plan->text, "]}\n");
}

/* Permissions with many peers, so that there are more intervals than a shallow search can tell apart. */
static void add_crowd(struct plan *plan, bool v6)
{
	unsigned count = 100 + roll(plan->dice, 3000), ranges = 1 + roll(plan->dice, 300);
	char	 address[IP_TEXT_SIZE];

	for (unsigned i = 0; i < count; i++) {
		unsigned  port = i % ranges * 200;
		struct ip ip = plan_ip(plan, v6);

		for (unsigned byte = v6 ? 4 : 1; byte < (v6 ? 16 : 4); byte++)
			ip.bytes[byte] = (uint8_t)roll(plan->dice, 256);
		ip_print(ip, address);
		buf_printf(&plan->text,
			   "{'IpProtocol': '%s', 'FromPort': %u, 'ToPort': %u, '%s': [{'%s': "
			   "'%s/%u'}]}, ",
			   i % 3 ? "tcp" : "udp", port, port + i % 7,
			   v6 ? "Ipv6Ranges" : "IpRanges", v6 ? "CidrIpv6" : "CidrIp", address,
			   (v6 ? 48 : 16) + roll(plan->dice, v6 ? 81 : 17));
	}
}

static void add_groups(struct plan *plan)
{
	static const char *const lists[] = { "IpPermissions", "IpPermissionsEgress" };

	buf_add_text(&plan->text, "{'SecurityGroups': [");
	for (unsigned i = 0; i < plan->groups; i++) {
		plan_item(plan, i);
		buf_printf(&plan->text, "{'GroupId': 'sg-%u', 'VpcId': 'vpc-%u'", i,
			   i % plan->vpcs);
		for (unsigned list = 0; list < ARRAY_LEN(lists); list++) {
			unsigned count = roll(plan->dice, 6);

			if (dice_one_in(plan->dice, 12))
				continue; /* the document leaves them out */
			buf_printf(&plan->text, ", '%s': [", lists[list]);
			if (plan->crowded && i == 0)
				add_crowd(plan, plan->v6 && dice_one_in(plan->dice, 2));
			for (unsigned j = 0; j < count + 1; j++) {
				buf_add_text(&plan->text, j ? ", " : "");
				plan_permission(plan);
			}
			buf_add_char(&plan->text, ']');
		}
		buf_add_char(&plan->text, '}');
	}
	buf_add_text(&plan->text, "]}\n");
}

/* Rows that the groups do not have: disputed rules. */
static void add_disputed(struct plan *plan)
{
	char cidr[CIDR_TEXT_SIZE];

	buf_add_text(&plan->text, "{'SecurityGroupRules': [");
	for (unsigned i = 0; i < 3; i++) {
		plan_item(plan, i);
		plan_cidr(plan, false, cidr);
		buf_printf(&plan->text,
			   "{'SecurityGroupRuleId': 'sgr-%u', 'GroupId': 'sg-%u', 'IsEgress': %s, "
			   "'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 443, ",
			   i, roll(plan->dice, plan->groups),
			   dice_one_in(plan->dice, 2) ? "true" : "false");
		if (dice_one_in(plan->dice, 2))
			buf_printf(&plan->text, "'ReferencedGroupInfo': {'GroupId': 'sg-%u'}}",
				   roll(plan->dice, plan->groups));
		else
			buf_printf(&plan->text, "'CidrIpv4': '%s'}", cidr);
	}
	buf_add_text(&plan->text, "]}\n");
}

static void add_nacls(struct plan *plan)
{
	buf_add_text(&plan->text, "{'NetworkAcls': [");
	for (unsigned i = 0; i < plan->nacls; i++) {
		unsigned count = roll(plan->dice, 14);

		plan_item(plan, i);
		buf_printf(&plan->text,
			   "{'NetworkAclId': 'acl-%u', 'VpcId': 'vpc-%u', 'IsDefault': %s, "
			   "'Associations': [{'SubnetId': 'subnet-%u'}], 'Entries': [",
			   i, i % plan->vpcs, i < plan->vpcs ? "true" : "false",
			   roll(plan->dice, plan->subnets));
		for (unsigned j = 0; j < count; j++) {
			buf_add_text(&plan->text, j ? ", " : "");
			plan_entry(plan, 100 + j);
		}
		for (unsigned egress = 0; egress < 2 && !dice_one_in(plan->dice, 3); egress++)
			buf_printf(&plan->text,
				   "%s{'RuleNumber': 900, 'RuleAction': 'allow', 'Egress': %s, "
				   "'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}",
				   count || egress ? ", " : "", egress ? "true" : "false");
		buf_add_text(&plan->text, "]}");
	}
	buf_add_text(&plan->text, "]}\n");
}

static void add_addresses(struct plan *plan, unsigned subnet)
{
	unsigned vpc = plan_vpc_octet(plan, subnet % plan->vpcs),
		 net = plan_subnet_octet(plan, subnet);
	unsigned strays = dice_one_in(plan->dice, 8), hosts = 1 + roll(plan->dice, 3);

	buf_add_text(&plan->text, ", 'PrivateIpAddresses': [");
	for (unsigned i = 0; i < hosts; i++)
		buf_printf(&plan->text, "%s{'PrivateIpAddress': '10.%u.%u.%u'}", i ? ", " : "", vpc,
			   i && strays ? 200 : net, 4 + roll(plan->dice, 28));
	buf_add_text(&plan->text, "]");
	if (dice_one_in(plan->dice, 4))
		buf_printf(&plan->text, ", 'Ipv4Prefixes': [{'Ipv4Prefix': '10.%u.%u.%u/28'}]", vpc,
			   net, 16 * roll(plan->dice, 4));
	if (plan->v6) {
		buf_printf(&plan->text, ", 'Ipv6Addresses': [{'Ipv6Address': '2001:db8:%u:%u::%x'}",
			   subnet % plan->vpcs, subnet, roll(plan->dice, 20));
		if (strays)
			buf_printf(&plan->text, ", {'Ipv6Address': 'fd01:db8:%u::%x'}",
				   roll(plan->dice, 3), roll(plan->dice, 20));
		buf_add_char(&plan->text, ']');
	}
	if (plan->v6 && dice_one_in(plan->dice, 4))
		buf_printf(&plan->text,
			   ", 'Ipv6Prefixes': [{'Ipv6Prefix': '2001:db8:%u:%u:%u::/80'}]",
			   subnet % plan->vpcs, subnet, roll(plan->dice, 4));
}

/* What interfaces of a fleet have in common. */
struct fleet {
	unsigned subnet, count, groups[4];
	bool	 has_subnet;
};

static struct fleet some_fleet(struct plan *plan)
{
	struct dice *dice = plan->dice;
	struct fleet fleet = { .subnet = roll(dice, plan->subnets), .count = roll(dice, 4) };

	fleet.has_subnet = !dice_one_in(dice, 12);
	for (unsigned i = 0; i < fleet.count; i++)
		fleet.groups[i] = dice_one_in(dice, 10) ? plan->groups : roll(dice, plan->groups);
	return fleet;
}

static void add_enis(struct plan *plan)
{
	static const char *const types[] = { "nat_gateway", "interface", "network_load_balancer" };
	struct fleet		 fleet = some_fleet(plan);

	buf_add_text(&plan->text, "{'NetworkInterfaces': [");
	for (unsigned i = 0; i < plan->enis; i++) {
		if (!dice_one_in(plan->dice, 3))
			fleet = some_fleet(plan);
		plan_item(plan, i);
		buf_printf(&plan->text, "{'NetworkInterfaceId': 'eni-%u', 'InterfaceType': '%s'", i,
			   types[roll(plan->dice, ARRAY_LEN(types))]);
		if (!dice_one_in(plan->dice, 20))
			buf_printf(&plan->text, ", 'VpcId': 'vpc-%u'", fleet.subnet % plan->vpcs);
		if (fleet.has_subnet)
			buf_printf(&plan->text, ", 'SubnetId': 'subnet-%u'", fleet.subnet);
		if (dice_one_in(plan->dice, 2))
			buf_printf(&plan->text, ", 'TagSet': [{'Key': 'Tier', 'Value': 't%u'}]",
				   roll(plan->dice, 3));
		buf_add_text(&plan->text, ", 'Groups': [");
		for (unsigned j = 0; j < fleet.count; j++)
			buf_printf(&plan->text, "%s{'GroupId': 'sg-%u'}", j ? ", " : "",
				   fleet.groups[j]);
		buf_add_char(&plan->text, ']');
		add_addresses(plan, fleet.subnet);
		buf_add_char(&plan->text, '}');
	}
	buf_add_text(&plan->text, "]}\n");
}

static void add_joins(struct plan *plan)
{
	if (dice_one_in(plan->dice, 2))
		buf_printf(&plan->text,
			   "{'VpcPeeringConnections': [{'VpcPeeringConnectionId': 'pcx-1', "
			   "'Status': {'Code': '%s'}, 'RequesterVpcInfo': {'VpcId': 'vpc-0'}, "
			   "'AccepterVpcInfo': {'VpcId': 'vpc-1'}}]}\n",
			   dice_one_in(plan->dice, 3) ? "pending-acceptance" : "active");
	if (dice_one_in(plan->dice, 3))
		buf_add_text(&plan->text, "{'TransitGateways': []}\n"
					  "{'TransitGatewayVpcAttachments': []}\n");
}

struct world *random_world(struct dice *dice)
{
	struct plan plan = { .dice = dice,
			     .text = buf_make(PLAN_TEXT_MAX),
			     .vpcs = 1 + roll(dice, 3),
			     .groups = 1 + roll(dice, 6),
			     .lists = roll(dice, 4),
			     .enis = 2 + roll(dice, 12),
			     .overlap = dice_one_in(dice, 6),
			     .v6 = !dice_one_in(dice, 4),
			     .crowded = dice_one_in(dice, 60) };

	plan.subnets = plan.vpcs + roll(dice, 3);
	plan.nacls = roll(dice, plan.vpcs + 3);
	add_vpcs(&plan);
	plan_lists(&plan);
	add_groups(&plan);
	if (dice_one_in(dice, 3))
		add_disputed(&plan);
	add_nacls(&plan);
	add_enis(&plan);
	add_joins(&plan);
	return plan_load(&plan);
}
