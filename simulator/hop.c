/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/hop.h"

#include <assert.h>

#include "simulator/walk.h"

static const struct hop_ops *const ops[HOP_KIND_COUNT] = {
	[HOP_SECURITY_GROUP] = &hop_sg_ops,	  [HOP_NETWORK_ACL] = &hop_nacl_ops,
	[HOP_ROUTE_TABLE] = &hop_rtb_ops,	  [HOP_NETWORK_INTERFACE] = &hop_eni_ops,
	[HOP_INTERNET_GATEWAY] = &hop_igw_ops,	  [HOP_EGRESS_ONLY_GATEWAY] = &hop_eigw_ops,
	[HOP_NAT_GATEWAY] = &hop_nat_ops,	  [HOP_PEERING] = &hop_pcx_ops,
	[HOP_TRANSIT_GATEWAY] = &hop_tgw_ops,	  [HOP_TGW_ROUTE_TABLE] = &hop_tgw_rtb_ops,
	[HOP_VPN_GATEWAY] = &hop_vgw_ops,	  [HOP_VPC_ENDPOINT] = &hop_vpce_ops,
	[HOP_ON_PREMISES] = &hop_on_premises_ops, [HOP_LOAD_BALANCER] = &hop_lb_ops,
	[HOP_INTERNET] = &hop_internet_ops,	  [HOP_OUTSIDE] = &hop_outside_ops,
};

const struct hop_ops *hop_ops_of(enum hop_kind kind)
{
	assert(kind < HOP_KIND_COUNT);
	return ops[kind];
}

enum verdict leg_verdict(const struct leg *leg)
{
	enum verdict verdict = VERDICT_ALLOW;

	for (size_t i = 0; i < leg->count; i++)
		if (leg->hops[i].decision.verdict < verdict)
			verdict = leg->hops[i].decision.verdict;
	return verdict;
}
