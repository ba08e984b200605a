/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which flows become records: all but those that AWS's flow logs leave out (aws-semantics.md 1.12).  Asked
 * when a flow is written, so that every capture is treated alike.
 */
#pragma once

#include "lib/net/cidr.h"
#include "sensor/eni.h"

enum { SCOPE_CIDRS_MAX = 16 };

struct scope {
	bool	    all;		  /* leave nothing out */
	struct cidr vpc[SCOPE_CIDRS_MAX]; /* the VPC's blocks, the first is its primary one … */
	size_t	    vpc_count;		  /* … of interfaces that do not know their own */
};

int scope_add_vpc_cidr(struct scope *scope, const char *text, struct err *err) MUST_USE;

/* Whether a flow of that interface is recorded. */
bool scope_has(const struct scope *scope, const struct eni *eni, const struct flow_key *key);

/* Whether an address is in one of the blocks of that interface's VPC. */
bool scope_is_in_vpc(const struct scope *scope, const struct eni *eni, struct ip ip);
