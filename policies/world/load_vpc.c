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

/* The members of an association set: IPv4's and IPv6's are spelled differently. */
struct set_names {
	const char *set, *cidr, *state;
};

static const struct set_names v4_names = { "CidrBlockAssociationSet", "CidrBlock",
					   "CidrBlockState" };
static const struct set_names v6_names = { "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock",
					   "Ipv6CidrBlockState" };

/* The blocks of a VPC or subnet while they are collected. */
struct blocks {
	struct cidr *cidrs;
	uint32_t     count;
};

/*
 * Appends the blocks of an association set that are associated (or on their way); those that are gone or
 * failed are counted as dead.  An association without a state counts: hand-written documents leave it out.
 */
static int add_blocks(struct loader *loader, const cJSON *object, const struct set_names *names,
		      struct blocks *out, struct err *err)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, load_list(loader, object, names->set)) {
		struct str  state = json_text(json_object(item, names->state), "State");
		struct cidr cidr;

		if (state.len && !str_is(state, "associated") && !str_is(state, "associating")) {
			loader->family->dead++;
			continue;
		}
		if (load_cidr(item, names->cidr, &cidr, err) < 0)
			return -1;
		if (!has_cidr(out->cidrs, out->count, cidr))
			out->cidrs[out->count++] = cidr;
	}
	return 0;
}

/* The primary block, then the further IPv4 and IPv6 ones. */
static int load_blocks(struct loader *loader, const cJSON *object, struct blocks *out,
		       struct err *err)
{
	size_t room = 1 + (size_t)cJSON_GetArraySize(load_list(loader, object, v4_names.set)) +
		      (size_t)cJSON_GetArraySize(load_list(loader, object, v6_names.set));

	*out = (struct blocks){ .cidrs = arena_alloc(&loader->world->arena,
						     room * sizeof(*out->cidrs)) };
	if (json_text(object, "CidrBlock").len) {
		if (load_cidr(object, "CidrBlock", &out->cidrs[0], err) < 0)
			return -1;
		out->count = 1;
	}
	if (add_blocks(loader, object, &v4_names, out, err) < 0 ||
	    add_blocks(loader, object, &v6_names, out, err) < 0)
		return -1;
	if (out->count == 0)
		return err_set(err, ERR_INPUT, "expected a CidrBlock");
	return 0;
}

int load_vpc(struct loader *loader, const cJSON *object, struct err *err)
{
	struct vpc   *vpc = load_object(loader, WORLD_VPC, object, "VpcId", err);
	struct blocks blocks;

	if (!vpc)
		return -1;
	if (load_blocks(loader, object, &blocks, err) < 0)
		return err_wrap(err, "%.*s", STR_ARG(vpc->object.id));
	vpc->bpa_mode = load_text(loader, json_object(object, "BlockPublicAccessStates"),
				  "InternetGatewayBlockMode");
	vpc->cidrs = blocks.cidrs;
	vpc->cidr_count = blocks.count;
	vpc->default_nacl_idx = vpc->main_rtb_idx = WORLD_NONE;
	return 0;
}

int load_subnet(struct loader *loader, const cJSON *object, struct err *err)
{
	struct subnet *subnet = load_object(loader, WORLD_SUBNET, object, "SubnetId", err);
	struct blocks  blocks;

	if (!subnet)
		return -1;
	if (load_blocks(loader, object, &blocks, err) < 0)
		return err_wrap(err, "%.*s", STR_ARG(subnet->object.id));
	subnet->cidrs = blocks.cidrs;
	subnet->cidr_count = blocks.count;
	subnet->vpc_id = load_text(loader, object, "VpcId");
	subnet->az = load_text(loader, object, "AvailabilityZone");
	subnet->bpa_mode = load_text(loader, json_object(object, "BlockPublicAccessStates"),
				     "InternetGatewayBlockMode");
	subnet->az_id = load_text(loader, object, "AvailabilityZoneId");
	if (subnet->vpc_id.len == 0)
		return err_set(err, ERR_INPUT, "%.*s: expected a VpcId",
			       STR_ARG(subnet->object.id));
	subnet->vpc_idx = subnet->nacl_idx = subnet->rtb_idx = WORLD_NONE;
	return 0;
}
