/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The internet: everything that is reached by public addresses.  What an address of the snapshot is behind is
 * entered again by the gateway of its VPC; any other host is past the edge of the model.
 */
#include "simulator/internet.h"
#include "simulator/public_ip.h"
#include "simulator/walk.h"

static uint32_t igw_of(const struct world *world, uint32_t vpc_idx)
{
	for (uint32_t i = 0; i < world->counts[WORLD_IGW]; i++)
		for (uint32_t j = 0; j < world->igws[i].vpc_count; j++)
			if (str_eq(world->igws[i].vpc_ids[j], world->vpcs[vpc_idx].object.id))
				return i;
	return WORLD_NONE;
}

/* By the gateway that is attached to the VPC of the destination's address. */
static struct step enter_vpc(struct walk *walk, uint32_t vpc_idx)
{
	uint32_t igw_idx = igw_of(walk->world, vpc_idx);

	walk->place = (struct place){ vpc_idx, WORLD_NONE };
	if (igw_idx != WORLD_NONE)
		return walk_to(&hop_igw_ops, DIRECTION_INGRESS, igw_idx);
	if (!walk_knows(walk->world, WORLD_IGW, "InternetGateways",
			&walk->world->vpcs[vpc_idx].object)) {
		(void)walk_outside(
			walk, "internet-gateway", (struct str){ 0 },
			"whether the VPC has an internet gateway is not in the snapshot");
		return walk_however(walk);
	}
	walk_add(walk, HOP_INTERNET_GATEWAY, WORLD_NONE,
		 walk_deny(REASON_NO_PATH, "the VPC has no internet gateway"))
		->direction = DIRECTION_INGRESS;
	return walk_dead_end(walk);
}

static struct step outward(struct walk *walk, uint32_t idx)
{
	uint32_t vpc_idx = public_ip_vpc(walk->world, walk->packet.dst);

	(void)idx;
	walk->identity_lost = true;
	/* Who asks from a public address is on this side of it, though it be one of the snapshot's own. */
	if (walk->asked && walk->to.eni_idx == WORLD_NONE && ip_eq(walk->packet.dst, walk->to.ip)) {
		walk->arrival = ARRIVAL_INTERNET;
		return walk_end();
	}
	if (vpc_idx != WORLD_NONE) {
		walk_add(walk, HOP_INTERNET, WORLD_NONE, decision_allow(NULL));
		return enter_vpc(walk, vpc_idx);
	}
	if (walk->to.eni_idx != WORLD_NONE)
		return walk_dead_end(walk);
	if (!internet_routes(walk->packet.dst)) {
		walk_add(walk, HOP_INTERNET, WORLD_NONE,
			 walk_deny(REASON_NO_POSSIBLE_DESTINATION,
				   "the internet has no route to such an address"));
		return walk_end();
	}
	walk->arrival = ARRIVAL_INTERNET;
	return walk_end();
}

/*
 * From the internet: to the public address of the one that is asked about, by which alone the internet knows
 * it.  Without one the gateway says so.
 */
static struct step inward(struct walk *walk, uint32_t idx)
{
	const struct eni *eni = walk->to.eni_idx == WORLD_NONE
					? NULL
					: &walk->world->enis[walk->to.eni_idx];
	struct ip	  outside;

	(void)idx;
	walk->identity_lost = true;
	if (!eni)
		return outward(walk, idx);
	outside = public_ip_of(walk->world, eni->vpc_idx, walk->packet.dst);
	if (outside.family != IP_NONE)
		walk->packet.dst = outside;
	if (eni->vpc_idx == WORLD_NONE)
		return walk_outside(walk, "internet-gateway", (struct str){ 0 },
				    "the interface's VPC is not in the snapshot");
	return enter_vpc(walk, eni->vpc_idx);
}

const struct hop_ops hop_internet_ops = {
	.name = "internet", .table = WORLD_KIND_COUNT, .outward = outward, .inward = inward
};
