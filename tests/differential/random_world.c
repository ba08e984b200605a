/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"

enum { TEXT_MAX = 1 << 22, TOKEN_MAX = 64 };

/* splitmix64 */
uint64_t dice_roll(struct dice *dice, uint64_t sides)
{
	uint64_t value = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return (value ^ value >> 31) % sides;
}

bool dice_one_in(struct dice *dice, uint64_t sides)
{
	return dice_roll(dice, sides) == 0;
}

static unsigned roll(struct dice *dice, unsigned sides)
{
	return (unsigned)dice_roll(dice, sides);
}

/* A world while its text is written: how many there are of each thing. */
struct plan {
	struct dice *dice;
	struct buf   text;
	unsigned     vpcs, subnets, groups, nacls, lists, enis;
	bool	     overlap, v6, crowded;
};

static void list_item(struct plan *plan, unsigned index)
{
	buf_add_text(&plan->text, index ? ",\n" : "\n");
}

static void print_masked(struct ip ip, unsigned prefix_len, char out[static CIDR_TEXT_SIZE])
{
	cidr_print(
		(struct cidr){ .base = ip_mask(ip, prefix_len), .prefix_len = (uint8_t)prefix_len },
		out);
}

static struct ip some_ip(struct plan *plan, bool v6)
{
	struct dice *dice = plan->dice;
	uint8_t	     bytes[16] = {
		     0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)roll(dice, 3), 0, (uint8_t)roll(dice, 4)
	};

	if (!v6 && dice_one_in(dice, 4))
		return ip_v4((uint8_t)roll(dice, 256), (uint8_t)roll(dice, 4), 0,
			     (uint8_t)roll(dice, 256));
	if (!v6)
		return ip_v4(10, (uint8_t)roll(dice, 3), (uint8_t)roll(dice, 4),
			     (uint8_t)roll(dice, dice_one_in(dice, 2) ? 16 : 256));
	bytes[0] = dice_one_in(dice, 8) ? 0xfd : bytes[0];
	bytes[15] = (uint8_t)roll(dice, 20);
	bytes[9] = dice_one_in(dice, 4) ? (uint8_t)roll(dice, 4) : 0;
	return ip_from_bytes(IP_V6, bytes);
}

static void some_cidr(struct plan *plan, bool v6, char out[static CIDR_TEXT_SIZE])
{
	static const unsigned v4_lens[] = { 0, 1, 8, 9, 12, 16, 20, 23, 24, 25, 28, 31, 32, 32 };
	static const unsigned v6_lens[] = {
		0, 7, 32, 48, 56, 63, 64, 65, 72, 96, 120, 127, 128, 128
	};
	struct ip ip = some_ip(plan, v6);

	print_masked(ip,
		     v6 ? v6_lens[roll(plan->dice, ARRAY_LEN(v6_lens))]
			: v4_lens[roll(plan->dice, ARRAY_LEN(v4_lens))],
		     out);
}

/*
 * 10.x.y.0/24 is a subnet's.  Where VPCs overlap, all but the first have the same block, and their subnets the
 * same addresses.
 */
static unsigned second_octet(const struct plan *plan, unsigned vpc)
{
	return plan->overlap && vpc ? 1 : vpc;
}

static unsigned third_octet(const struct plan *plan, unsigned subnet)
{
	return plan->overlap ? subnet / plan->vpcs : subnet;
}

static void add_vpcs(struct plan *plan)
{
	buf_add_text(&plan->text, "{'Vpcs': [");
	for (unsigned i = 0; i < plan->vpcs; i++) {
		list_item(plan, i);
		buf_printf(&plan->text,
			   "{'VpcId': 'vpc-%u', 'CidrBlock': '10.%u.0.0/16', "
			   "'CidrBlockAssociationSet': [{'CidrBlock': '10.%u.0.0/16'}%s], "
			   "'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': "
			   "'2001:db8:%u::/48'}%s]}",
			   i, second_octet(plan, i), second_octet(plan, i),
			   dice_one_in(plan->dice, 3) ? ", {'CidrBlock': '100.64.0.0/16'}" : "", i,
			   dice_one_in(plan->dice, 8) ? ", {'Ipv6CidrBlock': '2001:db8::/44'}"
						      : "");
	}
	buf_add_text(&plan->text, "]}\n{'Subnets': [");
	for (unsigned i = 0; i < plan->subnets; i++) {
		unsigned vpc = i % plan->vpcs;

		list_item(plan, i);
		buf_printf(&plan->text,
			   "{'SubnetId': 'subnet-%u', 'VpcId': 'vpc-%u', 'CidrBlock': "
			   "'10.%u.%u.0/%u', 'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': "
			   "'2001:db8:%u:%u::/64'}]}",
			   i, vpc, second_octet(plan, vpc), third_octet(plan, i),
			   24 + roll(plan->dice, 3), vpc, i);
	}
	buf_add_text(&plan->text, "]}\n");
}

static void add_lists(struct plan *plan)
{
	char cidr[CIDR_TEXT_SIZE];

	buf_add_text(&plan->text, "{'PrefixLists': [");
	for (unsigned i = 0; i < plan->lists; i++) {
		list_item(plan, i);
		buf_printf(&plan->text, "{'PrefixListId': 'pl-%u'", i);
		if (!dice_one_in(plan->dice, 4)) {
			unsigned count = roll(plan->dice, 6);

			buf_add_text(&plan->text, ", 'Entries': [");
			for (unsigned j = 0; j < count; j++) {
				some_cidr(plan, plan->v6 && dice_one_in(plan->dice, 3), cidr);
				buf_printf(&plan->text, "%s{'Cidr': '%s'}", j ? ", " : "", cidr);
			}
			buf_add_char(&plan->text, ']');
		}
		buf_add_char(&plan->text, '}');
	}
	buf_add_text(&plan->text, "]}\n");
}

static unsigned some_port(struct dice *dice)
{
	static const unsigned ports[] = { 0, 22, 53, 67, 68, 80, 443, 546, 547, 1024, 8080, 65535 };

	return dice_one_in(dice, 3) ? roll(dice, 65536) : ports[roll(dice, ARRAY_LEN(ports))];
}

static const char *some_protocol(struct dice *dice, char out[static TOKEN_MAX])
{
	static const char *const names[] = { "-1", "tcp", "tcp", "tcp", "udp", "icmp", "icmpv6" };

	if (dice_one_in(dice, 10)) {
		snprintf(out, TOKEN_MAX, "%u", roll(dice, 256));
		return out;
	}
	return names[roll(dice, ARRAY_LEN(names))];
}

/* FromPort and ToPort of a permission, for ICMP its type and code. */
static void add_ports(struct plan *plan, const char *protocol)
{
	unsigned from = some_port(plan->dice), to = some_port(plan->dice), swap = from;

	if (strncmp(protocol, "icmp", 4) == 0 || strcmp(protocol, "1") == 0 ||
	    strcmp(protocol, "58") == 0) {
		int type = (int)roll(plan->dice, 12) - 1, code = (int)roll(plan->dice, 4) - 1;

		buf_printf(&plan->text, ", 'FromPort': %d, 'ToPort': %d", type, code);
		return;
	}
	if (dice_one_in(plan->dice, 2))
		to = from;
	from = from < to ? from : to;
	to = swap > to ? swap : to;
	if (dice_one_in(plan->dice, 6))
		buf_add_text(&plan->text, ", 'FromPort': -1, 'ToPort': -1");
	else
		buf_printf(&plan->text, ", 'FromPort': %u, 'ToPort': %u", from, to);
}

static void add_reference(struct plan *plan)
{
	static const char *const statuses[] = { "active", "deleted", "pending-acceptance" };

	buf_printf(&plan->text, "{'GroupId': 'sg-%u'", roll(plan->dice, plan->groups + 1));
	if (dice_one_in(plan->dice, 5))
		buf_printf(&plan->text, ", 'PeeringStatus': '%s'",
			   statuses[roll(plan->dice, ARRAY_LEN(statuses))]);
	buf_add_char(&plan->text, '}');
}

static void add_permission(struct plan *plan)
{
	static const char *const lists[] = { "IpRanges", "Ipv6Ranges", "PrefixListIds",
					     "UserIdGroupPairs" };
	char			 token[TOKEN_MAX], cidr[CIDR_TEXT_SIZE];
	const char		*protocol = some_protocol(plan->dice, token);

	buf_printf(&plan->text, "{'IpProtocol': '%s'", protocol);
	if (strcmp(protocol, "-1") != 0)
		add_ports(plan, protocol);
	for (unsigned kind = 0; kind < ARRAY_LEN(lists); kind++) {
		unsigned count = roll(plan->dice, kind == 0 ? 3 : 2);

		buf_printf(&plan->text, ", '%s': [", lists[kind]);
		for (unsigned i = 0; i < count && (plan->v6 || kind != 1); i++) {
			buf_add_text(&plan->text, i ? ", " : "");
			if (kind < 2) {
				some_cidr(plan, kind == 1, cidr);
				buf_printf(&plan->text, "{'%s': '%s'}",
					   kind ? "CidrIpv6" : "CidrIp", cidr);
			} else if (kind == 2) {
				buf_printf(&plan->text, "{'PrefixListId': 'pl-%u'}",
					   roll(plan->dice, plan->lists + 1));
			} else {
				add_reference(plan);
			}
		}
		buf_add_char(&plan->text, ']');
	}
	buf_add_char(&plan->text, '}');
}

/* Permissions with many peers, so that there are more intervals than a shallow search can tell apart. */
static void add_crowd(struct plan *plan, bool v6)
{
	unsigned count = 100 + roll(plan->dice, 3000), ranges = 1 + roll(plan->dice, 300);
	char	 address[IP_TEXT_SIZE];

	for (unsigned i = 0; i < count; i++) {
		unsigned  port = i % ranges * 200;
		struct ip ip = some_ip(plan, v6);

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
		list_item(plan, i);
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
				add_permission(plan);
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
		list_item(plan, i);
		some_cidr(plan, false, cidr);
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

static void add_entry(struct plan *plan, unsigned number)
{
	bool	    v6 = plan->v6 && dice_one_in(plan->dice, 3);
	char	    token[TOKEN_MAX], cidr[CIDR_TEXT_SIZE];
	const char *protocol = some_protocol(plan->dice, token);
	unsigned    from = some_port(plan->dice), to = some_port(plan->dice);

	some_cidr(plan, v6, cidr);
	buf_printf(&plan->text,
		   "{'RuleNumber': %u, 'RuleAction': '%s', 'Egress': %s, 'Protocol': '%s', "
		   "'%s': '%s'",
		   number, dice_one_in(plan->dice, 3) ? "deny" : "allow",
		   dice_one_in(plan->dice, 2) ? "true" : "false", protocol,
		   v6 ? "Ipv6CidrBlock" : "CidrBlock", cidr);
	buf_printf(&plan->text,
		   ", 'PortRange': {'From': %u, 'To': %u}, 'IcmpTypeCode': {'Type': %d, 'Code': "
		   "%d}}",
		   from < to ? from : to, from < to ? to : from, (int)roll(plan->dice, 12) - 1,
		   (int)roll(plan->dice, 4) - 1);
}

static void add_nacls(struct plan *plan)
{
	buf_add_text(&plan->text, "{'NetworkAcls': [");
	for (unsigned i = 0; i < plan->nacls; i++) {
		unsigned count = roll(plan->dice, 14);

		list_item(plan, i);
		buf_printf(&plan->text,
			   "{'NetworkAclId': 'acl-%u', 'VpcId': 'vpc-%u', 'IsDefault': %s, "
			   "'Associations': [{'SubnetId': 'subnet-%u'}], 'Entries': [",
			   i, i % plan->vpcs, i < plan->vpcs ? "true" : "false",
			   roll(plan->dice, plan->subnets));
		for (unsigned j = 0; j < count; j++) {
			buf_add_text(&plan->text, j ? ", " : "");
			add_entry(plan, 100 + j);
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
	unsigned vpc = second_octet(plan, subnet % plan->vpcs), net = third_octet(plan, subnet);
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
		list_item(plan, i);
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

static struct world *load(const struct buf *text)
{
	struct err_list errors;
	struct world   *world;
	char		path[TOKEN_MAX];
	int		fd = memfd_create("world", MFD_CLOEXEC);

	for (size_t i = 0; i < text->len; i++)
		text->data[i] = text->data[i] == '\'' ? '"' : text->data[i];
	if (fd < 0 || write(fd, text->data, text->len) != (ssize_t)text->len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	world = world_open(path, &errors);
	close(fd);
	if (!world) {
		fprintf(stderr, "%s\nline %u: %s\n", text->data, errors.items[0].line,
			errors.items[0].text);
		exit(2);
	}
	return world;
}

struct world *random_world(struct dice *dice)
{
	struct plan   plan = { .dice = dice,
			       .text = buf_make(TEXT_MAX),
			       .vpcs = 1 + roll(dice, 3),
			       .groups = 1 + roll(dice, 6),
			       .lists = roll(dice, 4),
			       .enis = 2 + roll(dice, 12),
			       .overlap = dice_one_in(dice, 6),
			       .v6 = !dice_one_in(dice, 4),
			       .crowded = dice_one_in(dice, 60) };
	struct world *world;

	plan.subnets = plan.vpcs + roll(dice, 3);
	plan.nacls = roll(dice, plan.vpcs + 3);
	add_vpcs(&plan);
	add_lists(&plan);
	add_groups(&plan);
	if (dice_one_in(dice, 3))
		add_disputed(&plan);
	add_nacls(&plan);
	add_enis(&plan);
	add_joins(&plan);
	world = load(&plan.text);
	buf_done(&plan.text);
	return world;
}
