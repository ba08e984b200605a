/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/reason.h"

#include <assert.h>

static const struct {
	const char *code, *about;
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { 0, 0 },
	[REASON_BAD_STATE_ROUTE] = { "BAD_STATE_ROUTE", "the matching route is unusable" },
	[REASON_ENI_SG_RULES_MISMATCH] = { "ENI_SG_RULES_MISMATCH",
					   "no rule of the interface's groups matches" },
	[REASON_ENI_SOURCE_DEST_CHECK_RESTRICTION] = { "ENI_SOURCE_DEST_CHECK_RESTRICTION",
						       "its source/destination check is on, and "
						       "the packet is not its own" },
	[REASON_GATEWAY_REJECTS_SPOOFED_TRAFFIC] = { "GATEWAY_REJECTS_SPOOFED_TRAFFIC",
						     "the source address pretends to be of the "
						     "VPC" },
	[REASON_IGW_DESTINATION_ADDRESS_IN_VPC_CIDRS] = { "IGW_DESTINATION_ADDRESS_IN_VPC_CIDRS",
							  "the destination is in no block of the "
							  "VPC" },
	[REASON_IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS] = { "IGW_DESTINATION_ADDRESS_NOT_IN_"
								   "RFC1918_EGRESS",
								   "an internet gateway sends "
								   "nothing to private addresses" },
	[REASON_IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS] = { "IGW_DESTINATION_ADDRESS_NOT_IN_"
								   "RFC6598_EGRESS",
								   "an internet gateway sends "
								   "nothing to 100.64.0.0/10" },
	[REASON_IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS] = { "IGW_PRIVATE_IP_ASSOCIATION_FOR_"
							    "INGRESS",
							    "no public address leads to it" },
	[REASON_IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS] = { "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
							  "the sender has no public address" },
	[REASON_IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS] = { "IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_"
							       "INGRESS",
							       "an internet gateway takes nothing "
							       "from private addresses" },
	[REASON_IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS] = { "IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_"
							       "INGRESS",
							       "an internet gateway takes nothing "
							       "from 100.64.0.0/10" },
	[REASON_NO_PATH] = { "NO_PATH", "there is no way to it" },
	[REASON_NO_POSSIBLE_DESTINATION] = { "NO_POSSIBLE_DESTINATION", "the way ends here" },
	[REASON_NO_ROUTE_TO_DESTINATION] = { "NO_ROUTE_TO_DESTINATION",
					     "the route table has no route to it" },
	[REASON_SG_HAS_NO_RULES] = { "SG_HAS_NO_RULES",
				     "the interface's groups have no rule in this direction" },
	[REASON_SG_REFERENCES_NOT_PRESERVED] = { "SG_REFERENCES_NOT_PRESERVED",
						 "a rule references the sender's group, which is "
						 "not seen any more here" },
	[REASON_SUBNET_ACL_RESTRICTION] = { "SUBNET_ACL_RESTRICTION",
					    "the network ACL does not admit it" },
	[REASON_UNKNOWN_PEERED_SGS] = { "UNKNOWN_PEERED_SGS",
					"the members of a referenced group are not known" },
	[REASON_UNKNOWN_RESOURCE] = { "UNKNOWN_RESOURCE", "an object is not in the snapshot" },
	[REASON_UNSUPPORTED_COMPONENT] = { "UNSUPPORTED_COMPONENT", "not modelled" },
};

const char *reason_code(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason].code;
}

const char *reason_about(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reasons[reason].about;
}
