/* SPDX-License-Identifier: Apache-2.0 */
/* What gateways, attachments, endpoints and load balancers refer to, and what routes point at. */
#include "policies/world/load.h"

static void need(struct world *world, enum world_kind kind, struct str id,
		 const struct object *holder)
{
	(void)load_resolve(world, kind, id, holder);
}

static void need_all(struct world *world, enum world_kind kind, const struct str *ids,
		     uint32_t count, const struct object *holder)
{
	for (uint32_t i = 0; i < count; i++)
		need(world, kind, ids[i], holder);
}

/* The kind of a route's target, by the prefix of its id.  WORLD_KIND_COUNT: not a kind that is loaded. */
static enum world_kind target_kind(struct str target)
{
	static const struct {
		const char     *prefix;
		enum world_kind kind;
	} prefixes[] = {
		{ "igw-", WORLD_IGW },	  { "eigw-", WORLD_EIGW }, { "vgw-", WORLD_VGW },
		{ "cagw-", WORLD_CAGW },  { "nat-", WORLD_NAT },   { "pcx-", WORLD_PCX },
		{ "tgw-", WORLD_TGW },	  { "vpce-", WORLD_VPCE }, { "eni-", WORLD_ENI },
		{ "i-", WORLD_INSTANCE },
	};

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (str_starts(target, prefixes[i].prefix))
			return prefixes[i].kind;
	return WORLD_KIND_COUNT;
}

/* A blackhole's target is gone by definition. */
static void link_routes(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_RTB]; i++) {
		const struct rtb *rtb = &world->rtbs[i];

		for (uint32_t j = 0; j < rtb->route_count; j++) {
			enum world_kind kind = target_kind(rtb->routes[j].target);

			if (kind != WORLD_KIND_COUNT && !str_is(rtb->routes[j].state, "blackhole"))
				need(world, kind, rtb->routes[j].target, &rtb->object);
		}
	}
}

/* A gateway is in the Region of the VPC that it is attached to. */
static void link_attached(struct world *world, enum world_kind kind)
{
	struct gateway *gateways = *world_rows(world, kind, NULL);

	for (size_t i = 0; i < world->counts[kind]; i++) {
		struct gateway *gateway = &gateways[i];
		uint32_t	vpc_idx = world_index(world, WORLD_VPC, gateway->vpc_ids[0]);

		need_all(world, WORLD_VPC, gateway->vpc_ids, gateway->vpc_count, &gateway->object);
		if (gateway->object.region.len == 0 && vpc_idx != WORLD_NONE)
			gateway->object.region = world->vpcs[vpc_idx].object.region;
	}
}

static void link_nats(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_NAT]; i++) {
		struct nat *nat = &world->nats[i];

		nat->vpc_idx = load_resolve(world, WORLD_VPC, nat->vpc_id, &nat->object);
		for (uint32_t j = 0; j < nat->address_count; j++) {
			uint32_t eni_idx = world_index(world, WORLD_ENI, nat->addresses[j].eni_id);

			if (eni_idx != WORLD_NONE)
				world->enis[eni_idx].nat_idx = (uint32_t)i;
		}
		need(world, WORLD_SUBNET, nat->subnet_id, &nat->object);
		need(world, WORLD_RTB, nat->rtb_id, &nat->object);
	}
}

static void link_tgws(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_TGW_ATTACHMENT]; i++) {
		struct tgw_attachment *attachment = &world->tgw_attachments[i];

		need(world, WORLD_TGW, attachment->tgw_id, &attachment->object);
		need(world, WORLD_TGW_RTB, attachment->rtb_id, &attachment->object);
		attachment->subnet_idxs = arena_alloc(
			&world->arena, attachment->subnet_count * sizeof(*attachment->subnet_idxs));
		for (uint32_t j = 0; j < attachment->subnet_count; j++)
			attachment->subnet_idxs[j] = load_resolve(world, WORLD_SUBNET,
								  attachment->subnet_ids[j],
								  &attachment->object);
	}
	for (size_t i = 0; i < world->counts[WORLD_TGW_RTB]; i++) {
		const struct tgw_rtb *rtb = &world->tgw_rtbs[i];

		need(world, WORLD_TGW, rtb->tgw_id, &rtb->object);
		need_all(world, WORLD_TGW_ATTACHMENT, rtb->association_ids, rtb->association_count,
			 &rtb->object);
		need_all(world, WORLD_TGW_ATTACHMENT, rtb->propagation_ids, rtb->propagation_count,
			 &rtb->object);
		for (uint32_t j = 0; j < rtb->route_count; j++)
			need_all(world, WORLD_TGW_ATTACHMENT, rtb->routes[j].attachment_ids,
				 rtb->routes[j].attachment_count, &rtb->object);
	}
}

static void link_vpns(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_VPN]; i++) {
		const struct vpn *vpn = &world->vpns[i];

		need(world, WORLD_VGW, vpn->vgw_id, &vpn->object);
		need(world, WORLD_TGW, vpn->tgw_id, &vpn->object);
		need(world, WORLD_CGW, vpn->cgw_id, &vpn->object);
	}
}

static void link_vpces(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_VPCE]; i++) {
		const struct vpce *vpce = &world->vpces[i];

		need(world, WORLD_VPC, vpce->vpc_id, &vpce->object);
		need_all(world, WORLD_RTB, vpce->rtb_ids, vpce->rtb_count, &vpce->object);
		need_all(world, WORLD_SUBNET, vpce->subnet_ids, vpce->subnet_count, &vpce->object);
		need_all(world, WORLD_ENI, vpce->eni_ids, vpce->eni_count, &vpce->object);
		need_all(world, WORLD_SG, vpce->sg_ids, vpce->sg_count, &vpce->object);
	}
}

/* Counts each load balancer's listeners, and then puts them where they were counted. */
static void link_listeners(struct world *world)
{
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < world->counts[WORLD_LISTENER]; i++) {
			uint32_t lb_idx = world_index(world, WORLD_LB, world->listeners[i].lb_id);

			if (lb_idx == WORLD_NONE)
				continue;
			if (pass == 1)
				world->lbs[lb_idx]
					.listener_idxs[world->lbs[lb_idx].listener_count] = i;
			world->lbs[lb_idx].listener_count++;
		}
		for (uint32_t i = 0; i < world->counts[WORLD_LB] && pass == 0; i++) {
			struct lb *lb = &world->lbs[i];

			lb->listener_idxs = arena_alloc(&world->arena,
							lb->listener_count * sizeof(uint32_t));
			lb->listener_count = 0;
		}
	}
}

static void link_lbs(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_LB]; i++) {
		const struct lb *lb = &world->lbs[i];

		need(world, WORLD_VPC, lb->vpc_id, &lb->object);
		need_all(world, WORLD_SG, lb->sg_ids, lb->sg_count, &lb->object);
		need_all(world, WORLD_SUBNET, lb->subnet_ids, lb->subnet_count, &lb->object);
	}
	for (size_t i = 0; i < world->counts[WORLD_LB_RULE]; i++)
		need(world, WORLD_LISTENER, world->lb_rules[i].listener_id,
		     &world->lb_rules[i].object);
	for (size_t i = 0; i < world->counts[WORLD_LISTENER]; i++) {
		const struct listener *listener = &world->listeners[i];

		need(world, WORLD_LB, listener->lb_id, &listener->object);
		need_all(world, WORLD_TARGET_GROUP, listener->target_group_ids,
			 listener->target_group_count, &listener->object);
	}
}

void link_gateways(struct world *world)
{
	link_routes(world);
	link_attached(world, WORLD_IGW);
	link_attached(world, WORLD_EIGW);
	link_attached(world, WORLD_VGW);
	link_attached(world, WORLD_CAGW);
	link_nats(world);
	link_tgws(world);
	link_vpns(world);
	link_vpces(world);
	link_lbs(world);
	link_listeners(world);
}
