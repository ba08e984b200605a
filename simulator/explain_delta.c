/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/explain_delta.h"

#include <assert.h>

#include "simulator/explain.h"

const char *explain_world_kind(enum world_kind kind)
{
	static const char *const names[WORLD_KIND_COUNT] = {
		[WORLD_VPC] = "VPC",
		[WORLD_SUBNET] = "subnet",
		[WORLD_SG] = "security group",
		[WORLD_NACL] = "network ACL",
		[WORLD_ENI] = "interface",
		[WORLD_INSTANCE] = "instance",
		[WORLD_RTB] = "route table",
		[WORLD_PREFIX_LIST] = "prefix list",
		[WORLD_IGW] = "internet gateway",
		[WORLD_EIGW] = "egress-only internet gateway",
		[WORLD_VGW] = "VPN gateway",
		[WORLD_CAGW] = "carrier gateway",
		[WORLD_NAT] = "NAT gateway",
		[WORLD_PCX] = "peering",
		[WORLD_TGW] = "transit gateway",
		[WORLD_TGW_ATTACHMENT] = "transit gateway attachment",
		[WORLD_TGW_RTB] = "transit gateway route table",
		[WORLD_VPN] = "VPN connection",
		[WORLD_CGW] = "customer gateway",
		[WORLD_VPCE] = "VPC endpoint",
		[WORLD_EIP] = "Elastic IP",
		[WORLD_LB] = "load balancer",
		[WORLD_LISTENER] = "listener",
		[WORLD_LB_RULE] = "listener rule",
		[WORLD_TARGET_GROUP] = "target group",
		[WORLD_FLOW_LOG] = "flow log",
		[WORLD_AZ] = "availability zone",
		[WORLD_BPA] = "Block Public Access",
		[WORLD_BPA_EXCLUSION] = "Block Public Access exclusion",
	};

	return names[kind];
}

static const char *what_of(const struct delta_change *change)
{
	static const char *const words[DELTA_WHAT_COUNT] = { "added", "removed", "changed" };

	return words[change->what];
}

/* The side that still, or already, has it. */
static size_t side_of(const struct delta_change *change)
{
	return change->what == DELTA_REMOVED ? 0 : 1;
}

/* The name, else the id. */
static void add_name(const struct delta_change *change, struct buf *out)
{
	const struct object *object = change->objects[side_of(change)];

	buf_add_visible(out, object->name.len ? object->name : change->id);
}

/* "interface eni-1 (web)". */
static void add_object(const struct delta_change *change, struct buf *out)
{
	const struct object *object = change->objects[side_of(change)];

	buf_printf(out, "%s ", explain_world_kind(change->kind));
	buf_add_visible(out, change->id);
	if (object->name.len && !str_eq(object->name, change->id)) {
		buf_add_text(out, " (");
		buf_add_visible(out, object->name);
		buf_add_char(out, ')');
	}
}

static void add_value(struct str text, struct buf *out)
{
	if (text.len)
		buf_add_visible(out, text);
	else
		buf_add_text(out, "none");
}

/* One side's text; of an id with the name of whom it is. */
static void add_side(const struct delta *delta, const struct delta_change *change, size_t side,
		     struct buf *out)
{
	struct str	text = side ? change->after : change->before, name = { 0 };
	enum world_kind kind;
	uint32_t	idx;

	add_value(text, out);
	if (world_find(delta->worlds[side], text, &kind, &idx))
		name = world_object(delta->worlds[side], kind, idx)->name;
	if (name.len && !str_eq(name, text)) {
		buf_add_text(out, " (");
		buf_add_visible(out, name);
		buf_add_char(out, ')');
	}
}

static void add_member(const struct delta *delta, const struct delta_change *change,
		       struct buf *out)
{
	add_object(change, out);
	buf_printf(out, ": %s ", change->member);
	if (change->part == DELTA_ELEMENT && change->what != DELTA_CHANGED) {
		add_side(delta, change, side_of(change), out);
		buf_printf(out, " %s", what_of(change));
		return;
	}
	add_side(delta, change, 0, out);
	buf_add_text(out, " => ");
	add_side(delta, change, 1, out);
}

static void add_family(const struct delta_change *change, struct buf *out)
{
	bool	   is_new = change->what == DELTA_ADDED;
	struct str count = is_new ? change->after : change->before;

	buf_add_visible(out, change->id);
	buf_printf(out, " only in the %s snapshot: ", is_new ? "second" : "first");
	buf_add_visible(out, count);
	buf_add_text(out, str_is(count, "1") ? " object" : " objects");
	buf_add_text(out, " not compared");
}

/* The rule's text, and behind it what the text does not tell. */
static void add_sg_rule(const struct delta *delta, const struct delta_change *change, size_t side,
			struct buf *out)
{
	const struct sg_rule *rule = change->sg_rules[side];

	rule_text_sg_in(delta->worlds[side], rule, out);
	if (rule->disputed)
		buf_add_text(out, " (disputed)");
	if (rule->peering_status.len) {
		buf_add_text(out, " (peering ");
		buf_add_visible(out, rule->peering_status);
		buf_add_char(out, ')');
	}
}

static void add_rule_id(const struct sg_rule *rule, struct buf *out)
{
	if (rule->id.len)
		buf_add_visible(out, rule->id);
	else
		buf_printf(out, "%s rule", rule->egress ? "egress" : "ingress");
}

/* Of what a rule that goes on says otherwise: what it allows, else its id, else its description. */
static void add_sg_rule_change(const struct delta *delta, const struct delta_change *change,
			       struct buf *out)
{
	const struct sg_rule *before = change->sg_rules[0], *after = change->sg_rules[1];

	add_rule_id(before, out);
	buf_add_text(out, " of ");
	add_name(change, out);
	buf_add_text(out, ": ");
	if (!change->cosmetic) {
		add_sg_rule(delta, change, 0, out);
		buf_add_text(out, " => ");
		add_sg_rule(delta, change, 1, out);
	} else if (before->id.len && after->id.len && !str_eq(before->id, after->id)) {
		add_sg_rule(delta, change, 1, out);
		buf_add_text(out, " is now ");
		buf_add_visible(out, after->id);
	} else {
		buf_add_text(out, "description ");
		add_value(before->description, out);
		buf_add_text(out, " => ");
		add_value(after->description, out);
	}
}

static void add_sg_rule_fate(const struct delta *delta, const struct delta_change *change,
			     struct buf *out)
{
	size_t side = side_of(change);

	add_rule_id(change->sg_rules[side], out);
	buf_add_char(out, ' ');
	add_sg_rule(delta, change, side, out);
	buf_printf(out, " %s %s ", what_of(change), side ? "to" : "from");
	add_name(change, out);
}

static void add_nacl_rule(const struct delta_change *change, struct buf *out)
{
	const struct nacl_rule *rule = change->nacl_rules[side_of(change)];

	add_name(change, out);
	buf_printf(out, " %s rule %u ", rule->egress ? "egress" : "ingress", rule->number);
	if (change->what == DELTA_CHANGED) {
		rule_text_nacl(change->nacl_rules[0], out);
		buf_add_text(out, " => ");
	}
	rule_text_nacl(rule, out);
	if (change->what != DELTA_CHANGED)
		buf_printf(out, " %s", what_of(change));
}

/* "0.0.0.0/0 -> igw-1", with the state that makes it no way. */
static void add_route(const struct delta_change *change, size_t side, struct buf *out)
{
	const struct route *route = change->routes[side];
	const struct route *other = change->routes[!side];

	explain_route(route, out);
	if (other && str_eq(route->target, other->target)) {
		buf_add_text(out, " (");
		add_value(str_eq(route->state, other->state) ? route->origin : route->state, out);
		buf_add_char(out, ')');
	}
}

static void add_tgw_route(const struct delta_change *change, size_t side, struct buf *out)
{
	const struct tgw_route *route = change->tgw_routes[side];
	const struct tgw_route *other = change->tgw_routes[!side];

	explain_tgw_route(route, out);
	for (uint32_t i = 1; i < route->attachment_count && !route->is_blackhole; i++) {
		buf_add_text(out, ", ");
		buf_add_visible(out, route->attachment_ids[i]);
	}
	if (other && route->is_static != other->is_static)
		buf_add_text(out, route->is_static ? " (static)" : " (propagated)");
}

static void add_any_route(const struct delta_change *change, struct buf *out)
{
	void (*add)(const struct delta_change *, size_t,
		    struct buf *) = change->part == DELTA_ROUTE ? add_route : add_tgw_route;

	add_name(change, out);
	buf_add_text(out, " route ");
	if (change->what == DELTA_CHANGED) {
		add(change, 0, out);
		buf_add_text(out, " => ");
	}
	add(change, side_of(change), out);
	if (change->what != DELTA_CHANGED)
		buf_printf(out, " %s", what_of(change));
}

void explain_change(const struct delta *delta, const struct delta_change *change, struct buf *out)
{
	switch (change->part) {
	case DELTA_FAMILY:
		add_family(change, out);
		return;
	case DELTA_OBJECT:
		add_object(change, out);
		buf_printf(out, " %s", what_of(change));
		return;
	case DELTA_MEMBER:
	case DELTA_ELEMENT:
		add_member(delta, change, out);
		return;
	case DELTA_SG_RULE:
		if (change->what == DELTA_CHANGED)
			add_sg_rule_change(delta, change, out);
		else
			add_sg_rule_fate(delta, change, out);
		return;
	case DELTA_NACL_RULE:
		add_nacl_rule(change, out);
		return;
	case DELTA_ROUTE:
	case DELTA_TGW_ROUTE:
		add_any_route(change, out);
		return;
	case DELTA_PART_COUNT:
		break;
	}
	assert(!"a part of a delta");
}
