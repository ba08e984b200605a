/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why not.  The codes are those of AWS Reachability Analyzer (aws-semantics.md 5.2), so that they can be
 * looked up; a reason enters this list with the first code that gives it.
 */
#pragma once

enum reason {
	REASON_NONE,
	REASON_BAD_STATE_ROUTE,
	REASON_ENI_SG_RULES_MISMATCH,
	REASON_NO_ROUTE_TO_DESTINATION,
	REASON_SG_HAS_NO_RULES,
	REASON_SUBNET_ACL_RESTRICTION,
	REASON_UNKNOWN_PEERED_SGS,
	REASON_UNKNOWN_RESOURCE,
	REASON_UNSUPPORTED_COMPONENT,
	REASON_COUNT
};

const char *reason_code(enum reason reason);  /* "SUBNET_ACL_RESTRICTION"; NULL for REASON_NONE */
const char *reason_about(enum reason reason); /* in a few words */
