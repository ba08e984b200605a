/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_estate.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "tests/differential/estate_plan.h"

unsigned estate_roll(struct estate *estate, unsigned sides)
{
	return (unsigned)dice_roll(estate->dice, sides);
}

bool estate_one_in(struct estate *estate, unsigned sides)
{
	return dice_one_in(estate->dice, sides);
}

void estate_list(struct estate *estate, const char *key)
{
	buf_printf(estate->text, "{'%s': [", key);
}

void estate_end(struct estate *estate)
{
	buf_add_text(estate->text, "]}\n");
}

unsigned estate_vpc_of(const struct estate *estate, unsigned subnet)
{
	return subnet % estate->plan.vpcs;
}

unsigned estate_subnet_of(struct estate *estate, unsigned vpc)
{
	unsigned vpcs = estate->plan.vpcs;
	unsigned count = (estate->plan.subnets - vpc + vpcs - 1) / vpcs;

	return vpc + vpcs * estate_roll(estate, count);
}

const char *estate_owner(const struct estate *estate, unsigned vpc)
{
	return estate->is_spread && vpc == 1 ? "444455556666" : "111122223333";
}

const char *estate_region(const struct estate *estate, unsigned vpc)
{
	return estate->is_spread && vpc == 2 ? "us-east-1" : "eu-west-1";
}

char estate_zone(const struct estate *estate, unsigned subnet)
{
	return subnet / estate->plan.vpcs % 2 ? 'b' : 'a';
}

void estate_address(struct estate *estate, unsigned subnet, char v4[static IP_TEXT_SIZE],
		    char v6[static IP_TEXT_SIZE])
{
	unsigned vpc = estate_vpc_of(estate, subnet), number = 4 + estate->hosts_in[subnet]++;

	snprintf(v4, IP_TEXT_SIZE, "10.%u.%u.%u", plan_vpc_octet(&estate->plan, vpc),
		 plan_subnet_octet(&estate->plan, subnet), number);
	snprintf(v6, IP_TEXT_SIZE, "2001:db8:%u:%u::%x", vpc, subnet, number);
}

static void add_public_access(struct estate *estate)
{
	static const char *const modes[] = { "off", "block-bidirectional", "block-ingress" };

	if (estate_one_in(estate, 12))
		buf_printf(estate->text,
			   ", 'BlockPublicAccessStates': {'InternetGatewayBlockMode': '%s'}",
			   modes[estate_roll(estate, ARRAY_LEN(modes))]);
}

static void add_vpcs(struct estate *estate)
{
	struct plan *plan = &estate->plan;
	unsigned     written = 0;

	estate_list(estate, "Vpcs");
	for (unsigned i = 0; i < plan->vpcs; i++) {
		unsigned octet = plan_vpc_octet(plan, i);

		if (estate_one_in(estate, 20))
			continue;
		plan_item(plan, written++);
		buf_printf(estate->text,
			   "{'VpcId': 'vpc-%u', 'OwnerId': '%s', 'CidrBlock': '10.%u.0.0/16', "
			   "'CidrBlockAssociationSet': [{'CidrBlock': '10.%u.0.0/16'}%s], "
			   "'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': "
			   "'2001:db8:%u::/48'}]",
			   i, estate_owner(estate, i), octet, octet,
			   estate_one_in(estate, 4) ? ", {'CidrBlock': '100.64.0.0/16'}" : "", i);
		add_public_access(estate);
		buf_add_char(estate->text, '}');
	}
	estate_end(estate);
	estate_list(estate, "Subnets");
	for (unsigned i = 0; i < plan->subnets; i++) {
		unsigned    vpc = estate_vpc_of(estate, i);
		const char *region = estate_region(estate, vpc);
		char	    zone = estate_zone(estate, i);

		plan_item(plan, i);
		buf_printf(estate->text,
			   "{'SubnetId': 'subnet-%u', 'VpcId': 'vpc-%u', 'OwnerId': '%s', "
			   "'CidrBlock': '10.%u.%u.0/24', 'AvailabilityZone': '%s%c', "
			   "'AvailabilityZoneId': '%.2sx-az%c', 'Ipv6CidrBlockAssociationSet': "
			   "[{'Ipv6CidrBlock': '2001:db8:%u:%u::/64'}]",
			   i, vpc, estate_owner(estate, vpc), plan_vpc_octet(plan, vpc),
			   plan_subnet_octet(plan, i), region, zone, region, zone, vpc, i);
		add_public_access(estate);
		buf_add_char(estate->text, '}');
	}
	estate_end(estate);
}

/* What the more open of the estates have beside the permissions at random. */
static void add_open_permissions(struct estate *estate, bool egress)
{
	static const char *const open[] = {
		"{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}], 'Ipv6Ranges': "
		"[{'CidrIpv6': '::/0'}]}, ",
		"{'IpProtocol': 'tcp', 'FromPort': 0, 'ToPort': 65535, 'IpRanges': [{'CidrIp': "
		"'10.0.0.0/8'}], 'Ipv6Ranges': [{'CidrIpv6': '2001:db8::/32'}]}, ",
		"{'IpProtocol': 'icmp', 'FromPort': 8, 'ToPort': -1, 'IpRanges': [{'CidrIp': "
		"'0.0.0.0/0'}]}, {'IpProtocol': '47', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}, ",
		"{'IpProtocol': 'icmpv6', 'FromPort': -1, 'ToPort': -1, 'Ipv6Ranges': "
		"[{'CidrIpv6': '::/0'}]}, ",
	};

	if (estate_roll(estate, 4) < estate->openness + (egress ? 1 : 0))
		buf_add_text(estate->text, open[0]);
	for (size_t i = 1; i < ARRAY_LEN(open); i++)
		if (estate_roll(estate, 5) < estate->openness)
			buf_add_text(estate->text, open[i]);
}

static void add_groups(struct estate *estate)
{
	static const char *const lists[] = { "IpPermissions", "IpPermissionsEgress" };
	struct plan		*plan = &estate->plan;

	estate_list(estate, "SecurityGroups");
	for (unsigned i = 0; i < plan->groups; i++) {
		plan_item(plan, i);
		buf_printf(estate->text, "{'GroupId': 'sg-%u', 'VpcId': 'vpc-%u', 'OwnerId': '%s'",
			   i, i % plan->vpcs, estate_owner(estate, i % plan->vpcs));
		for (unsigned list = 0; list < ARRAY_LEN(lists); list++) {
			unsigned count = estate_roll(estate, 5);

			if (estate_one_in(estate, 20))
				continue; /* the document leaves them out */
			buf_printf(estate->text, ", '%s': [", lists[list]);
			add_open_permissions(estate, list == 1);
			for (unsigned j = 0; j < count + 1; j++) {
				buf_add_text(estate->text, j ? ", " : "");
				plan_permission(plan);
			}
			buf_add_char(estate->text, ']');
		}
		buf_add_char(estate->text, '}');
	}
	estate_end(estate);
}

static void add_rest(struct estate *estate, unsigned egress)
{
	static const char *const blocks[] = { "'CidrBlock': '0.0.0.0/0'",
					      "'Ipv6CidrBlock': '::/0'" };
	static const char *const rests[] = {
		"'Protocol': '-1'",
		"'Protocol': '-1'",
		"'Protocol': '-1'",
		"'Protocol': '6', 'PortRange': {'From': 1024, 'To': 65535}",
		"'Protocol': '1', 'IcmpTypeCode': {'Type': -1, 'Code': -1}",
		"'Protocol': '17', 'PortRange': {'From': 0, 'To': 65535}",
	};

	for (unsigned i = 0; i < ARRAY_LEN(blocks); i++)
		if (!estate_one_in(estate, 8))
			buf_printf(estate->text,
				   "{'RuleNumber': %u, 'RuleAction': 'allow', 'Egress': %s, %s, "
				   "%s}, ",
				   900 + i, egress ? "true" : "false",
				   rests[estate_roll(estate, ARRAY_LEN(rests) - estate->openness)],
				   blocks[i]);
}

/* The first of each VPC is its default. */
static void add_nacls(struct estate *estate)
{
	struct plan *plan = &estate->plan;
	unsigned     written = 0;

	estate_list(estate, "NetworkAcls");
	for (unsigned i = 0; i < plan->nacls; i++) {
		unsigned count = estate_one_in(estate, 2) ? 0 : estate_roll(estate, 10);

		if (estate_one_in(estate, 20))
			continue;
		plan_item(plan, written++);
		buf_printf(estate->text,
			   "{'NetworkAclId': 'acl-%u', 'VpcId': 'vpc-%u', 'OwnerId': '%s', "
			   "'IsDefault': %s, 'Associations': [",
			   i, i % plan->vpcs, estate_owner(estate, i % plan->vpcs),
			   i < plan->vpcs ? "true" : "false");
		if (i >= plan->vpcs)
			buf_printf(estate->text, "{'SubnetId': 'subnet-%u'}",
				   estate_subnet_of(estate, i % plan->vpcs));
		buf_add_text(estate->text, "], 'Entries': [");
		for (unsigned j = 0; j < count; j++) {
			plan_entry(plan, 100 + j);
			buf_add_text(estate->text, ", ");
		}
		for (unsigned egress = 0; egress < 2; egress++)
			add_rest(estate, egress);
		buf_add_text(estate->text, "{'RuleNumber': 32767, 'RuleAction': 'deny', 'Egress': "
					   "false, 'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}]}");
	}
	estate_end(estate);
}

/* What interfaces of a fleet have in common. */
struct fleet {
	unsigned subnet, count, groups[3];
};

static struct fleet some_fleet(struct estate *estate)
{
	struct plan *plan = &estate->plan;
	struct fleet fleet = { .subnet = estate_roll(estate, plan->subnets) };
	unsigned     vpc = estate_vpc_of(estate, fleet.subnet);

	fleet.count = 1 + estate_roll(estate, ARRAY_LEN(fleet.groups));
	for (unsigned i = 0; i < fleet.count; i++)
		fleet.groups[i] = estate_one_in(estate, 30) ? plan->groups
				  : estate_one_in(estate, 6)
					  ? estate_roll(estate, plan->groups)
					  : vpc + plan->vpcs * estate_roll(estate, 2);
	return fleet;
}

static void add_addresses(struct estate *estate, unsigned index, unsigned subnet)
{
	unsigned count = estate_one_in(estate, 5) ? 2 + estate_roll(estate, 2) : 1;
	char	 v4[3][IP_TEXT_SIZE], v6[3][IP_TEXT_SIZE];

	for (unsigned i = 0; i < count; i++)
		estate_address(estate, subnet, v4[i], v6[i]);
	buf_printf(estate->text, ", 'PrivateIpAddress': '%s', 'PrivateIpAddresses': [", v4[0]);
	for (unsigned i = 0; i < count; i++) {
		buf_printf(estate->text, "%s{'PrivateIpAddress': '%s'", i ? ", " : "", v4[i]);
		if (estate_one_in(estate, 3))
			buf_printf(estate->text, ", 'Association': {'PublicIp': '54.2.%u.%u'}", i,
				   10 + index);
		buf_add_char(estate->text, '}');
	}
	buf_add_text(estate->text, "]");
	if (estate->plan.v6 && !estate_one_in(estate, 4)) {
		buf_add_text(estate->text, ", 'Ipv6Addresses': [");
		for (unsigned i = 0; i < count; i++)
			buf_printf(estate->text, "%s{'Ipv6Address': '%s'}", i ? ", " : "", v6[i]);
		buf_add_char(estate->text, ']');
	}
}

/* Some lie over others' addresses, and over one another. */
static void add_prefixes(struct estate *estate, unsigned index, unsigned subnet)
{
	unsigned vpc = estate_vpc_of(estate, subnet), count = 1 + estate_roll(estate, 3);

	if (estate_one_in(estate, 6)) {
		buf_add_text(estate->text, ", 'Ipv4Prefixes': [");
		for (unsigned i = 0; i < count; i++)
			buf_printf(estate->text, "%s{'Ipv4Prefix': '10.%u.%u.%u/28'}",
				   i ? ", " : "", plan_vpc_octet(&estate->plan, vpc),
				   plan_subnet_octet(&estate->plan, subnet),
				   16 * ((8 * !estate_one_in(estate, 3) + index + i) % 16));
		buf_add_char(estate->text, ']');
	}
	if (estate->plan.v6 && estate_one_in(estate, 6))
		buf_printf(estate->text,
			   ", 'Ipv6Prefixes': [{'Ipv6Prefix': '2001:db8:%u:%u:%x::/80'}]", vpc,
			   subnet, estate_one_in(estate, 6) ? 0 : index);
}

/* Two hosts after one another may be one instance's interfaces. */
static unsigned instance_of(const struct estate *estate, unsigned index)
{
	return index % 6 == 5 && estate->plan.enis % 2 ? index - 1 : index;
}

static void add_host(struct estate *estate, unsigned index, const struct fleet *fleet)
{
	unsigned vpc = estate_vpc_of(estate, fleet->subnet);

	buf_printf(estate->text,
		   "{'NetworkInterfaceId': 'eni-%u', 'InterfaceType': '%s', 'OwnerId': '%s', "
		   "'VpcId': 'vpc-%u', 'SubnetId': 'subnet-%u', 'SourceDestCheck': %s",
		   index, estate_one_in(estate, 20) ? "vpc_endpoint" : "interface",
		   estate_owner(estate, vpc), vpc, fleet->subnet,
		   estate_one_in(estate, 5) ? "false" : "true");
	if (!estate_one_in(estate, 8))
		buf_printf(estate->text, ", 'Attachment': {'InstanceId': 'i-%u'}",
			   instance_of(estate, index));
	if (estate_one_in(estate, 20))
		buf_add_text(estate->text, ", 'DenyAllIgwTraffic': true");
	if (estate_one_in(estate, 2))
		buf_printf(estate->text, ", 'TagSet': [{'Key': 'Tier', 'Value': 't%u'}]",
			   estate_roll(estate, 3));
	buf_add_text(estate->text, ", 'Groups': [");
	for (unsigned j = 0; j < fleet->count && !estate_one_in(estate, 30); j++)
		buf_printf(estate->text, "%s{'GroupId': 'sg-%u'}", j ? ", " : "", fleet->groups[j]);
	buf_add_char(estate->text, ']');
	add_addresses(estate, index, fleet->subnet);
	add_prefixes(estate, index, fleet->subnet);
	buf_add_char(estate->text, '}');
}

static void add_interfaces(struct estate *estate)
{
	struct fleet fleet = some_fleet(estate);

	estate_list(estate, "NetworkInterfaces");
	for (unsigned i = 0; i < estate->plan.enis; i++) {
		if (!estate_one_in(estate, 3) && instance_of(estate, i) == i)
			fleet = some_fleet(estate);
		plan_item(&estate->plan, i);
		add_host(estate, i, &fleet);
	}
	estate_nat_interfaces(estate);
	estate_nodes(estate);
	estate_end(estate);
	estate_list(estate, "Reservations");
	for (unsigned i = 0; i < estate->plan.enis; i++) {
		plan_item(&estate->plan, i);
		buf_printf(estate->text,
			   "{'OwnerId': '111122223333', 'Instances': [{'InstanceId': 'i-%u', "
			   "'State': {'Name': '%s'}, 'NetworkInterfaces': [",
			   i, estate_one_in(estate, 8) ? "stopped" : "running");
		for (unsigned j = i, written = 0; j < i + 2 && j < estate->plan.enis; j++)
			if (instance_of(estate, j) == i)
				buf_printf(estate->text, "%s{'NetworkInterfaceId': 'eni-%u'}",
					   written++ ? ", " : "", j);
		buf_add_text(estate->text, "]}]}");
	}
	estate_end(estate);
}

static void draw(struct estate *estate)
{
	struct plan *plan = &estate->plan;

	plan->vpcs = 1 + estate_roll(estate, ESTATE_VPCS_MAX - 1);
	plan->subnets = 2 * plan->vpcs + estate_roll(estate, 4);
	plan->groups = 2 * plan->vpcs + estate_roll(estate, 4);
	plan->nacls = plan->vpcs + estate_roll(estate, 4);
	plan->lists = 1 + estate_roll(estate, 4);
	plan->enis = 6 + estate_roll(estate, 14);
	plan->overlap = estate_one_in(estate, 6);
	plan->v6 = !estate_one_in(estate, 4);
	estate->is_spread = estate_one_in(estate, 4);
	estate->openness = estate_roll(estate, 4);
	estate->tgws = estate_roll(estate, ESTATE_TGWS_MAX + 1);
	estate_draw_nats(estate);
	estate_draw_balancers(estate);
	for (unsigned i = 0; i < plan->vpcs; i++)
		for (unsigned j = 0; j < i; j++)
			estate->joins[i][j] = estate->joins[j][i] = (enum join)estate_roll(
				estate, JOIN_COUNT);
}

static void write_estate(struct dice *dice, struct estate *estate)
{
	*estate = (struct estate){
		.plan = { .dice = dice, .text = buf_make(PLAN_TEXT_MAX), .routed = true },
		.dice = dice
	};
	estate->text = &estate->plan.text;
	draw(estate);
	add_vpcs(estate);
	plan_lists(&estate->plan);
	add_groups(estate);
	add_nacls(estate);
	add_interfaces(estate);
	estate_gateways(estate);
	estate_tgws(estate);
	estate_routes(estate);
	estate_balancers(estate);
}

struct world *random_estate(struct dice *dice)
{
	struct estate estate;

	write_estate(dice, &estate);
	return plan_load(&estate.plan);
}

/* Where a word stands after a point of the text, or before it; NULL: nowhere. */
static char *find_word(struct buf *text, size_t from, const char *word)
{
	char *found = memmem(text->data + from, text->len - from, word, strlen(word));

	return found ? found : memmem(text->data, text->len, word, strlen(word));
}

/* Words are as long as those that they replace. */
static void change_once(struct estate *estate)
{
	static const char *const words[][2] = {
		{ "'IpProtocol': 'tcp'", "'IpProtocol': 'udp'" },
		{ "'IpProtocol': 'udp'", "'IpProtocol': 'tcp'" },
		{ "{'GroupId': 'sg-0'}", "{'GroupId': 'sg-1'}" },
		{ "{'GroupId': 'sg-1'}", "{'GroupId': 'sg-0'}" },
		{ "{'PrefixListId': 'pl-0'}", "{'PrefixListId': 'pl-1'}" },
		{ "'CidrIp': '10.0.", "'CidrIp': '10.1." },
		{ "'DestinationCidrBlock': '10.1.", "'DestinationCidrBlock': '10.2." },
		{ "'State': 'active'", "'State': 'failed'" },
		{ "'SourceDestCheck': false", "'SourceDestCheck':  true" },
		{ "'RuleNumber': 900", "'RuleNumber': 100" },
	};
	const char *const *pair = words[estate_roll(estate, ARRAY_LEN(words))];
	char *at = find_word(estate->text, estate_roll(estate, (unsigned)estate->text->len),
			     pair[0]);

	if (at)
		memcpy(at, pair[1], strlen(pair[1]));
}

struct world *random_estate_changed(struct dice *dice, unsigned changes)
{
	struct estate estate;

	write_estate(dice, &estate);
	for (unsigned i = 0; i < changes; i++)
		change_once(&estate);
	return plan_load(&estate.plan);
}

void random_estate_text(struct dice *dice, struct buf *out)
{
	struct estate estate;

	write_estate(dice, &estate);
	plan_quote(&estate.plan);
	*out = estate.plan.text;
}
