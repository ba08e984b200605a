/* SPDX-License-Identifier: Apache-2.0 */
/* TransitGateways, their attachments (three documents speak of them) and their route tables. */
#include "policies/world/load.h"

static bool is_enabled(const cJSON *options, const char *name, bool fallback)
{
	struct str text = json_text(options, name);

	return text.len ? str_is(text, "enable") : fallback;
}

int load_tgw(struct loader *loader, const cJSON *object, struct err *err)
{
	struct tgw *tgw;

	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	tgw = load_object(loader, WORLD_TGW, object, "TransitGatewayId", err);
	if (!tgw)
		return -1;
	tgw->sg_referencing = is_enabled(json_object(object, "Options"),
					 "SecurityGroupReferencingSupport", false);
	return 0;
}

/* Fills *out only when the document says something. */
static void take_text(struct loader *loader, const cJSON *object, const char *name, struct str *out)
{
	if (json_text(object, name).len)
		*out = load_text(loader, object, name);
}

static void load_vpc_part(struct loader *loader, const cJSON *object,
			  struct tgw_attachment *attachment)
{
	const cJSON *options = json_object(object, "Options");

	if (!json_text(object, "VpcId").len)
		return;
	attachment->resource_type = str_of("vpc");
	take_text(loader, object, "VpcId", &attachment->resource_id);
	take_text(loader, object, "VpcOwnerId", &attachment->resource_owner);
	attachment->subnet_ids = load_texts(loader, load_strings(loader, object, "SubnetIds"), NULL,
					    &attachment->subnet_count);
	attachment->sg_referencing = is_enabled(options, "SecurityGroupReferencingSupport", true);
	attachment->appliance_mode = is_enabled(options, "ApplianceModeSupport", false);
	attachment->ipv6 = is_enabled(options, "Ipv6Support", !options);
}

static void load_peering_part(struct loader *loader, const cJSON *object,
			      struct tgw_attachment *attachment)
{
	const cJSON *near = json_object(object, "RequesterTgwInfo");
	const cJSON *far = json_object(object, "AccepterTgwInfo");

	if (!near || !far)
		return;
	attachment->resource_type = str_of("peering");
	take_text(loader, near, "TransitGatewayId", &attachment->tgw_id);
	take_text(loader, near, "TransitGatewayId", &attachment->requester_tgw_id);
	take_text(loader, far, "TransitGatewayId", &attachment->peer_tgw_id);
	take_text(loader, far, "OwnerId", &attachment->peer_owner);
	take_text(loader, far, "Region", &attachment->peer_region);
}

/* The two ends of a peering attachment have one id, and each its own association. */
static void load_association(struct loader *loader, const cJSON *association,
			     struct tgw_attachment *attachment)
{
	struct str before = attachment->rtb_id;

	take_text(loader, association, "TransitGatewayRouteTableId", &attachment->rtb_id);
	if (before.len && !str_eq(before, attachment->rtb_id))
		attachment->other_rtb_id = before;
}

/* The documents complete one another: what one does not say, the other's word stays. */
int load_tgw_attachment(struct loader *loader, const cJSON *object, struct err *err)
{
	const cJSON	     *association = json_object(object, "Association");
	struct tgw_attachment before = { .sg_referencing = true }, *attachment;
	uint32_t	      idx = world_index(loader->world, WORLD_TGW_ATTACHMENT,
						json_text(object, "TransitGatewayAttachmentId"));

	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	if (idx != WORLD_NONE)
		before = loader->world->tgw_attachments[idx];
	attachment = load_object(loader, WORLD_TGW_ATTACHMENT, object, "TransitGatewayAttachmentId",
				 err);
	if (!attachment)
		return -1;
	before.object = attachment->object;
	*attachment = before;
	take_text(loader, object, "TransitGatewayId", &attachment->tgw_id);
	take_text(loader, object, "ResourceType", &attachment->resource_type);
	take_text(loader, object, "ResourceId", &attachment->resource_id);
	attachment->is_described = attachment->is_described ||
				   json_text(object, "ResourceType").len;
	take_text(loader, object, "ResourceOwnerId", &attachment->resource_owner);
	if (str_starts(json_text(association, "State"), "associat"))
		load_association(loader, association, attachment);
	load_vpc_part(loader, object, attachment);
	load_peering_part(loader, object, attachment);
	return 0;
}

int load_tgw_rtb(struct loader *loader, const cJSON *object, struct err *err)
{
	struct tgw_rtb *rtb;

	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	rtb = load_object(loader, WORLD_TGW_RTB, object, "TransitGatewayRouteTableId", err);
	if (!rtb)
		return -1;
	rtb->tgw_id = load_text(loader, object, "TransitGatewayId");
	return 0;
}
