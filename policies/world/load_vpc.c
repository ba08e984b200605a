/* SPDX-License-Identifier: Apache-2.0 */
/* Vpcs and Subnets. */
#include "policies/world/load.h"

static bool has_cidr(const struct cidr *cidrs, uint32_t count, struct cidr cidr)
{
	for (uint32_t i = 0; i < count; i++)
		if (cidr_eq(cidrs[i], cidr))
			return true;
	return false;
}

/*
 * Appends the blocks of an association set that are associated (or on their way); those that are gone or
 * failed are counted as dead.  An association without a state counts: hand-written documents leave it out.
 */
static int add_blocks(struct loader *loader, const cJSON *set, const char *cidr_name,
		      const char *state_name, struct cidr *cidrs, uint32_t *count, struct err *err)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, set)
	{
		struct str  state = json_text(json_object(item, state_name), "State");
		struct cidr cidr;

		if (state.len && !str_is(state, "associated") && !str_is(state, "associating")) {
			loader->family->dead++;
			continue;
		}
		if (load_cidr(item, cidr_name, &cidr, err) < 0)
			return -1;
		if (!has_cidr(cidrs, *count, cidr))
			cidrs[(*count)++] = cidr;
	}
	return 0;
}

/* The primary block, then the further IPv4 and IPv6 ones. */
static int load_blocks(struct loader *loader, const cJSON *object, struct cidr **out,
		       uint32_t *count, struct err *err)
{
	const cJSON *v4 = json_list(object, "CidrBlockAssociationSet");
	const cJSON *v6 = json_list(object, "Ipv6CidrBlockAssociationSet");
	size_t	     room = 1 + (size_t)cJSON_GetArraySize(v4) + (size_t)cJSON_GetArraySize(v6);
	struct cidr *cidrs = arena_alloc(&loader->world->arena, room * sizeof(*cidrs));

	*count = 0;
	if (json_text(object, "CidrBlock").len) {
		if (load_cidr(object, "CidrBlock", &cidrs[0], err) < 0)
			return -1;
		*count = 1;
	}
	*out = cidrs;
	if (add_blocks(loader, v4, "CidrBlock", "CidrBlockState", cidrs, count, err) < 0)
		return -1;
	return add_blocks(loader, v6, "Ipv6CidrBlock", "Ipv6CidrBlockState", cidrs, count, err);
}

int load_vpc(struct loader *loader, const cJSON *object, struct err *err)
{
	struct vpc *vpc = load_object(loader, WORLD_VPC, object, "VpcId", "Tags", err);

	if (!vpc || load_blocks(loader, object, &vpc->cidrs, &vpc->cidr_count, err) < 0)
		return -1;
	if (vpc->cidr_count == 0)
		return err_set(err, ERR_INPUT, "%.*s: expected a CidrBlock",
			       STR_ARG(vpc->object.id));
	vpc->default_nacl_idx = vpc->main_rtb_idx = WORLD_NONE;
	return 0;
}

int load_subnet(struct loader *loader, const cJSON *object, struct err *err)
{
	struct subnet *subnet = load_object(loader, WORLD_SUBNET, object, "SubnetId", "Tags", err);

	if (!subnet || load_blocks(loader, object, &subnet->cidrs, &subnet->cidr_count, err) < 0)
		return -1;
	subnet->vpc_id = load_text(loader, object, "VpcId");
	subnet->az = load_text(loader, object, "AvailabilityZone");
	if (subnet->vpc_id.len == 0)
		return err_set(err, ERR_INPUT, "%.*s: expected a VpcId",
			       STR_ARG(subnet->object.id));
	if (subnet->cidr_count == 0)
		return err_set(err, ERR_INPUT, "%.*s: expected a CidrBlock",
			       STR_ARG(subnet->object.id));
	subnet->vpc_idx = subnet->nacl_idx = subnet->rtb_idx = WORLD_NONE;
	return 0;
}
