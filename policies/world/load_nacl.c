/* SPDX-License-Identifier: Apache-2.0 */
/* NetworkAcls. */
#include <stdlib.h>

#include "policies/world/load.h"

static int load_action(const cJSON *entry, struct nacl_rule *rule, struct err *err)
{
	struct str action = json_text(entry, "RuleAction");

	if (!str_is(action, "allow") && !str_is(action, "deny"))
		return err_set(err, ERR_INPUT, "RuleAction is '%.*s', expected allow or deny",
			       STR_ARG(action));
	rule->allow = str_is(action, "allow");
	return 0;
}

/*
 * Ports for TCP and UDP, type and code for ICMP; 58 over an IPv4 CIDR is every type; any other protocol is
 * every port (aws-semantics.md 3).
 */
static int load_header(const cJSON *entry, struct nacl_rule *rule, struct err *err)
{
	static const char *const names[][2] = { { "From", "To" }, { "Type", "Code" } };
	bool			 icmp = proto_is_icmp(rule->protocol);
	const char		*name = icmp ? "IcmpTypeCode" : "PortRange";
	const cJSON		*header = cJSON_GetObjectItemCaseSensitive(entry, name);
	struct load_range	 range;

	if (header && !cJSON_IsObject(header) && !cJSON_IsNull(header))
		return err_set(err, ERR_INPUT, "%s: expected an object", name);
	if (load_range(json_object(entry, name), names[icmp], rule->protocol, &range, err) < 0)
		return -1;
	if (rule->protocol == PROTO_ICMPV6 && rule->cidr.base.family == IP_V4)
		range.icmp_type = range.icmp_code = -1;
	rule->ports = range.ports;
	rule->icmp_type = range.icmp_type;
	rule->icmp_code = range.icmp_code;
	return 0;
}

static int load_entry(const cJSON *entry, struct nacl_rule *rule, struct err *err)
{
	bool	    v6 = json_text(entry, "Ipv6CidrBlock").len > 0;
	int64_t	    number;
	const char *cidr_name = v6 ? "Ipv6CidrBlock" : "CidrBlock";

	*rule = (struct nacl_rule){ 0 };
	if (load_bool(entry, "Egress", &rule->egress, err) < 0)
		return -1;
	if (json_int(entry, "RuleNumber", 1, 65535, &number) != 1)
		return err_set(err, ERR_INPUT, "RuleNumber: expected a number from 1 to 65535");
	rule->number = (uint32_t)number;
	if (load_action(entry, rule, err) < 0)
		return -1;
	if (proto_parse(json_text(entry, "Protocol"), &rule->protocol, err) < 0)
		return err_wrap(err, "Protocol");
	if (load_cidr(entry, cidr_name, &rule->cidr, err) < 0)
		return -1;
	if (rule->cidr.base.family != (v6 ? IP_V6 : IP_V4))
		return err_set(err, ERR_INPUT, "%s: expected an IPv%d CIDR", cidr_name, v6 ? 6 : 4);
	return load_header(entry, rule, err);
}

static int compare_rules(const void *a, const void *b)
{
	const struct nacl_rule *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int load_nacl(struct loader *loader, const cJSON *object, struct err *err)
{
	struct nacl *nacl = load_object(loader, WORLD_NACL, object, "NetworkAclId", err);
	const cJSON *entries = load_list(loader, object, "Entries"), *entry;

	if (!nacl)
		return -1;
	if (!entries)
		return err_set(err, ERR_INPUT, "%.*s: Entries: expected a list",
			       STR_ARG(nacl->object.id));
	nacl->vpc_id = load_text(loader, object, "VpcId");
	nacl->is_default = load_flag(loader, object, "IsDefault", false);
	nacl->subnet_ids = load_texts(loader, load_list(loader, object, "Associations"), "SubnetId",
				      &nacl->subnet_count);
	nacl->rules = arena_alloc(&loader->world->arena,
				  (size_t)cJSON_GetArraySize(entries) * sizeof(*nacl->rules));
	cJSON_ArrayForEach(entry, entries) {
		if (load_entry(entry, &nacl->rules[nacl->rule_count], err) < 0)
			return err_wrap(err, "%.*s: Entries[%u]", STR_ARG(nacl->object.id),
					nacl->rule_count);
		nacl->rule_count++;
	}
	qsort(nacl->rules, nacl->rule_count, sizeof(*nacl->rules), compare_rules);
	return 0;
}
