/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/reason.h"

#include <assert.h>

static const struct {
	const char *code, *about;
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { 0, 0 },
	[REASON_BAD_STATE] = { "BAD_STATE", "it is not in a working state" },
	[REASON_BAD_STATE_ATTACHMENT] = { "BAD_STATE_ATTACHMENT",
					  "what joins the two does not work" },
	[REASON_BAD_STATE_ROUTE] = { "BAD_STATE_ROUTE", "the matching route is unusable" },
	[REASON_ELBV2_LISTENERS_MISMATCH] = { "ELBV2_LISTENERS_MISMATCH",
					      "the load balancer has no listener for it" },
	[REASON_ELBV2_LISTENER_HAS_NO_TG] = { "ELBV2_LISTENER_HAS_NO_TG",
					      "the listener's target groups have no targets" },
	[REASON_ELBV2_NO_TARGETS_IN_AZ] = { "ELBV2_NO_TARGETS_IN_AZ",
					    "no target is in the node's zone, and cross-zone load "
					    "balancing is off" },
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
	[REASON_INGRESS_RTB_NO_PUBLIC_IP] = { "INGRESS_RTB_NO_PUBLIC_IP",
					      "the appliance of the gateway's route table has no "
					      "public address" },
	[REASON_INGRESS_RTB_TRAFFIC_REDIRECTION] = { "INGRESS_RTB_TRAFFIC_REDIRECTION",
						     "what enters for this subnet goes to an "
						     "appliance, so it gets out by that only" },
	[REASON_NGW_DEST_ADDRESS_PRESERVATION] = { "NGW_DEST_ADDRESS_PRESERVATION",
						   "a NAT gateway gives the packet no other "
						   "destination" },
	[REASON_NGW_REQUIRES_SOURCE_IN_VPC] = { "NGW_REQUIRES_SOURCE_IN_VPC",
						"a NAT gateway serves its own VPC only" },
	[REASON_NGW_SOURCE_ADDRESS_REASSIGN] = { "NGW_SOURCE_ADDRESS_REASSIGN",
						 "a NAT gateway gives the packet another source" },
	[REASON_NO_PATH] = { "NO_PATH", "there is no way to it" },
	[REASON_NO_POSSIBLE_DESTINATION] = { "NO_POSSIBLE_DESTINATION", "the way ends here" },
	[REASON_NO_ROUTE_TO_DESTINATION] = { "NO_ROUTE_TO_DESTINATION",
					     "the route table has no route to it" },
	[REASON_PCX_REQUIRES_ADDRESS_IN_VPC_CIDR] = { "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
						      "a peering connection joins the two VPCs' "
						      "own addresses only" },
	[REASON_PROTOCOL_RESTRICTION] = { "PROTOCOL_RESTRICTION", "it handles other protocols" },
	[REASON_REGIONAL_NGW_ROUTE_AZ_RESTRICTION] = { "REGIONAL_NGW_ROUTE_AZ_RESTRICTION",
						       "the regional NAT gateway is not in the "
						       "sender's zone" },
	[REASON_SG_HAS_NO_RULES] = { "SG_HAS_NO_RULES",
				     "the interface's groups have no rule in this direction" },
	[REASON_SG_REFERENCES_NOT_PRESERVED] = { "SG_REFERENCES_NOT_PRESERVED",
						 "a rule references the sender's group, which is "
						 "not seen any more here" },
	[REASON_SG_REFERENCING_SUPPORT] = { "SG_REFERENCING_SUPPORT",
					    "a rule references the sender's group, which the "
					    "transit gateway does not carry over" },
	[REASON_SUBNET_ACL_RESTRICTION] = { "SUBNET_ACL_RESTRICTION",
					    "the network ACL does not admit it" },
	[REASON_TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION] = { "TGW_ATTACH_MISSING_TGW_RTB_"
							    "ASSOCIATION",
							    "the attachment is associated with no "
							    "route table" },
	[REASON_TGW_ROUTE_AZ_RESTRICTION] = { "TGW_ROUTE_AZ_RESTRICTION",
					      "the attachment has no subnet in the sender's zone" },
	[REASON_TGW_RTB_BAD_STATE_ROUTE] = { "TGW_RTB_BAD_STATE_ROUTE",
					     "the matching route is a blackhole" },
	[REASON_TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT] = { "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT",
							"the transit gateway's table has no route "
							"to it" },
	[REASON_TGW_RTB_ROUTES_ARE_UNKNOWN] = { "TGW_RTB_ROUTES_ARE_UNKNOWN",
						"the routes of the transit gateway's table are not "
						"in the snapshot" },
	[REASON_UNKNOWN_PEERED_SGS] = { "UNKNOWN_PEERED_SGS",
					"the members of a referenced group are not known" },
	[REASON_UNKNOWN_RESOURCE] = { "UNKNOWN_RESOURCE", "an object is not in the snapshot" },
	[REASON_UNSUPPORTED_COMPONENT] = { "UNSUPPORTED_COMPONENT", "not modelled" },
	[REASON_VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS] = { "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS",
							   "the source is no interface's address "
							   "in the VPC" },
	[REASON_VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS] = { "VGW_PRIVATE_IP_ASSOCIATION_FOR_"
							    "INGRESS",
							    "the destination is no interface's "
							    "address in the VPC" },
	[REASON_VPCE_GATEWAY_PROTOCOL_RESTRICTION] = { "VPCE_GATEWAY_PROTOCOL_RESTRICTION",
						       "a gateway endpoint takes TCP and echo "
						       "requests" },
	[REASON_VPCE_INTRA_VPC_TRAFFIC] = { "VPCE_INTRA_VPC_TRAFFIC",
					    "an endpoint opens no connection into its VPC" },
	[REASON_VPC_BLOCK_PUBLIC_ACCESS_ENABLED] = { "VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
						     "VPC Block Public Access stops it" },
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
