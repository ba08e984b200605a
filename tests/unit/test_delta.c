/* SPDX-License-Identifier: Apache-2.0 */
/* Two snapshots, and what is said of the difference.  Lines that begin with ~ can do nothing to a packet. */
#include "policies/world/delta.h"

#include <stdlib.h>

#include "lib/base/buf.h"
#include "simulator/explain_delta.h"
#include "tests/unit/estate.h"

/* Group sg-1 with these ingress permissions; the same again, a row each, with ids. */
#define SG(permissions)                                                                            \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'app', 'VpcId': 'vpc-1', "           \
	"'IpPermissions': [" permissions "], 'IpPermissionsEgress': []}]}"
#define TCP(port, cidr)                                                                            \
	"{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port                              \
	", 'IpRanges': [{'CidrIp': '" cidr "'}]}"
#define ROW(id, port, cidr, description)                                                           \
	"{'SecurityGroupRules': [{'SecurityGroupRuleId': '" id "', 'GroupId': 'sg-1', "            \
	"'IsEgress': false, 'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port            \
	", 'CidrIpv4': '" cidr "', 'Description': '" description "'}]}"
#define ACL(entries)                                                                               \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-2', 'VpcId': 'vpc-1', 'Entries': [" entries "]}]}"
#define ENTRY(number, egress, action, port)                                                        \
	"{'RuleNumber': " number ", 'Egress': " egress ", 'RuleAction': '" action                  \
	"', 'Protocol': '6', 'CidrBlock': '10.0.0.0/8', 'PortRange': {'From': " port               \
	", 'To': " port "}}"
#define RTB(associations, routes)                                                                  \
	"{'RouteTables': [{'RouteTableId': 'rtb-2', 'VpcId': 'vpc-1', 'Associations': "            \
	"[" associations "], 'Routes': [" routes "]}]}"
#define ROUTE(cidr, target, state)                                                                 \
	"{'DestinationCidrBlock': '" cidr "', 'NatGatewayId': '" target "', 'State': '" state "'}"
#define ENI(more)                                                                                  \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-9', 'VpcId': 'vpc-1', 'SubnetId': "    \
	"'subnet-a', " more "}]}"
#define INSTANCE                                                                                   \
	"{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'State': {'Name': 'running'}, "    \
	"'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-9'}]}]}]}"
#define PCX(status)                                                                                \
	"{'VpcPeeringConnections': [{'VpcPeeringConnectionId': 'pcx-1', 'Status': {'Code': "       \
	"'" status "'}, 'RequesterVpcInfo': {'VpcId': 'vpc-1'}, 'AccepterVpcInfo': "               \
	"{'VpcId': 'vpc-2'}}]}"
#define TGW_RTB(routes)                                                                            \
	"{'TransitGatewayRouteTables': [{'TransitGatewayRouteTableId': 'tgw-rtb-1', "              \
	"'TransitGatewayId': 'tgw-1'}]} {'TransitGatewayRouteTableId': 'tgw-rtb-1', "              \
	"'Routes': [" routes "]}"
#define TGW_ROUTE(cidr, type, attachment)                                                          \
	"{'DestinationCidrBlock': '" cidr "', 'Type': '" type                                      \
	"', 'State': 'active', 'TransitGatewayAttachments': "                                      \
	"[{'TransitGatewayAttachmentId': '" attachment "'}]}"
#define TARGETS(rows)                                                                              \
	"{'TargetGroups': [{'TargetGroupArn': 'tg-1', 'TargetGroupName': 'web', 'Port': "          \
	"80}]} {'TargetGroupArn': 'tg-1', 'TargetHealthDescriptions': [" rows "]}"
#define TARGET(id, health)                                                                         \
	"{'Target': {'Id': '" id "', 'Port': 8080}, 'TargetHealth': {'State': '" health "'}}"
#define BPA(mode)                                                                                  \
	"{'VpcBlockPublicAccessOptions': {'AwsAccountId': '1', 'AwsRegion': 'eu-west-1', "         \
	"'InternetGatewayBlockMode': '" mode "'}}"
#define LIST(entries)                                                                              \
	"{'PrefixLists': [{'PrefixListId': 'pl-1', 'PrefixListName': 'office'}]} "                 \
	"{'PrefixListId': 'pl-1', 'Entries': [" entries "]}"

static const struct {
	const char *what, *a, *b, *expected;
} cases[] = {
	{ "nothing", SG(TCP("22", "10.0.0.0/8")), SG(TCP("22", "10.0.0.0/8")), "" },
	{ "rules in another order", SG(TCP("22", "10.0.0.0/8") "," TCP("80", "10.0.0.0/8")),
	  SG(TCP("80", "10.0.0.0/8") "," TCP("22", "10.0.0.0/8")), "" },
	{ "a rule more, without ids", SG(TCP("22", "10.0.0.0/8")),
	  SG(TCP("80", "10.0.0.0/8") "," TCP("22", "10.0.0.0/8")),
	  "ingress rule tcp/80 from 10.0.0.0/8 added to app\n" },
	{ "a rule less, with its id",
	  SG(TCP("22", "10.0.0.0/8")) ROW("sgr-1", "22", "10.0.0.0/8", ""),
	  SG("") "{'SecurityGroupRules': []}", "sgr-1 tcp/22 from 10.0.0.0/8 removed from app\n" },
	{ "a rule that says something else under its id",
	  SG(TCP("22", "10.0.0.0/8")) ROW("sgr-1", "22", "10.0.0.0/8", ""),
	  SG(TCP("22", "10.1.0.0/16")) ROW("sgr-1", "22", "10.1.0.0/16", ""),
	  "sgr-1 of app: tcp/22 from 10.0.0.0/8 => tcp/22 from 10.1.0.0/16\n" },
	{ "a rule made anew", SG(TCP("22", "10.0.0.0/8")) ROW("sgr-1", "22", "10.0.0.0/8", ""),
	  SG(TCP("22", "10.0.0.0/8")) ROW("sgr-2", "22", "10.0.0.0/8", ""),
	  "~ sgr-1 of app: tcp/22 from 10.0.0.0/8 is now sgr-2\n" },
	{ "an interface that only its instance still names",
	  INSTANCE ENI("'PrivateIpAddress': '10.0.1.9', 'TagSet': [{'Key': 'Name', "
		       "'Value': 'web'}], 'Groups': [{'GroupId': 'sg-1'}]"),
	  INSTANCE "{'NetworkInterfaces': []}", "interface eni-9 (web) removed\n" },
	{ "a rule described otherwise",
	  SG(TCP("22", "10.0.0.0/8")) ROW("sgr-1", "22", "10.0.0.0/8", "tmp"),
	  SG(TCP("22", "10.0.0.0/8")) ROW("sgr-1", "22", "10.0.0.0/8", "ops"),
	  "~ sgr-1 of app: description tmp => ops\n" },
	{ "ids in one of them only", SG(TCP("22", "10.0.0.0/8")),
	  SG(TCP("22", "10.0.0.0/8")) ROW("sgr-1", "22", "10.0.0.0/8", ""),
	  "SecurityGroupRules only in the second snapshot: 1 object not compared\n" },
	{ "a rule twice, and once", SG(TCP("22", "10.0.0.0/8") "," TCP("22", "10.0.0.0/8")),
	  SG(TCP("22", "10.0.0.0/8")), "ingress rule tcp/22 from 10.0.0.0/8 removed from app\n" },
	{ "a group",
	  "{'SecurityGroups': [{'GroupId': 'sg-8', 'GroupName': 'old', 'IpPermissions': []}]}", "",
	  "security group sg-8 (old) removed\n" },
	{ "an entry more, one less, one that denies now",
	  ACL(ENTRY("90", "false", "allow", "22") "," ENTRY(
		  "100", "false", "allow", "80") "," ENTRY("100", "true", "allow", "80")),
	  ACL(ENTRY("100", "true", "allow", "80") "," ENTRY("100", "false", "deny", "80") "," ENTRY(
		  "110", "true", "allow", "53")),
	  "acl-2 ingress rule 90 allow tcp/22 10.0.0.0/8 removed\n"
	  "acl-2 ingress rule 100 allow tcp/80 10.0.0.0/8 => deny tcp/80 10.0.0.0/8\n"
	  "acl-2 egress rule 110 allow tcp/53 10.0.0.0/8 added\n" },
	{ "a route more, one less, one elsewhere, one without its gateway",
	  RTB("", ROUTE("0.0.0.0/0", "nat-1",
			"active") "," ROUTE("10.1.0.0/16", "nat-1",
					    "active") "," ROUTE("10.2.0.0/16", "nat-1", "active")),
	  RTB("", ROUTE("10.1.0.0/16", "nat-2", "active") "," ROUTE(
			  "10.2.0.0/16", "nat-1", "blackhole") "," ROUTE("10.3.0.0/16", "nat-1",
									 "active")),
	  "rtb-2 route 0.0.0.0/0 -> nat-1 removed\n"
	  "rtb-2 route 10.1.0.0/16 -> nat-1 => 10.1.0.0/16 -> nat-2\n"
	  "rtb-2 route 10.2.0.0/16 -> nat-1 (active) => 10.2.0.0/16 -> nat-1 (blackhole)\n"
	  "rtb-2 route 10.3.0.0/16 -> nat-1 added\n" },
	{ "a subnet's own table instead of the main one", RTB("", ""),
	  RTB("{'SubnetId': 'subnet-a'}", ""),
	  "subnet subnet-a (shop-a): route table rtb-1 => rtb-2\n" },
	{ "an edge table", RTB("", ""), RTB("{'GatewayId': 'igw-1'}", ""),
	  "route table rtb-2: edge association igw-1 added\n" },
	{ "groups and addresses of an interface",
	  ENI("'PrivateIpAddress': '10.0.1.9', 'Groups': [{'GroupId': 'sg-1'}, {'GroupId': "
	      "'sg-2'}]"),
	  ENI("'PrivateIpAddress': '10.0.1.9', 'Association': {'PublicIp': '198.51.100.9'}, "
	      "'SourceDestCheck': false, 'Groups': [{'GroupId': 'sg-3'}, {'GroupId': 'sg-2'}], "
	      "'Ipv6Addresses': [{'Ipv6Address': '2001:db8:0:1::9'}]"),
	  "interface eni-9: source/destination check yes => no\n"
	  "interface eni-9: group sg-1 (sg-1-name) removed\n"
	  "interface eni-9: group sg-3 (sg-3-name) added\n"
	  "interface eni-9: address 10.0.1.9 => 10.0.1.9 public 198.51.100.9\n"
	  "interface eni-9: address 2001:db8:0:1::9 added\n" },
	{ "names, descriptions, tags",
	  ENI("'Description': 'old', 'TagSet': [{'Key': 'Name', 'Value': 'x'}, {'Key': 'Tier', "
	      "'Value': 'web'}]"),
	  ENI("'Description': 'new', 'TagSet': [{'Key': 'Tier', 'Value': 'app'}, {'Key': 'Name', "
	      "'Value': 'y'}]"),
	  "~ interface eni-9 (y): name x => y\n"
	  "~ interface eni-9 (y): tag Tier value web => Tier value app\n"
	  "~ interface eni-9 (y): description old => new\n" },
	{ "a peering that is accepted", PCX("pending-acceptance"), PCX("active"),
	  "peering pcx-1: status pending-acceptance => active\n" },
	{ "a peering that is deleted: the loader leaves it out", PCX("active"), PCX("deleted"),
	  "peering pcx-1 removed\n" },
	{ "routes of a transit gateway",
	  TGW_RTB(TGW_ROUTE("10.1.0.0/16", "propagated", "a-1") "," TGW_ROUTE("10.2.0.0/16",
									      "static", "a-1")),
	  TGW_RTB(TGW_ROUTE("10.1.0.0/16", "static", "a-1") "," TGW_ROUTE("10.3.0.0/16", "static",
									  "a-2")),
	  "tgw-rtb-1 route 10.1.0.0/16 -> a-1 (propagated) => 10.1.0.0/16 -> a-1 (static)\n"
	  "tgw-rtb-1 route 10.2.0.0/16 -> a-1 removed\n"
	  "tgw-rtb-1 route 10.3.0.0/16 -> a-2 added\n" },
	{ "a target that falls ill, and another", TARGETS(TARGET("i-1", "healthy")),
	  TARGETS(TARGET("i-2", "healthy") "," TARGET("i-1", "unhealthy")),
	  "target group tg-1 (web): target i-1 8080 health healthy => i-1 8080 health unhealthy\n"
	  "target group tg-1 (web): target i-2 8080 health healthy added\n" },
	{ "Block Public Access", BPA("off"), BPA("block-ingress"),
	  "Block Public Access 1/eu-west-1: mode off => block-ingress\n" },
	{ "entries of a prefix list", LIST("{'Cidr': '10.0.0.0/8'}, {'Cidr': '192.0.2.0/24'}"),
	  LIST("{'Cidr': '192.0.2.0/24'}, {'Cidr': '198.51.100.0/24'}"),
	  "prefix list pl-1 (office): entry 10.0.0.0/8 removed\n"
	  "prefix list pl-1 (office): entry 198.51.100.0/24 added\n" },
	{ "a family that was not asked for", PCX("active"), "",
	  "VpcPeeringConnections only in the first snapshot: 1 object not compared\n" },
};

static struct world *open_shop_and(const char *more)
{
	auto_buf struct buf text = buf_make(1 << 16);

	buf_add_text(&text, ESTATE_SHOP);
	buf_add_text(&text, more);
	return estate_open(text.data);
}

static void print(const struct delta *delta, struct buf *out)
{
	for (size_t i = 0; i < delta->count; i++) {
		buf_add_text(out, delta->changes[i].cosmetic ? "~ " : "");
		explain_change(delta, &delta->changes[i], out);
		buf_add_char(out, '\n');
	}
}

TEST(delta_says_what_was_changed)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_world struct world *a = open_shop_and(cases[i].a);
		auto_world struct world *b = open_shop_and(cases[i].b);
		auto_buf struct buf	 text = buf_make(1 << 16);
		struct delta		 delta;

		delta_init(&delta, a, b);
		print(&delta, &text);
		if (strcmp(text.data, cases[i].expected) != 0)
			print_error("%s:\n", cases[i].what);
		CHECK_TEXT(text.data, cases[i].expected);
		delta_done(&delta);
	}
}

/* Whatever was added one way round was removed the other way round. */
TEST(delta_of_the_other_direction_is_its_mirror)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_world struct world *a = open_shop_and(cases[i].a);
		auto_world struct world *b = open_shop_and(cases[i].b);
		struct delta		 there, back;
		size_t			 count[2][DELTA_WHAT_COUNT] = { 0 };

		delta_init(&there, a, b);
		delta_init(&back, b, a);
		for (size_t j = 0; j < there.count; j++)
			count[0][there.changes[j].what]++;
		for (size_t j = 0; j < back.count; j++)
			count[1][back.changes[j].what]++;
		CHECK(count[0][DELTA_ADDED] == count[1][DELTA_REMOVED]);
		CHECK(count[0][DELTA_REMOVED] == count[1][DELTA_ADDED]);
		CHECK(count[0][DELTA_CHANGED] == count[1][DELTA_CHANGED]);
		delta_done(&there);
		delta_done(&back);
	}
}

TEST(delta_finds_the_changes_of_one_object)
{
	auto_world struct world	  *a = open_shop_and(SG(TCP("22", "10.0.0.0/8")));
	auto_world struct world	  *b = open_shop_and(SG(TCP("80", "10.0.0.0/8")));
	const struct delta_change *changes;
	struct delta		   delta;
	size_t			   count;

	delta_init(&delta, a, b);
	changes = delta_of(&delta, WORLD_SG, str_of("sg-1"), &count);
	CHECK(count == 2);
	CHECK(changes[0].what == DELTA_REMOVED && changes[0].sg_rules[0]->ports.min == 22);
	CHECK(changes[1].what == DELTA_ADDED && changes[1].sg_rules[1]->ports.min == 80);
	CHECK(changes[0].sg_rules[1] == NULL && changes[1].sg_rules[0] == NULL);
	CHECK(delta_of(&delta, WORLD_SG, str_of("sg-2"), &count) == NULL && count == 0);
	CHECK(delta_of(&delta, WORLD_NACL, str_of("sg-1"), &count) == NULL);
	delta_done(&delta);
}

TEST(delta_knows_the_members_of_every_kind)
{
	for (int kind = 0; kind < WORLD_KIND_COUNT; kind++) {
		CHECK(kind_members((enum world_kind)kind) != NULL);
		CHECK(explain_world_kind((enum world_kind)kind) != NULL);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(delta_says_what_was_changed),
		cmocka_unit_test(delta_of_the_other_direction_is_its_mirror),
		cmocka_unit_test(delta_finds_the_changes_of_one_object),
		cmocka_unit_test(delta_knows_the_members_of_every_kind),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
