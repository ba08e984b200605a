/* SPDX-License-Identifier: Apache-2.0 */
/* What is no snapshot is refused with file, line and what was expected. */
#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "tests/unit/estate.h"

#define SG(rest)  "{'SecurityGroups': [{'GroupId': 'sg-1', " rest "}]}"
#define IN(rest)  SG("'IpPermissions': [{" rest "}]")
#define ACL(rest) "{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'Entries': [{" rest "}]}]}"
#define VPC(rest) "{'Vpcs': [{'VpcId': 'vpc-1', " rest "}]}"
#define ENI(rest) "{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', " rest "}]}"

static const struct {
	const char *text, *part; /* what the error must speak of */
} bad_texts[] = {
	{ "", "empty" },
	{ "[]", "expected" },
	{ "'Vpcs'", "expected" },
	{ "{'Vpcs': [", "expected" },
	{ "{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0", "expected" },
	{ "{'Reserve': [{}]}", "expected a top-level key" },
	{ "{'Vpcs': {}}", "expected a list" },
	{ "{'Vpcs': ['vpc-1']}", "expected a list of objects" },
	{ "{'Vpcs': [{}]}", "expected a VpcId" },
	{ "{'Vpcs': [{'VpcId': 7, 'CidrBlock': '10.0.0.0/16'}]}", "expected a VpcId" },
	{ VPC("'CidrBlock': '10.0.0.0/33'"), "CidrBlock" },
	{ VPC("'State': 'available'"), "CidrBlock" },
	{ "{'Subnets': [{'SubnetId': 'subnet-1', 'CidrBlock': '10.0.0.0/24'}]}", "VpcId" },
	{ SG("'IpPermissions': {}"), "IpPermissions: expected a list" },
	{ IN("'IpProtocol': '-1', 'IpRanges': '0.0.0.0/0'"), "IpRanges: expected a list" },
	{ "{'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1'}]}",
	  "Routes: expected a list" },
	{ "{'InternetGateways': [{'InternetGatewayId': 'igw-1'}]}",
	  "Attachments: expected a list" },
	{ "{'InternetGateways': [{'InternetGatewayId': 'igw-1', 'Attachments': ['vpc-1']}]}",
	  "Attachments: expected a list" },
	{ IN("'IpProtocol': '-1', 'UserIdGroupPairs': ['sg-2']"),
	  "UserIdGroupPairs: expected a list" },
	{ "{'PrefixLists': [{'PrefixListId': 'pl-1', 'Cidrs': [{'Cidr': '10.0.0.0/8'}]}]}",
	  "Cidrs: expected a list" },
	{ IN("'FromPort': 1"), "IpProtocol" },
	{ IN("'IpProtocol': 'tpc'"), "IpProtocol" },
	{ IN("'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 79"), "runs forwards" },
	{ IN("'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 65536"), "65535" },
	{ IN("'IpProtocol': 'tcp', 'FromPort': '80', 'ToPort': 80"), "expected numbers" },
	{ IN("'IpProtocol': 'tcp', 'FromPort': 80.5, 'ToPort': 90"), "expected numbers" },
	{ IN("'IpProtocol': 'icmp', 'FromPort': 256, 'ToPort': 0"), "255" },
	{ IN("'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '10.0.0.0/33'}]"), "CidrIp" },
	{ IN("'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '::/0'}]"), "IPv4" },
	{ IN("'IpProtocol': '-1', 'Ipv6Ranges': [{'CidrIpv6': '0.0.0.0/0'}]"), "IPv6" },
	{ IN("'IpProtocol': '-1', 'IpRanges': [{}]"), "CidrIp" },
	{ "{'SecurityGroupRules': [{'GroupId': 'sg-1', 'IpProtocol': '-1'}]}",
	  "SecurityGroupRuleId" },
	{ "{'SecurityGroupRules': [{'SecurityGroupRuleId': 'sgr-1', 'GroupId': 'sg-1', "
	  "'IsEgress': false, 'IpProtocol': '-1'}]}",
	  "CidrIpv4" },
	{ "{'NetworkAcls': [{'NetworkAclId': 'acl-1'}]}", "Entries: expected a list" },
	{ ACL("'RuleAction': 'allow', 'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'"), "Egress" },
	{ ACL("'Egress': 'false', 'RuleAction': 'allow', 'Protocol': '-1', 'CidrBlock': "
	      "'0.0.0.0/0'"),
	  "Egress: expected true or false" },
	{ ACL("'Egress': false, 'RuleNumber': 1, 'RuleAction': 'deny', 'Protocol': '6', "
	      "'CidrBlock': '0.0.0.0/0', 'PortRange': '22'"),
	  "PortRange: expected an object" },
	{ "{'SecurityGroupRules': [{'SecurityGroupRuleId': 'sgr-1', 'GroupId': 'sg-1', "
	  "'IpProtocol': '-1', 'CidrIpv4': '0.0.0.0/0'}]}",
	  "IsEgress: expected true or false" },
	{ ACL("'Egress': false, 'RuleAction': 'allow', 'Protocol': '-1', 'CidrBlock': "
	      "'0.0.0.0/0'"),
	  "RuleNumber" },
	{ ACL("'Egress': false, 'RuleNumber': 0, 'RuleAction': 'allow', 'Protocol': '-1', "
	      "'CidrBlock': "
	      "'0.0.0.0/0'"),
	  "RuleNumber" },
	{ ACL("'Egress': false, 'RuleNumber': 1, 'RuleAction': 'Allow', 'Protocol': '-1', "
	      "'CidrBlock': "
	      "'0.0.0.0/0'"),
	  "expected allow or deny" },
	{ ACL("'Egress': false, 'RuleNumber': 1, 'RuleAction': 'deny', 'CidrBlock': '0.0.0.0/0'"),
	  "Protocol" },
	{ ACL("'Egress': false, 'RuleNumber': 1, 'RuleAction': 'deny', 'Protocol': '-1'"),
	  "CidrBlock" },
	{ ACL("'Egress': false, 'RuleNumber': 1, 'RuleAction': 'deny', 'Protocol': '-1', "
	      "'CidrBlock': '::/0'"),
	  "IPv4" },
	{ ENI("'PrivateIpAddress': '10.0.0.256'"), "PrivateIpAddress" },
	{ ENI("'Ipv6Addresses': [{'Ipv6Address': 'x'}]"), "Ipv6Address" },
	{ ENI("'Ipv4Prefixes': [{'Ipv4Prefix': '10.0.0.0'}]"), "Ipv4Prefix" },
	{ "{'Reservations': [{'OwnerId': '1'}]}", "Instances: expected a list" },
	{ ENI("'SourceDestCheck': 'false'"), "SourceDestCheck: expected true or false" },
	{ ENI("'PrivateIpAddress': '10.0.0.1', 'Association': '203.0.113.7'"),
	  "Association: expected an object" },
	{ "{'VpcPeeringConnections': [{'VpcPeeringConnectionId': 'pcx-1', 'Status': 'active'}]}",
	  "Status: expected an object" },
	{ "{'RouteTables': [{'RouteTableId': 'rtb-1', 'Routes': [], 'Associations': [{'Main': "
	  "'true'}]}]}",
	  "Main: expected true or false" },
	{ "{'RouteTables': [{'RouteTableId': 'rtb-1', 'Routes': [{'GatewayId': 'local'}]}]}",
	  "DestinationCidrBlock" },
	{ "{'PrefixLists': [{'PrefixListId': 'pl-1', 'Entries': [{'Cidr': '10.0.0.0/33'}]}]}",
	  "entry 0" },
};

TEST(what_is_no_snapshot_is_refused_and_the_error_says_what_was_expected)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_texts); i++) {
		struct err_list errors;
		struct world   *world = estate_try(bad_texts[i].text, &errors);

		if (world)
			fail_msg("accepted: %s", bad_texts[i].text);
		CHECK(errors.count >= 1 && errors.items[0].kind == ERR_INPUT);
		if (!strstr(errors.items[0].text, bad_texts[i].part))
			fail_msg("%s: \"%s\" does not speak of \"%s\"", bad_texts[i].text,
				 errors.items[0].text, bad_texts[i].part);
		CHECK(errors.items[0].source[0]);
	}
}

TEST(what_aws_leaves_out_or_adds_is_accepted)
{
	static const char *const texts[] = {
		"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16', 'NewMember': {'a': "
		"[1]}}], 'NextToken': null}",
		IN("'IpProtocol': 'icmp', 'IpRanges': []"),
		IN("'IpProtocol': 'tcp', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]"),
		ENI("'PrivateIpAddresses': [], 'Groups': []"),
		"\xef\xbb\xbf{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err_list errors;
		struct world   *world = estate_try(texts[i], &errors);

		if (!world)
			fail_msg("%s: %s", texts[i], errors.items[0].text);
		world_free(world);
	}
}

TEST(depth_beyond_the_limit_is_refused)
{
	struct err_list errors;
	char		text[2048] = "{'Vpcs': ";

	for (int i = 0; i < 300; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "[");
	CHECK(!estate_try(text, &errors));
	CHECK(strstr(errors.items[0].text, "deep"));
}

/* A folder with two files of two bad objects each, and one that is no JSON. */
static void make_folder(char *folder)
{
	static const char *const files[][2] = {
		{ "a.json", "{\"Vpcs\": [\n{\"VpcId\": \"vpc-1\", \"CidrBlock\": \"x\"},\n"
			    "{\"VpcId\": \"vpc-2\", \"CidrBlock\": \"10.0.0.0/16\"},\n"
			    "{\"CidrBlock\": \"10.0.0.0/16\"}]}" },
		{ "b.json", "\n\n{\"SecurityGroups\": [{}]}" },
		{ "c.json", "{\"Subnets\": [\n" },
		{ "notes.txt", "no document at all" },
	};

	if (!mkdtemp(folder))
		abort();
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char  path[256];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", folder, files[i][0]);
		file = fopen(path, "w");
		if (!file || fputs(files[i][1], file) < 0 || fclose(file) != 0)
			abort();
	}
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = { "a.json", "b.json", "c.json", "notes.txt" };
	char			 path[256];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

TEST(errors_carry_file_and_line_and_all_of_them_are_told)
{
	static const struct {
		const char *file;
		uint32_t    line;
	} expected[] = { { "/a.json", 2 }, { "/a.json", 4 }, { "/b.json", 3 }, { "/c.json", 2 } };
	char		folder[] = "/tmp/weir-test-XXXXXX";
	struct err_list errors;

	make_folder(folder);
	CHECK(!world_open(folder, &errors));
	remove_folder(folder);
	CHECK(errors.count == ARRAY_LEN(expected) && errors.total == errors.count);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		const char *file = strrchr(errors.items[i].source, '/');

		CHECK_TEXT(file, expected[i].file);
		CHECK(errors.items[i].line >= expected[i].line);
		CHECK(errors.items[i].line <= expected[i].line + 1);
	}
}

TEST(errors_are_told_up_to_the_bound_and_counted_beyond_it)
{
	struct err_list errors;
	char		text[4096] = "{'Vpcs': [{}";

	for (int i = 1; i < 50; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", {}");
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "]}");
	CHECK(!estate_try(text, &errors));
	CHECK(errors.count == ERR_LIST_MAX && errors.total == 50);
}

TEST(a_path_that_is_not_there_is_an_error_that_names_it)
{
	struct err_list errors;

	CHECK(!world_open("/nonexistent/shop.snap", &errors));
	CHECK(errors.count == 1);
	CHECK(strstr(errors.items[0].text, "/nonexistent/shop.snap") ||
	      strstr(errors.items[0].source, "/nonexistent/shop.snap"));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_no_snapshot_is_refused_and_the_error_says_what_was_expected),
		cmocka_unit_test(what_aws_leaves_out_or_adds_is_accepted),
		cmocka_unit_test(depth_beyond_the_limit_is_refused),
		cmocka_unit_test(errors_carry_file_and_line_and_all_of_them_are_told),
		cmocka_unit_test(errors_are_told_up_to_the_bound_and_counted_beyond_it),
		cmocka_unit_test(a_path_that_is_not_there_is_an_error_that_names_it),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
