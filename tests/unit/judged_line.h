/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a flow log judged against a world and a policy that the test states inline. */
#pragma once

#include "lib/flow/line.h"
#include "policies/match/record.h"
#include "tests/unit/estate.h"

#define SG_1(ingress, egress)                                                                      \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [" ingress                       \
	"], 'IpPermissionsEgress': [" egress "]}, {'GroupId': 'sg-2'}]}"
#define TCP(port)                                                                                  \
	"{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port                              \
	", 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"
#define ALL	   "{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"
#define NET	   ESTATE_NET ESTATE_ENIS
#define LINE(rest) "2 111122223333 eni-1 " rest " OK"

/* An ACL that lets everything in and nothing out. */
#define ONE_WAY_ACL                                                                                \
	NET SG_1(ALL,                                                                              \
		 ALL) "{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', "              \
		      "'IsDefault': true, 'Entries': [{'RuleNumber': 100, 'Egress': false, "       \
		      "'RuleAction': 'allow', 'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}]}]}"

#define NO_ACL_RULES                                                                               \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': []}]}"

/* format NULL: AWS's default.  Only the values of the answer outlive the call. */
static inline struct record_answer judge_line(const char *estate, const char *policy,
					      const char *format, const char *line)
{
	auto_world struct world	  *world = estate_open(estate);
	auto_intent struct intent *intent = NULL;
	auto_judge struct judge	  *judge = NULL;
	struct format		   fields = format_default();
	struct record		   record;
	struct err_list		   errors;
	struct err		   err;

	if (policy) {
		intent = intent_parse(str_of(policy), "p", &errors);
		if (!intent)
			fail_msg("%s", errors.items[0].text);
		judge = judge_new(intent, world);
	}
	if ((format && format_parse(str_of(format), &fields, NULL, &err) < 0) ||
	    line_parse(str_of(line), &fields, LINE_ALL_FIELDS, &record, &err) != LINE_FINE)
		fail_msg("%s: %s", line, err.text);
	return record_judge(world, judge, &record);
}
