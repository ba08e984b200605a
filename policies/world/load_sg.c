/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SecurityGroups and SecurityGroupRules: two encodings of the same rules (aws-semantics.md 2.2).  The first
 * crosses protocol and ports with every source; it is expanded here.  The second has a row a source, with
 * its sgr- id; link.c joins the rows on.
 */
#include "lib/base/mem.h"
#include "policies/world/load.h"

/* What all sources of one IpPermission share. */
static int load_permission(const cJSON *permission, bool egress, struct sg_rule *out,
			   struct err *err)
{
	static const char *const names[] = { "FromPort", "ToPort" };
	struct load_range	 range;

	*out = (struct sg_rule){ .egress = egress, .peer_idx = WORLD_NONE };
	if (proto_parse(json_text(permission, "IpProtocol"), &out->protocol, err) < 0)
		return err_wrap(err, "IpProtocol");
	if (load_range(permission, names, out->protocol, &range, err) < 0)
		return -1;
	out->ports = range.ports;
	out->icmp_type = range.icmp_type;
	out->icmp_code = range.icmp_code;
	return 0;
}

static void load_group_peer(struct loader *loader, const cJSON *pair, struct sg_rule *rule)
{
	rule->peer_kind = PEER_GROUP;
	rule->peer_id = load_text(loader, pair, "GroupId");
	rule->peer_owner = load_text(loader, pair, "UserId");
	rule->peer_vpc_id = load_text(loader, pair, "VpcId");
	rule->peering_id = load_text(loader, pair, "VpcPeeringConnectionId");
	rule->peering_status = load_text(loader, pair, "PeeringStatus");
}

static int load_cidr_peer(const cJSON *item, const char *name, uint8_t family, struct sg_rule *rule,
			  struct err *err)
{
	rule->peer_kind = PEER_CIDR;
	if (load_cidr(item, name, &rule->cidr, err) < 0)
		return -1;
	if (rule->cidr.base.family != family)
		return err_set(err, ERR_INPUT, "%s: expected an IPv%d CIDR", name, family);
	return 0;
}

/* The four lists of an IpPermission, in the order in which their rules are kept. */
static const struct {
	const char *list, *member;
} sources[] = {
	{ "UserIdGroupPairs", NULL },
	{ "IpRanges", "CidrIp" },
	{ "Ipv6Ranges", "CidrIpv6" },
	{ "PrefixListIds", "PrefixListId" },
};

static int expand_permission(struct loader *loader, const cJSON *permission, bool egress,
			     struct sg *sg, struct err *err)
{
	struct sg_rule shared;
	const cJSON   *item;

	if (load_permission(permission, egress, &shared, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		cJSON_ArrayForEach(item, load_list(loader, permission, sources[i].list)) {
			struct sg_rule *rule = &sg->rules[sg->rule_count];

			*rule = shared;
			rule->description = load_text(loader, item, "Description");
			if (i == 0) {
				load_group_peer(loader, item, rule);
			} else if (i == 3) {
				rule->peer_kind = PEER_PREFIX_LIST;
				rule->peer_id = load_text(loader, item, "PrefixListId");
			} else if (load_cidr_peer(item, sources[i].member, i == 1 ? IP_V4 : IP_V6,
						  rule, err) < 0) {
				return -1;
			}
			sg->rule_count++;
		}
	}
	return 0;
}

static size_t count_sources(struct loader *loader, const cJSON *permissions)
{
	const cJSON *permission;
	size_t	     count = 0;

	cJSON_ArrayForEach(permission, permissions)
		for (size_t i = 0; i < ARRAY_LEN(sources); i++)
			count += (size_t)cJSON_GetArraySize(
				load_list(loader, permission, sources[i].list));
	return count;
}

int load_sg(struct loader *loader, const cJSON *object, struct err *err)
{
	static const char *const lists[] = { "IpPermissions", "IpPermissionsEgress" };
	struct sg		*sg = load_object(loader, WORLD_SG, object, "GroupId", err);
	size_t			 count = 0;

	if (!sg)
		return -1;
	sg->object.name = load_text(loader, object, "GroupName");
	sg->vpc_id = load_text(loader, object, "VpcId");
	sg->description = load_text(loader, object, "Description");
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		count += count_sources(loader, load_list(loader, object, lists[i]));
	sg->rules = arena_alloc(&loader->world->arena, count * sizeof(*sg->rules));
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const cJSON *permission, *list = load_list(loader, object, lists[i]);

		sg->has_rules[i] = list != NULL;
		if (!list && cJSON_HasObjectItem(object, lists[i]))
			return err_set(err, ERR_INPUT, "%.*s: %s: expected a list",
				       STR_ARG(sg->object.id), lists[i]);
		cJSON_ArrayForEach(permission, list)
			if (expand_permission(loader, permission, i == 1, sg, err) < 0)
				return err_wrap(err, "%.*s: %s", STR_ARG(sg->object.id), lists[i]);
	}
	return 0;
}

static int load_row_peer(struct loader *loader, const cJSON *object, struct sg_rule *rule,
			 struct err *err)
{
	const cJSON *group = json_object(object, "ReferencedGroupInfo");

	if (group) {
		load_group_peer(loader, group, rule);
	} else if (json_text(object, "PrefixListId").len) {
		rule->peer_kind = PEER_PREFIX_LIST;
		rule->peer_id = load_text(loader, object, "PrefixListId");
	} else if (json_text(object, "CidrIpv6").len) {
		return load_cidr_peer(object, "CidrIpv6", IP_V6, rule, err);
	} else {
		return load_cidr_peer(object, "CidrIpv4", IP_V4, rule, err);
	}
	return 0;
}

int load_sg_rule(struct loader *loader, const cJSON *object, struct err *err)
{
	struct pending_rule *pending;
	struct sg_rule	     rule;
	struct str	     id = json_text(object, "SecurityGroupRuleId");
	struct str	     group_id = json_text(object, "GroupId");
	bool		     egress;

	if (id.len == 0 || group_id.len == 0)
		return err_set(err, ERR_INPUT, "expected a SecurityGroupRuleId and a GroupId");
	if (load_bool(object, "IsEgress", &egress, err) < 0 ||
	    load_permission(object, egress, &rule, err) < 0 ||
	    load_row_peer(loader, object, &rule, err) < 0)
		return err_wrap(err, "%.*s", STR_ARG(id));
	rule.id = arena_str(&loader->world->arena, id);
	rule.description = load_text(loader, object, "Description");
	loader->pending = mem_grow(loader->pending, loader->pending_count,
				   &loader->pending_capacity, sizeof(*loader->pending));
	pending = &loader->pending[loader->pending_count++];
	pending->rule = rule;
	pending->group_id = arena_str(&loader->world->arena, group_id);
	return 0;
}
