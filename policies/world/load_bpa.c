/* SPDX-License-Identifier: Apache-2.0 */
/* VpcBlockPublicAccessOptions, the one document that is an object and no list, and its exclusions. */
#include "policies/world/load.h"

int load_bpa(struct loader *loader, const cJSON *object, struct err *err)
{
	struct str  mode = json_text(object, "InternetGatewayBlockMode");
	struct bpa *bpa;
	uint32_t    idx;

	if (!str_is(mode, "off") && !str_is(mode, "block-bidirectional") &&
	    !str_is(mode, "block-ingress"))
		return err_set(err, ERR_INPUT,
			       "InternetGatewayBlockMode is '%.*s', expected off, "
			       "block-bidirectional or block-ingress",
			       STR_ARG(mode));
	bpa = load_add(loader->world, WORLD_BPA, &idx);
	bpa->object.owner = load_text(loader, object, "AwsAccountId");
	bpa->object.region = load_text(loader, object, "AwsRegion");
	if (bpa->object.owner.len == 0)
		bpa->object.owner = arena_str(&loader->world->arena, loader->path_account);
	if (bpa->object.region.len == 0)
		bpa->object.region = arena_str(&loader->world->arena, loader->path_region);
	bpa->mode = arena_str(&loader->world->arena, mode);
	return 0;
}

/* arn:aws:ec2:REGION:ACCOUNT:vpc/vpc-… */
int load_bpa_exclusion(struct loader *loader, const cJSON *object, struct err *err)
{
	struct str	      state = json_text(object, "State"), arn;
	struct bpa_exclusion *exclusion;

	if (str_starts(state, "delete") || str_starts(state, "disable") ||
	    str_is(state, "create-failed")) {
		loader->family->dead++;
		return 0;
	}
	exclusion = load_object(loader, WORLD_BPA_EXCLUSION, object, "ExclusionId", err);
	if (!exclusion)
		return -1;
	arn = json_text(object, "ResourceArn");
	exclusion->resource_id = arena_str(&loader->world->arena,
					   str_skip(arn, str_find(arn, '/') + 1));
	exclusion->mode = load_text(loader, object, "InternetGatewayExclusionMode");
	return 0;
}
