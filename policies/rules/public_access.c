/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/public_access.h"

static enum public_access mode_of(struct str text)
{
	if (str_is(text, "block-bidirectional"))
		return PUBLIC_ACCESS_BLOCK;
	return str_is(text, "block-ingress") ? PUBLIC_ACCESS_BLOCK_INGRESS : PUBLIC_ACCESS_OPEN;
}

/* Of an account and Region; a document that does not tell its Region is for all. */
static enum public_access setting_of(const struct world *world, const struct object *vpc)
{
	enum public_access found = PUBLIC_ACCESS_OPEN;

	for (size_t i = 0; i < world->counts[WORLD_BPA]; i++) {
		const struct bpa *bpa = &world->bpas[i];

		if (str_eq(bpa->object.owner, vpc->owner) &&
		    (str_eq(bpa->object.region, vpc->region) || vpc->region.len == 0))
			found = mode_of(bpa->mode);
	}
	return found;
}

/* allow-egress matters only where nothing passes at all. */
static enum public_access excluded(const struct world *world, struct str id,
				   enum public_access mode)
{
	for (size_t i = 0; id.len && i < world->counts[WORLD_BPA_EXCLUSION]; i++) {
		const struct bpa_exclusion *exclusion = &world->bpa_exclusions[i];

		if (!str_eq(exclusion->resource_id, id))
			continue;
		if (str_is(exclusion->mode, "allow-bidirectional"))
			return PUBLIC_ACCESS_OPEN;
		if (mode == PUBLIC_ACCESS_BLOCK)
			mode = PUBLIC_ACCESS_BLOCK_INGRESS;
	}
	return mode;
}

enum public_access public_access_of(const struct world *world, uint32_t vpc_idx,
				    uint32_t subnet_idx)
{
	const struct vpc    *vpc = vpc_idx == WORLD_NONE ? NULL : &world->vpcs[vpc_idx];
	const struct subnet *subnet = subnet_idx == WORLD_NONE ? NULL : &world->subnets[subnet_idx];
	enum public_access   mode;

	if (subnet && subnet->bpa_mode.len)
		return mode_of(subnet->bpa_mode);
	if (!vpc)
		return PUBLIC_ACCESS_OPEN;
	mode = vpc->bpa_mode.len ? mode_of(vpc->bpa_mode)
				 : excluded(world, vpc->object.id, setting_of(world, &vpc->object));
	return subnet ? excluded(world, subnet->object.id, mode) : mode;
}

bool public_access_is_own(const struct world *world, uint32_t vpc_idx, uint32_t subnet_idx)
{
	if (subnet_idx != WORLD_NONE)
		return world->subnets[subnet_idx].bpa_mode.len;
	return vpc_idx != WORLD_NONE && world->vpcs[vpc_idx].bpa_mode.len;
}
