/* SPDX-License-Identifier: Apache-2.0 */
/* VpnConnections, CustomerGateways, VpcEndpoints, Addresses, FlowLogs, AvailabilityZones. */
#include "policies/world/load.h"

int load_vpn(struct loader *loader, const cJSON *object, struct err *err)
{
	const cJSON *routes = load_list(loader, object, "Routes"), *item;
	struct vpn  *vpn;

	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	vpn = load_object(loader, WORLD_VPN, object, "VpnConnectionId", err);
	if (!vpn)
		return -1;
	vpn->vgw_id = load_text(loader, object, "VpnGatewayId");
	vpn->tgw_id = load_text(loader, object, "TransitGatewayId");
	vpn->cgw_id = load_text(loader, object, "CustomerGatewayId");
	vpn->routes = arena_alloc(&loader->world->arena,
				  (size_t)cJSON_GetArraySize(routes) * sizeof(*vpn->routes));
	cJSON_ArrayForEach(item, routes) {
		if (load_cidr(item, "DestinationCidrBlock", &vpn->routes[vpn->route_count], err) <
		    0)
			return err_wrap(err, "%.*s: Routes[%u]", STR_ARG(vpn->object.id),
					vpn->route_count);
		vpn->route_count++;
	}
	return 0;
}

int load_cgw(struct loader *loader, const cJSON *object, struct err *err)
{
	struct cgw *cgw;
	struct err  ignored;

	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	cgw = load_object(loader, WORLD_CGW, object, "CustomerGatewayId", err);
	if (!cgw)
		return -1;
	if (ip_parse(json_text(object, "IpAddress"), &cgw->ip, &ignored) < 0)
		cgw->ip = (struct ip){ 0 }; /* a gateway may have a certificate instead */
	return 0;
}

int load_vpce(struct loader *loader, const cJSON *object, struct err *err)
{
	struct vpce *vpce;

	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	vpce = load_object(loader, WORLD_VPCE, object, "VpcEndpointId", err);
	if (!vpce)
		return -1;
	vpce->vpc_id = load_text(loader, object, "VpcId");
	vpce->type = load_text(loader, object, "VpcEndpointType");
	vpce->service = load_text(loader, object, "ServiceName");
	vpce->rtb_ids = load_texts(loader, load_strings(loader, object, "RouteTableIds"), NULL,
				   &vpce->rtb_count);
	vpce->subnet_ids = load_texts(loader, load_strings(loader, object, "SubnetIds"), NULL,
				      &vpce->subnet_count);
	vpce->eni_ids = load_texts(loader, load_strings(loader, object, "NetworkInterfaceIds"),
				   NULL, &vpce->eni_count);
	vpce->sg_ids = load_texts(loader, load_list(loader, object, "Groups"), "GroupId",
				  &vpce->sg_count);
	return 0;
}

/* Of a Wavelength Zone's carrier or of a network around an Outpost: the internet does not know it. */
static bool is_of_others(const cJSON *object)
{
	return json_text(object, "PublicIp").len == 0 &&
	       (json_text(object, "CarrierIp").len || json_text(object, "CustomerOwnedIp").len);
}

/* Addresses of EC2-Classic had no AllocationId; the rest of an account still does. */
int load_eip(struct loader *loader, const cJSON *object, struct err *err)
{
	const char *id_name = json_text(object, "AllocationId").len ? "AllocationId" : "PublicIp";
	struct eip *eip = load_object(loader, WORLD_EIP, object, id_name, err);

	if (!eip)
		return -1;
	if (!is_of_others(object) &&
	    ip_parse(json_text(object, "PublicIp"), &eip->public_ip, err) < 0)
		return err_wrap(err, "%.*s: PublicIp", STR_ARG(eip->object.id));
	if (json_text(object, "PrivateIpAddress").len &&
	    ip_parse(json_text(object, "PrivateIpAddress"), &eip->private_ip, err) < 0)
		return err_wrap(err, "%.*s: PrivateIpAddress", STR_ARG(eip->object.id));
	eip->eni_id = load_text(loader, object, "NetworkInterfaceId");
	eip->instance_id = load_text(loader, object, "InstanceId");
	return 0;
}

int load_flow_log(struct loader *loader, const cJSON *object, struct err *err)
{
	struct flow_log *log = load_object(loader, WORLD_FLOW_LOG, object, "FlowLogId", err);
	int64_t		 interval_s = 600;

	if (!log)
		return -1;
	log->resource_id = load_text(loader, object, "ResourceId");
	log->traffic_type = load_text(loader, object, "TrafficType");
	log->format = load_text(loader, object, "LogFormat");
	log->destination = load_text(loader, object, "LogDestination");
	if (json_int(object, "MaxAggregationInterval", 1, 86400, &interval_s) < 0)
		return err_set(err, ERR_INPUT,
			       "%.*s: MaxAggregationInterval: expected seconds, like 60 or 600",
			       STR_ARG(log->object.id));
	log->max_interval_s = (uint32_t)interval_s;
	return 0;
}

int load_az(struct loader *loader, const cJSON *object, struct err *err)
{
	struct az *az = load_object(loader, WORLD_AZ, object, "ZoneName", err);

	if (!az)
		return -1;
	az->object.name = load_text(loader, object, "ZoneId");
	if (json_text(object, "RegionName").len)
		az->object.region = load_text(loader, object, "RegionName");
	return 0;
}
