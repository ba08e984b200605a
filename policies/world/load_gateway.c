/* SPDX-License-Identifier: Apache-2.0 */
/* InternetGateways, EgressOnlyInternetGateways, VpnGateways, CarrierGateways, NatGateways, peering. */
#include "policies/world/load.h"

/* An attachment that stands: `available` in samples, `attached` in the model (aws-semantics.md 4.3). */
static bool stands(struct str state)
{
	return state.len == 0 || str_is(state, "available") || str_is(state, "attached");
}

/* A gateway without a standing attachment leads nowhere: it counts as dead. */
int load_gateway(struct loader *loader, const cJSON *object, struct err *err)
{
	const cJSON    *attachments = load_list(loader, object, "Attachments"), *item;
	struct gateway *gateway;
	struct str     *vpc_ids;
	size_t		room;
	uint32_t	count = 0;

	if (!attachments)
		attachments = load_list(loader, object, "VpcAttachments");
	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	if (!attachments && json_text(object, "VpcId").len == 0)
		return err_set(err, ERR_INPUT, "%.*s: Attachments: expected a list",
			       STR_ARG(json_text(object, loader->row->id_name)));
	room = (size_t)cJSON_GetArraySize(attachments) + 1;
	vpc_ids = arena_alloc(&loader->world->arena, room * sizeof(*vpc_ids));
	cJSON_ArrayForEach(item, attachments)
		if (stands(json_text(item, "State")))
			vpc_ids[count++] = load_text(loader, item, "VpcId");
	if (json_text(object, "VpcId").len) /* carrier gateways have one VPC, no attachments */
		vpc_ids[count++] = load_text(loader, object, "VpcId");
	if (count == 0) {
		loader->family->dead++;
		return 0;
	}
	gateway = load_object(loader, loader->row->kind, object, loader->row->id_name, err);
	if (!gateway)
		return -1;
	gateway->vpc_ids = vpc_ids;
	gateway->vpc_count = count;
	return 0;
}

/* An address that is not there, or not yet, is none. */
static struct ip optional_ip(const cJSON *object, const char *name)
{
	struct ip  ip = { 0 };
	struct err ignored;

	if (ip_parse(json_text(object, name), &ip, &ignored) < 0)
		ip.family = IP_NONE;
	return ip;
}

int load_nat(struct loader *loader, const cJSON *object, struct err *err)
{
	const cJSON *addresses = load_list(loader, object, "NatGatewayAddresses"), *item;
	struct nat  *nat;

	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	nat = load_object(loader, WORLD_NAT, object, "NatGatewayId", err);
	if (!nat)
		return -1;
	nat->vpc_id = load_text(loader, object, "VpcId");
	nat->subnet_id = load_text(loader, object, "SubnetId");
	nat->rtb_id = load_text(loader, object, "RouteTableId");
	nat->is_private = str_is(json_text(object, "ConnectivityType"), "private");
	nat->addresses = arena_alloc(&loader->world->arena, (size_t)cJSON_GetArraySize(addresses) *
								    sizeof(*nat->addresses));
	cJSON_ArrayForEach(item, addresses) {
		struct nat_address *address = &nat->addresses[nat->address_count++];

		address->private_ip = optional_ip(item, "PrivateIp");
		address->public_ip = optional_ip(item, "PublicIp");
		address->eni_id = load_text(loader, item, "NetworkInterfaceId");
		address->az = load_text(loader, item, "AvailabilityZone");
	}
	return 0;
}

/* The sets of a side; CidrBlock alone where the other account's sets are not shown. */
static int load_side(struct loader *loader, const cJSON *info, struct pcx_side *side,
		     struct err *err)
{
	static const char *const sets[][2] = { { "CidrBlockSet", "CidrBlock" },
					       { "Ipv6CidrBlockSet", "Ipv6CidrBlock" } };
	size_t			 room = 1;
	const cJSON		*item;

	side->vpc_id = load_text(loader, info, "VpcId");
	side->owner = load_text(loader, info, "OwnerId");
	side->region = load_text(loader, info, "Region");
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		room += (size_t)cJSON_GetArraySize(load_list(loader, info, sets[i][0]));
	side->cidrs = arena_alloc(&loader->world->arena, room * sizeof(*side->cidrs));
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		cJSON_ArrayForEach(item, load_list(loader, info, sets[i][0])) {
			if (load_cidr(item, sets[i][1], &side->cidrs[side->cidr_count], err) < 0)
				return -1;
			side->cidr_count++;
		}
	if (side->cidr_count == 0 && json_text(info, "CidrBlock").len) {
		if (load_cidr(info, "CidrBlock", &side->cidrs[0], err) < 0)
			return -1;
		side->cidr_count = 1;
	}
	return 0;
}

int load_pcx(struct loader *loader, const cJSON *object, struct err *err)
{
	struct str  status = json_text(load_inner(loader, object, "Status"), "Code");
	struct pcx *pcx;

	if (load_is_dead(loader, status))
		return 0;
	pcx = load_object(loader, WORLD_PCX, object, "VpcPeeringConnectionId", err);
	if (!pcx)
		return -1;
	pcx->status = arena_str(&loader->world->arena, status);
	if (load_side(loader, load_inner(loader, object, "RequesterVpcInfo"), &pcx->requester,
		      err) < 0 ||
	    load_side(loader, load_inner(loader, object, "AccepterVpcInfo"), &pcx->accepter, err) <
		    0)
		return err_wrap(err, "%.*s", STR_ARG(pcx->object.id));
	return 0;
}
