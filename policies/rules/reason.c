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
	[REASON_NO_ROUTE_TO_DESTINATION] = { "NO_ROUTE_TO_DESTINATION",
					     "the route table has no route to it" },
	[REASON_SG_HAS_NO_RULES] = { "SG_HAS_NO_RULES",
				     "the interface's groups have no rule in this direction" },
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
