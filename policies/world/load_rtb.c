/* SPDX-License-Identifier: Apache-2.0 */
/* RouteTables. */
#include "policies/world/load.h"

/* The members that can name a target, and the kind of hop it is.  GatewayId is overloaded. */
static const struct {
	const char *member, *prefix, *kind;
} targets[] = {
	{ "GatewayId", "local", "local" },
	{ "GatewayId", "igw-", "internet-gateway" },
	{ "GatewayId", "vgw-", "vpn-gateway" },
	{ "GatewayId", "vpce-", "vpc-endpoint" },
	{ "GatewayId", "", "gateway" },
	{ "NatGatewayId", "", "nat-gateway" },
	{ "TransitGatewayId", "", "transit-gateway" },
	{ "VpcPeeringConnectionId", "", "vpc-peering-connection" },
	{ "EgressOnlyInternetGatewayId", "", "egress-only-internet-gateway" },
	{ "LocalGatewayId", "", "local-gateway" },
	{ "CarrierGatewayId", "", "carrier-gateway" },
	{ "NetworkInterfaceId", "", "network-interface" },
	{ "InstanceId", "", "instance" },
	{ "CoreNetworkArn", "", "core-network" },
	{ "OdbNetworkArn", "", "odb-network" },
};

static void load_target(struct loader *loader, const cJSON *object, struct route *route)
{
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		struct str target = json_text(object, targets[i].member);

		if (target.len && str_starts(target, targets[i].prefix)) {
			route->target = arena_str(&loader->world->arena, target);
			route->target_kind = targets[i].kind;
			return;
		}
	}
	route->target_kind = "unknown";
}

static int load_route(struct loader *loader, const cJSON *object, struct route *route,
		      struct err *err)
{
	*route = (struct route){ .prefix_list_idx = WORLD_NONE };
	route->state = load_text(loader, object, "State");
	route->origin = load_text(loader, object, "Origin");
	route->prefix_list_id = load_text(loader, object, "DestinationPrefixListId");
	load_target(loader, object, route);
	if (route->prefix_list_id.len)
		return 0;
	if (json_text(object, "DestinationIpv6CidrBlock").len)
		return load_cidr(object, "DestinationIpv6CidrBlock", &route->cidr, err);
	return load_cidr(object, "DestinationCidrBlock", &route->cidr, err);
}

int load_rtb(struct loader *loader, const cJSON *object, struct err *err)
{
	struct rtb  *rtb = load_object(loader, WORLD_RTB, object, "RouteTableId", err);
	const cJSON *routes = load_list(loader, object, "Routes"), *item;
	const cJSON *associations = load_list(loader, object, "Associations");

	if (!rtb)
		return -1;
	if (!routes)
		return err_set(err, ERR_INPUT, "%.*s: Routes: expected a list",
			       STR_ARG(rtb->object.id));
	rtb->vpc_id = load_text(loader, object, "VpcId");
	rtb->subnet_ids = load_texts(loader, associations, "SubnetId", &rtb->subnet_count);
	rtb->gateway_ids = load_texts(loader, associations, "GatewayId", &rtb->gateway_count);
	cJSON_ArrayForEach(item, associations)
		rtb->is_main = load_flag(loader, item, "Main", false) || rtb->is_main;
	rtb->routes = arena_alloc(&loader->world->arena,
				  (size_t)cJSON_GetArraySize(routes) * sizeof(*rtb->routes));
	cJSON_ArrayForEach(item, routes) {
		if (load_route(loader, item, &rtb->routes[rtb->route_count], err) < 0)
			return err_wrap(err, "%.*s: Routes[%u]", STR_ARG(rtb->object.id),
					rtb->route_count);
		rtb->route_count++;
	}
	return 0;
}
