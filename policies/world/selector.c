/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/selector.h"

/* What the text begins with, and what it selects; ids keep their prefix. */
static const struct {
	const char	  *prefix;
	bool		   is_id;
	enum selector_kind kind;
} prefixes[] = {
	{ "tag:", false, SELECT_TAG },	     { "name:", false, SELECT_NAME },
	{ "subnet:", false, SELECT_SUBNET }, { "sg:", false, SELECT_SG },
	{ "vpc:", false, SELECT_VPC },	     { "subnet-", true, SELECT_SUBNET },
	{ "sg-", true, SELECT_SG },	     { "vpc-", true, SELECT_VPC },
	{ "i-", true, SELECT_INSTANCE },     { "eni-", true, SELECT_ENI },
};

static int parse_block(struct str text, struct selector *out, struct err *err)
{
	struct ip ip;

	if (str_find(text, '/') < text.len)
		return cidr_parse(text, &out->cidr, err);
	if (ip_parse(text, &ip, err) < 0)
		return -1;
	out->cidr = cidr_of_ip(ip);
	return 0;
}

int selector_parse(struct str text, struct selector *out, struct err *err)
{
	struct selector selector = { .kind = SELECT_CIDR, .text = text };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct str rest;

		if (!str_starts(text, prefixes[i].prefix))
			continue;
		rest = prefixes[i].is_id ? text : str_skip(text, str_of(prefixes[i].prefix).len);
		selector.kind = prefixes[i].kind;
		selector.pattern = rest;
		if (selector.kind == SELECT_TAG) {
			selector.key = str_cut(&selector.pattern, '=');
			if (selector.key.len == rest.len)
				return err_set(err, ERR_INPUT, "'%.*s': expected tag:KEY=VALUE",
					       STR_ARG(text));
		}
		if (rest.len == 0)
			return err_set(err, ERR_INPUT, "'%.*s': expected an id or a name after it",
				       STR_ARG(text));
		*out = selector;
		return 0;
	}
	if (parse_block(text, &selector, err) < 0) {
		if (str_find(text, '/') < text.len)
			return -1;
		return err_set(err, ERR_INPUT,
			       "'%.*s' selects nothing: expected tag:KEY=VALUE, name:, subnet:, "
			       "sg:, vpc:, an id, an address or a CIDR",
			       STR_ARG(text));
	}
	*out = selector;
	return 0;
}

static bool object_fits(const struct object *object, struct str pattern)
{
	return str_glob(pattern, object->id) ||
	       (object->name.len && str_glob(pattern, object->name));
}

/* The group's own name and its Name tag may differ; both count. */
static bool sg_fits(const struct sg *sg, struct str pattern)
{
	if (object_fits(&sg->object, pattern))
		return true;
	for (uint32_t i = 0; i < sg->object.tag_count; i++)
		if (str_is(sg->object.tags[i].key, "Name") &&
		    str_glob(pattern, sg->object.tags[i].value))
			return true;
	return false;
}

static bool has_tag(const struct object *object, const struct selector *selector)
{
	for (uint32_t i = 0; i < object->tag_count; i++)
		if (str_eq(object->tags[i].key, selector->key) &&
		    str_glob(selector->pattern, object->tags[i].value))
			return true;
	return false;
}

static bool has_group(const struct world *world, const struct eni *eni, struct str pattern)
{
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		uint32_t sg_idx = eni->sg_idxs[i];

		if (str_glob(pattern, eni->sg_ids[i]))
			return true;
		if (sg_idx != WORLD_NONE && sg_fits(&world->sgs[sg_idx], pattern))
			return true;
	}
	return false;
}

static bool has_address(const struct eni *eni, struct cidr cidr)
{
	for (uint32_t i = 0; i < eni->address_count; i++)
		if (cidr_has(cidr, eni->addresses[i].ip))
			return true;
	for (uint32_t i = 0; i < eni->prefix_count; i++)
		if (cidr_covers(cidr, eni->prefixes[i]) || cidr_covers(eni->prefixes[i], cidr))
			return true;
	return false;
}

bool selector_has_eni(const struct selector *selector, const struct world *world, uint32_t eni_idx)
{
	const struct eni      *eni = &world->enis[eni_idx];
	const struct instance *instance = eni->instance_idx == WORLD_NONE
						  ? NULL
						  : &world->instances[eni->instance_idx];

	switch (selector->kind) {
	case SELECT_TAG:
		return has_tag(&eni->object, selector) ||
		       (instance && has_tag(&instance->object, selector));
	case SELECT_NAME:
		return (eni->object.name.len && str_glob(selector->pattern, eni->object.name)) ||
		       (instance && instance->object.name.len &&
			str_glob(selector->pattern, instance->object.name));
	case SELECT_SUBNET:
		return eni->subnet_idx == WORLD_NONE
			       ? str_glob(selector->pattern, eni->subnet_id)
			       : object_fits(&world->subnets[eni->subnet_idx].object,
					     selector->pattern);
	case SELECT_SG:
		return has_group(world, eni, selector->pattern);
	case SELECT_VPC:
		return eni->vpc_idx == WORLD_NONE
			       ? str_glob(selector->pattern, eni->vpc_id)
			       : object_fits(&world->vpcs[eni->vpc_idx].object, selector->pattern);
	case SELECT_INSTANCE:
		return eni->instance_id.len && str_glob(selector->pattern, eni->instance_id);
	case SELECT_ENI:
		return str_glob(selector->pattern, eni->object.id);
	case SELECT_CIDR:
		return has_address(eni, selector->cidr);
	case SELECT_KIND_COUNT:
		break;
	}
	return false;
}

bool selector_has_ip(const struct selector *selector, struct ip ip)
{
	return selector->kind == SELECT_CIDR && cidr_has(selector->cidr, ip);
}
