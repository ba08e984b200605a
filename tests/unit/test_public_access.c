/* SPDX-License-Identifier: Apache-2.0 */
/* VPC Block Public Access (aws-semantics.md 4.5): where it holds, and what it stops. */
#include "tests/unit/unit.h"

#include "policies/rules/public_access.h"
#include "tests/unit/paths.h"

#define VPC(more)                                                                                  \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16', 'OwnerId': '111122223333'" more  \
	"}]}"
#define SUBNET(more)                                                                               \
	"{'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.1.0/24', "     \
	"'AvailabilityZone': 'eu-west-1a', 'OwnerId': '111122223333'" more "}]}"
#define MODE(mode) ", 'BlockPublicAccessStates': {'InternetGatewayBlockMode': '" mode "'}"
#define OPTIONS(account, region, mode)                                                             \
	"{'VpcBlockPublicAccessOptions': {'AwsAccountId': '" account "', 'AwsRegion': '" region    \
	"', 'InternetGatewayBlockMode': '" mode "'}}"
#define EXCLUSION(resource, mode, state)                                                           \
	"{'VpcBlockPublicAccessExclusions': [{'ExclusionId': 'vpcbpa-exclude-1', 'ResourceArn': "  \
	"'arn:aws:ec2:eu-west-1:111122223333:" resource                                            \
	"', 'InternetGatewayExclusionMode': '" mode "', 'State': '" state "'}]}"
#define BLOCKED OPTIONS("111122223333", "eu-west-1", "block-bidirectional")

TEST(the_nearest_word_counts_and_silence_is_open)
{
	static const struct {
		const char	  *estate;
		enum public_access mode;
	} cases[] = {
		{ VPC("") SUBNET(""), PUBLIC_ACCESS_OPEN },
		{ VPC("") SUBNET("") BLOCKED, PUBLIC_ACCESS_BLOCK },
		{ VPC("") SUBNET("") OPTIONS("111122223333", "eu-west-1", "block-ingress"),
		  PUBLIC_ACCESS_BLOCK_INGRESS },
		{ VPC("") SUBNET("") OPTIONS("111122223333", "eu-west-1", "off"),
		  PUBLIC_ACCESS_OPEN },
		{ VPC("") SUBNET("") OPTIONS("444455556666", "eu-west-1", "block-bidirectional"),
		  PUBLIC_ACCESS_OPEN },
		{ VPC("") SUBNET("") OPTIONS("111122223333", "us-east-1", "block-bidirectional"),
		  PUBLIC_ACCESS_OPEN },
		{ VPC(MODE("off")) SUBNET("") BLOCKED, PUBLIC_ACCESS_OPEN },
		{ VPC(MODE("off")) SUBNET(MODE("block-ingress")), PUBLIC_ACCESS_BLOCK_INGRESS },
		{ VPC("") SUBNET("")
			  BLOCKED EXCLUSION("vpc/vpc-1", "allow-bidirectional", "create-complete"),
		  PUBLIC_ACCESS_OPEN },
		{ VPC("") SUBNET("")
			  BLOCKED EXCLUSION("subnet/subnet-a", "allow-egress", "create-complete"),
		  PUBLIC_ACCESS_BLOCK_INGRESS },
		{ VPC("") SUBNET("") BLOCKED EXCLUSION("subnet/subnet-a", "allow-bidirectional",
						       "delete-complete"),
		  PUBLIC_ACCESS_BLOCK },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_world struct world *world = estate_open(cases[i].estate);

		if (public_access_of(world, 0, 0) != cases[i].mode)
			fail_msg("%s", cases[i].estate);
	}
}

TEST(a_setting_of_unknown_meaning_is_refused)
{
	struct err_list errors;

	CHECK(!estate_try(VPC("") OPTIONS("111122223333", "eu-west-1", "sideways"), &errors));
	CHECK(!estate_try(VPC("") "{'VpcBlockPublicAccessOptions': []} {'Subnets': 1}", &errors));
}

#define PUBLIC                                                                                     \
	ESTATE_SHOP                                                                                \
	"{'InternetGateways': [{'InternetGatewayId': 'igw-1', 'Attachments': [{'VpcId': 'vpc-1', " \
	"'State': 'available'}]}]} {'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', "  \
	"'Associations': [{'Main': true}], 'Routes': [{'DestinationCidrBlock': '10.0.0.0/16', "    \
	"'GatewayId': 'local', 'State': 'active'}, {'DestinationCidrBlock': '0.0.0.0/0', "         \
	"'GatewayId': 'igw-1', 'State': 'active'}, {'DestinationIpv6CidrBlock': '::/0', "          \
	"'EgressOnlyInternetGatewayId': 'eigw-1', 'State': 'active'}]}, {'RouteTableId': "         \
	"'rtb-a', 'VpcId': 'vpc-1', 'Associations': [{'SubnetId': 'subnet-a'}], 'Routes': "        \
	"[{'DestinationCidrBlock': '10.0.0.0/16', 'GatewayId': 'local', 'State': 'active'}, "      \
	"{'DestinationCidrBlock': '0.0.0.0/0', 'NatGatewayId': 'nat-1', 'State': 'active'}]}]}"    \
	"{'EgressOnlyInternetGateways': [{'EgressOnlyInternetGatewayId': 'eigw-1', "               \
	"'Attachments': [{'VpcId': 'vpc-1', 'State': 'attached'}]}]} {'NatGateways': "             \
	"[{'NatGatewayId': 'nat-1', 'VpcId': 'vpc-1', 'SubnetId': 'subnet-b', 'State': "           \
	"'available', 'NatGatewayAddresses': [{'PrivateIp': '10.0.2.200', 'PublicIp': "            \
	"'198.51.100.9'}]}]} {'VpcBlockPublicAccessOptions': {'InternetGatewayBlockMode': "

#define NO_EXCLUSIONS "{'VpcBlockPublicAccessExclusions': []}"

TEST(block_ingress_leaves_nat_and_egress_only_gateways)
{
	static const struct path_case cases[] = {
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_DENY,
		  "igw<!VPC_BLOCK_PUBLIC_ACCESS_ENABLED nacl< sg<", NULL },
		{ "10.0.2.10", "203.0.113.9", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route igw>!VPC_BLOCK_PUBLIC_ACCESS_ENABLED", "igw< nacl< sg<" },
		{ "10.0.1.10", "203.0.113.9", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route nacl< nat> nacl> route igw>", NULL },
		{ "2001:db8:0:2::10", "2a00::9", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route eigw>", "eigw< nacl< sg<" },
	};

	path_check_all(PUBLIC "'block-ingress'}}" NO_EXCLUSIONS, cases, ARRAY_LEN(cases));
}

TEST(block_bidirectional_leaves_nothing)
{
	static const struct path_case cases[] = {
		{ "10.0.1.10", "203.0.113.9", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route nacl< nat> nacl> route igw>!VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
		  NULL },
		{ "2001:db8:0:2::10", "2a00::9", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route eigw>!VPC_BLOCK_PUBLIC_ACCESS_ENABLED", NULL },
		{ "10.0.1.10", "10.0.2.10", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route nacl< sg<", NULL },
	};

	path_check_all(PUBLIC "'block-bidirectional'}}" NO_EXCLUSIONS, cases, ARRAY_LEN(cases));
}

TEST(without_the_exclusions_nothing_is_blocked_for_certain)
{
	static const struct path_case cases[] = {
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "igw<?VPC_BLOCK_PUBLIC_ACCESS_ENABLED nacl< sg<", "sg> nacl> route igw>" },
		{ "10.0.2.10", "203.0.113.9", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route igw>?VPC_BLOCK_PUBLIC_ACCESS_ENABLED", "igw< nacl< sg<" },
	};

	path_check_all(PUBLIC "'block-ingress'}}", cases, ARRAY_LEN(cases));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_word_counts_and_silence_is_open),
		cmocka_unit_test(a_setting_of_unknown_meaning_is_refused),
		cmocka_unit_test(block_ingress_leaves_nat_and_egress_only_gateways),
		cmocka_unit_test(block_bidirectional_leaves_nothing),
		cmocka_unit_test(without_the_exclusions_nothing_is_blocked_for_certain),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
