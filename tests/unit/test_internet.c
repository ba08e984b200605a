/* SPDX-License-Identifier: Apache-2.0 */
/* The internet as a whole: what one of its addresses can do, it can. */
#include "tests/unit/unit.h"

#include "tests/unit/paths.h"

#define GATEWAY                                                                                    \
	"{'InternetGateways': [{'InternetGatewayId': 'igw-1', 'Attachments': [{'VpcId': 'vpc-1', " \
	"'State': 'available'}]}]} {'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', "  \
	"'Associations': [{'Main': true}], 'Routes': [{'DestinationCidrBlock': '10.0.0.0/16', "    \
	"'GatewayId': 'local', 'State': 'active'}, {'DestinationCidrBlock': '%s', "                \
	"'GatewayId': 'igw-1', 'State': 'active'}]}]}"
#define GROUP                                                                                      \
	"{'SecurityGroups': [{'GroupId': 'sg-2', 'IpPermissions': [{'IpProtocol': 'tcp', "         \
	"'FromPort': 443, 'ToPort': 443, 'IpRanges': [{'CidrIp': '%s'}]}], "                       \
	"'IpPermissionsEgress': []}]}"
#define NACL                                                                                       \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': [{'RuleNumber': 1, 'Egress': false, 'RuleAction': 'deny', 'Protocol': '-1', "  \
	"'CidrBlock': '%s'}, {'RuleNumber': 2, 'Egress': false, 'RuleAction': 'allow', "           \
	"'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}, {'RuleNumber': 1, 'Egress': true, "          \
	"'RuleAction': 'allow', 'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}]}]}"

/* From the internet to 10.0.2.10 tcp/443: a group that allows one block, an ACL that denies one, a route. */
static void check(const char *allowed, const char *denied, const char *route, enum verdict verdict,
		  const char *as)
{
	char	      text[16384], now[IP_TEXT_SIZE];
	struct world *world;
	struct path   path;

	snprintf(text, sizeof(text), ESTATE_NET ESTATE_ENIS GROUP NACL GATEWAY, allowed, denied,
		 route);
	world = estate_open(text);
	path_ask(
		world,
		&(struct path_case){
			.src = "internet", .dst = "10.0.2.10", .protocol = PROTO_TCP, .port = 443 },
		&path);
	CHECK_VERDICT(path.verdict, verdict, allowed);
	ip_print(path.internet_ip, now);
	if (as)
		CHECK_TEXT(now, as);
	CHECK(path.internet_varies == (verdict == VERDICT_ALLOW && as != NULL));
	world_free(world);
}

TEST(a_rule_for_everybody_admits_the_internet)
{
	check("0.0.0.0/0", "192.0.2.0/24", "0.0.0.0/0", VERDICT_ALLOW, NULL);
}

TEST(a_rule_for_one_office_admits_the_internet_as_that_office)
{
	check("203.0.113.0/24", "192.0.2.0/24", "0.0.0.0/0", VERDICT_ALLOW, "203.0.113.0");
}

TEST(private_blocks_are_not_the_internet)
{
	check("10.0.0.0/8", "192.0.2.0/24", "0.0.0.0/0", VERDICT_DENY, NULL);
	check("0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", VERDICT_DENY, NULL);
}

TEST(what_a_group_allows_and_an_acl_denies_leaves_the_rest)
{
	check("203.0.113.0/24", "203.0.113.0/25", "0.0.0.0/0", VERDICT_ALLOW, "203.0.113.128");
	check("203.0.113.0/25", "203.0.113.0/24", "0.0.0.0/0", VERDICT_DENY, NULL);
}

TEST(the_route_back_draws_boundaries_too)
{
	check("0.0.0.0/0", "192.0.2.0/24", "198.51.0.0/16", VERDICT_ALLOW, "198.51.0.0");
	check("203.0.113.0/24", "192.0.2.0/24", "198.51.0.0/16", VERDICT_DENY, NULL);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_for_everybody_admits_the_internet),
		cmocka_unit_test(a_rule_for_one_office_admits_the_internet_as_that_office),
		cmocka_unit_test(private_blocks_are_not_the_internet),
		cmocka_unit_test(what_a_group_allows_and_an_acl_denies_leaves_the_rest),
		cmocka_unit_test(the_route_back_draws_boundaries_too),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
