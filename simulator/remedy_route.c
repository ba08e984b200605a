/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/remedy_route.h"

#include "simulator/explain.h"
#include "simulator/public_ip.h"
#include "simulator/tgw_table.h"

/* The VPC that the packet is for, as far as it is known; WORLD_NONE: none of the snapshot. */
static uint32_t far_vpc(const struct obstacle *obstacle)
{
	const struct end *to = obstacle->is_return ? &obstacle->question->src
						   : &obstacle->question->dst;

	if (to->eni_idx == WORLD_NONE || !ip_eq(to->ip, obstacle->hop->packet.dst))
		return WORLD_NONE;
	return obstacle->world->enis[to->eni_idx].vpc_idx;
}

/* What a route to the packet's destination is for: its VPC's block, the address, or everything. */
static struct cidr wanted_block(const struct obstacle *obstacle)
{
	struct ip	  dst = obstacle->hop->packet.dst;
	uint32_t	  vpc_idx = far_vpc(obstacle);
	const struct vpc *vpc = vpc_idx == WORLD_NONE ? NULL : &obstacle->world->vpcs[vpc_idx];
	struct cidr	  everything = { .base = { .family = dst.family } };

	for (uint32_t i = 0; vpc && i < vpc->cidr_count; i++)
		if (cidr_has(vpc->cidrs[i], dst))
			return vpc->cidrs[i];
	return ip_eq(dst, obstacle->path->internet_ip) ? everything : cidr_of_ip(dst);
}

static void add_cidr(struct cidr cidr, struct buf *out)
{
	char text[CIDR_TEXT_SIZE];

	cidr_print(cidr, text);
	buf_add_text(out, text);
}

static bool joins(const struct pcx *pcx, struct str a, struct str b)
{
	return (str_eq(pcx->requester.vpc_id, a) && str_eq(pcx->accepter.vpc_id, b)) ||
	       (str_eq(pcx->requester.vpc_id, b) && str_eq(pcx->accepter.vpc_id, a));
}

/* What a route could point at, and the option of create-route that names it. */
struct way_on {
	const char *option;
	struct str  id;
};

static bool target_to_vpc(const struct obstacle *obstacle, uint32_t to, struct way_on *out)
{
	const struct world *world = obstacle->world;
	uint32_t	    from = obstacle->hop->vpc_idx;

	for (size_t i = 0; i < world->counts[WORLD_PCX]; i++) {
		if (!joins(&world->pcxs[i], world->vpcs[from].object.id, world->vpcs[to].object.id))
			continue;
		*out = (struct way_on){ "--vpc-peering-connection-id", world->pcxs[i].object.id };
		return true;
	}
	for (uint32_t i = 0; i < world->counts[WORLD_TGW]; i++) {
		if (tgw_attachment_of(world, i, from) == WORLD_NONE ||
		    tgw_attachment_of(world, i, to) == WORLD_NONE)
			continue;
		*out = (struct way_on){ "--transit-gateway-id", world->tgws[i].object.id };
		return true;
	}
	return false;
}

/* A sender with a public address takes the internet gateway, another one a NAT gateway. */
static bool target_to_internet(const struct obstacle *obstacle, struct way_on *out)
{
	const struct world *world = obstacle->world;
	const struct hop   *hop = obstacle->hop;
	struct str	    vpc_id = world->vpcs[hop->vpc_idx].object.id;
	bool is_public = public_ip_of(world, hop->vpc_idx, hop->packet.src).family != IP_NONE;

	for (size_t i = 0; is_public && i < world->counts[WORLD_IGW]; i++) {
		if (!str_eq(world->igws[i].vpc_ids[0], vpc_id))
			continue;
		*out = (struct way_on){ "--gateway-id", world->igws[i].object.id };
		return true;
	}
	for (size_t i = 0; !is_public && i < world->counts[WORLD_NAT]; i++) {
		if (!str_eq(world->nats[i].vpc_id, vpc_id) || world->nats[i].is_private)
			continue;
		*out = (struct way_on){ "--nat-gateway-id", world->nats[i].object.id };
		return true;
	}
	return false;
}

static bool find_target(const struct obstacle *obstacle, struct way_on *out)
{
	uint32_t to = far_vpc(obstacle);

	if (obstacle->hop->vpc_idx == WORLD_NONE || to == obstacle->hop->vpc_idx)
		return false;
	if (to != WORLD_NONE)
		return target_to_vpc(obstacle, to, out);
	return !ip_is_private(obstacle->hop->packet.dst) && target_to_internet(obstacle, out);
}

void remedy_route_words(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop *hop = obstacle->hop;
	struct way_on	  target;

	if (hop->object_idx == WORLD_NONE)
		return;
	buf_printf(out, "%s of ", hop->route ? "another target for the route" : "a route");
	buf_add_visible(out, obstacle->world->rtbs[hop->object_idx].object.id);
	buf_add_text(out, " to ");
	if (hop->route && hop->route->prefix_list_id.len)
		buf_add_visible(out, hop->route->prefix_list_id);
	else
		add_cidr(hop->route ? hop->route->cidr : wanted_block(obstacle), out);
	if (!find_target(obstacle, &target))
		return;
	buf_add_text(out, " by ");
	buf_add_visible(out, target.id);
}

void remedy_route_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop *hop = obstacle->hop;
	struct way_on	  target;
	char		  text[CIDR_TEXT_SIZE];

	if (hop->object_idx == WORLD_NONE || !find_target(obstacle, &target))
		return;
	if (hop->route && hop->route->prefix_list_id.len)
		return;
	cidr_print(hop->route ? hop->route->cidr : wanted_block(obstacle), text);
	buf_printf(out, "aws ec2 %s-route --route-table-id ", hop->route ? "replace" : "create");
	buf_add_visible(out, obstacle->world->rtbs[hop->object_idx].object.id);
	buf_printf(out, " --destination-%scidr-block %s %s ",
		   hop->packet.dst.family == IP_V6 ? "ipv6-" : "", text, target.option);
	buf_add_visible(out, target.id);
}

void remedy_peering_words(const struct obstacle *obstacle, struct buf *out)
{
	const struct pcx *pcx = &obstacle->world->pcxs[obstacle->hop->object_idx];

	if (str_is(pcx->status, "pending-acceptance"))
		buf_add_text(out, "the peering connection accepted by its other side");
	else if (far_vpc(obstacle) != WORLD_NONE)
		buf_add_text(out, "a peering connection between the two VPCs themselves, and "
				  "routes to it on both sides");
}

void remedy_peering_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct world  *world = obstacle->world;
	const struct hop    *hop = obstacle->hop;
	const struct pcx    *pcx = &world->pcxs[hop->object_idx];
	uint32_t	     to = far_vpc(obstacle);
	const struct object *here, *there;

	if (str_is(pcx->status, "pending-acceptance")) {
		buf_add_text(out, "aws ec2 accept-vpc-peering-connection "
				  "--vpc-peering-connection-id ");
		buf_add_visible(out, pcx->object.id);
		return;
	}
	if (to == WORLD_NONE || hop->vpc_idx == WORLD_NONE)
		return;
	here = &world->vpcs[hop->vpc_idx].object;
	there = &world->vpcs[to].object;
	buf_add_text(out, "aws ec2 create-vpc-peering-connection --vpc-id ");
	buf_add_visible(out, here->id);
	buf_add_text(out, " --peer-vpc-id ");
	buf_add_visible(out, there->id);
	if (there->owner.len && !str_eq(there->owner, here->owner)) {
		buf_add_text(out, " --peer-owner-id ");
		buf_add_visible(out, there->owner);
	}
	if (there->region.len && !str_eq(there->region, here->region)) {
		buf_add_text(out, " --peer-region ");
		buf_add_visible(out, there->region);
	}
}

/* The subnet of the sender, which the attachment lacks one beside. */
static const struct subnet *sender_subnet(const struct obstacle *obstacle)
{
	const struct hop *hop = obstacle->hop;

	return hop->subnet_idx == WORLD_NONE ? NULL : &obstacle->world->subnets[hop->subnet_idx];
}

void remedy_tgw_words(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop    *hop = obstacle->hop;
	const struct subnet *subnet = sender_subnet(obstacle);

	if (hop->decision.reason == REASON_TGW_ROUTE_AZ_RESTRICTION && subnet) {
		buf_add_text(out, "a subnet of ");
		buf_add_visible(out, subnet->az);
		buf_add_text(out, " added to the attachment");
	} else if (hop->decision.reason == REASON_BAD_STATE_ATTACHMENT) {
		buf_add_text(out, hop->attachment_idx == WORLD_NONE
					  ? "the VPC attached to the transit gateway"
					  : "IPv6 switched on for the attachment");
	}
}

void remedy_tgw_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct world  *world = obstacle->world;
	const struct hop    *hop = obstacle->hop;
	const struct subnet *subnet = sender_subnet(obstacle);

	if (hop->attachment_idx == WORLD_NONE) {
		if (!subnet || hop->vpc_idx == WORLD_NONE)
			return;
		buf_add_text(out, "aws ec2 create-transit-gateway-vpc-attachment "
				  "--transit-gateway-id ");
		buf_add_visible(out, world->tgws[hop->object_idx].object.id);
		buf_add_text(out, " --vpc-id ");
		buf_add_visible(out, world->vpcs[hop->vpc_idx].object.id);
		buf_add_text(out, " --subnet-ids ");
		buf_add_visible(out, subnet->object.id);
		return;
	}
	if (hop->decision.reason == REASON_TGW_ROUTE_AZ_RESTRICTION && !subnet)
		return;
	buf_add_text(out, "aws ec2 modify-transit-gateway-vpc-attachment "
			  "--transit-gateway-attachment-id ");
	buf_add_visible(out, world->tgw_attachments[hop->attachment_idx].object.id);
	if (hop->decision.reason == REASON_TGW_ROUTE_AZ_RESTRICTION) {
		buf_add_text(out, " --add-subnet-ids ");
		buf_add_visible(out, subnet->object.id);
	} else {
		buf_add_text(out, " --options Ipv6Support=enable");
	}
}

void remedy_tgw_route_words(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop *hop = obstacle->hop;

	if (hop->decision.reason == REASON_TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION) {
		buf_add_text(out, "a route table associated with the attachment");
		return;
	}
	buf_add_text(out, hop->tgw_route ? "another target for the route to " : "a route to ");
	add_cidr(hop->tgw_route ? hop->tgw_route->cidr : wanted_block(obstacle), out);
}

/* The gateway's table that an attachment could be associated with: its only one. */
static const struct tgw_rtb *only_table(const struct world *world, struct str tgw_id)
{
	const struct tgw_rtb *found = NULL;

	for (size_t i = 0; i < world->counts[WORLD_TGW_RTB]; i++) {
		if (!str_eq(world->tgw_rtbs[i].tgw_id, tgw_id))
			continue;
		if (found)
			return NULL;
		found = &world->tgw_rtbs[i];
	}
	return found;
}

static void associate_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct world	    *world = obstacle->world;
	const struct tgw_attachment *attachment =
		&world->tgw_attachments[obstacle->hop->attachment_idx];
	const struct tgw_rtb *rtb = only_table(world, attachment->tgw_id);

	if (!rtb)
		return;
	buf_add_text(out, "aws ec2 associate-transit-gateway-route-table "
			  "--transit-gateway-route-table-id ");
	buf_add_visible(out, rtb->object.id);
	buf_add_text(out, " --transit-gateway-attachment-id ");
	buf_add_visible(out, attachment->object.id);
}

void remedy_tgw_route_command(const struct obstacle *obstacle, struct buf *out)
{
	const struct world   *world = obstacle->world;
	const struct hop     *hop = obstacle->hop;
	const struct tgw_rtb *rtb;
	uint32_t	      to = far_vpc(obstacle), tgw_idx, attachment_idx;
	char		      text[CIDR_TEXT_SIZE];

	if (hop->decision.reason == REASON_TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION) {
		associate_command(obstacle, out);
		return;
	}
	if (hop->object_idx == WORLD_NONE || to == WORLD_NONE)
		return;
	rtb = &world->tgw_rtbs[hop->object_idx];
	tgw_idx = world_index(world, WORLD_TGW, rtb->tgw_id);
	attachment_idx = tgw_idx == WORLD_NONE ? WORLD_NONE : tgw_attachment_of(world, tgw_idx, to);
	if (attachment_idx == WORLD_NONE)
		return;
	cidr_print(hop->tgw_route ? hop->tgw_route->cidr : wanted_block(obstacle), text);
	buf_printf(out,
		   "aws ec2 %s-transit-gateway-route --destination-cidr-block %s "
		   "--transit-gateway-route-table-id ",
		   hop->tgw_route ? "replace" : "create", text);
	buf_add_visible(out, rtb->object.id);
	buf_add_text(out, " --transit-gateway-attachment-id ");
	buf_add_visible(out, world->tgw_attachments[attachment_idx].object.id);
}

static unsigned shared_bits(struct cidr cidr, struct ip ip)
{
	unsigned count = 0;

	if (cidr.base.family != ip.family)
		return 0;
	while (count < cidr.prefix_len && ip_bit(cidr.base, count) == ip_bit(ip, count))
		count++;
	return count;
}

/* Half of what a host's address is made of: 10.1 of 10.1.2.3. */
enum { SHARED_V4 = 12, SHARED_V6 = 32 };

void remedy_nearest_route(const struct obstacle *obstacle, struct buf *out)
{
	const struct hop   *hop = obstacle->hop;
	const struct route *best = NULL;
	unsigned	    most = hop->packet.dst.family == IP_V6 ? SHARED_V6 : SHARED_V4;

	if (hop->object_idx == WORLD_NONE || hop->route)
		return;
	for (uint32_t i = 0; i < obstacle->world->rtbs[hop->object_idx].route_count; i++) {
		const struct route *route = &obstacle->world->rtbs[hop->object_idx].routes[i];
		unsigned	    bits = route->prefix_list_id.len
						   ? 0
						   : shared_bits(route->cidr, hop->packet.dst);

		if (bits < most)
			continue;
		best = route;
		most = bits + 1;
	}
	if (best)
		explain_route(best, out);
}
