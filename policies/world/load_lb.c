/* SPDX-License-Identifier: Apache-2.0 */
/* LoadBalancers, Listeners, TargetGroups of ELBv2.  Their ids are ARNs. */
#include "lib/base/buf.h"
#include "policies/world/load.h"

static int load_port(const cJSON *object, uint16_t *out, struct err *err)
{
	int64_t port = 0;

	if (json_int(object, "Port", 0, 65535, &port) < 0)
		return err_set(err, ERR_INPUT, "Port: expected a number from 0 to 65535");
	*out = (uint16_t)port;
	return 0;
}

int load_lb(struct loader *loader, const cJSON *object, struct err *err)
{
	struct lb *lb;

	if (load_is_dead(loader, json_text(json_object(object, "State"), "Code")))
		return 0;
	lb = load_object(loader, WORLD_LB, object, "LoadBalancerArn", err);
	if (!lb)
		return -1;
	lb->object.name = load_text(loader, object, "LoadBalancerName");
	lb->type = load_text(loader, object, "Type");
	lb->scheme = load_text(loader, object, "Scheme");
	lb->vpc_id = load_text(loader, object, "VpcId");
	lb->dns_name = load_text(loader, object, "DNSName");
	lb->sg_ids = load_texts(loader, load_strings(loader, object, "SecurityGroups"), NULL,
				&lb->sg_count);
	lb->subnet_ids = load_texts(loader, load_list(loader, object, "AvailabilityZones"),
				    "SubnetId", &lb->subnet_count);
	return 0;
}

/* The groups that any of the actions forwards to. */
static struct str *load_forwards(struct loader *loader, const cJSON *actions, uint32_t *count)
{
	const cJSON *action, *item;
	struct str  *ids;
	size_t	     room = 0;

	cJSON_ArrayForEach(action, actions)
		room += 1 + (size_t)cJSON_GetArraySize(load_list(
				    loader, json_object(action, "ForwardConfig"), "TargetGroups"));
	ids = arena_alloc(&loader->world->arena, room * sizeof(*ids));
	*count = 0;
	cJSON_ArrayForEach(action, actions) {
		const cJSON *groups = load_list(loader, json_object(action, "ForwardConfig"),
						"TargetGroups");

		cJSON_ArrayForEach(item, groups)
			ids[(*count)++] = load_text(loader, item, "TargetGroupArn");
		if (cJSON_GetArraySize(groups) == 0 && json_text(action, "TargetGroupArn").len)
			ids[(*count)++] = load_text(loader, action, "TargetGroupArn");
	}
	return ids;
}

int load_listener(struct loader *loader, const cJSON *object, struct err *err)
{
	struct listener *listener = load_object(loader, WORLD_LISTENER, object, "ListenerArn", err);

	if (!listener || load_port(object, &listener->port, err) < 0)
		return -1;
	listener->lb_id = load_text(loader, object, "LoadBalancerArn");
	listener->protocol = load_text(loader, object, "Protocol");
	listener->target_group_ids = load_forwards(
		loader, load_list(loader, object, "DefaultActions"), &listener->target_group_count);
	return 0;
}

/* arn:…:listener-rule/app/NAME/LB/LISTENER/RULE is a rule of arn:…:listener/app/NAME/LB/LISTENER. */
static struct str listener_of(struct loader *loader, struct str rule)
{
	static const char   mark[] = ":listener-rule/";
	auto_buf struct buf text = buf_make(rule.len + 1);
	size_t		    at = 0, end = rule.len;

	while (at < rule.len && !str_starts(str_skip(rule, at), mark))
		at++;
	while (end > 0 && rule.ptr[end - 1] != '/')
		end--;
	if (at == rule.len || end <= at + sizeof(mark))
		return (struct str){ 0 };
	buf_add_str(&text, str_head(rule, at));
	buf_add_text(&text, ":listener/");
	at += sizeof(mark) - 1;
	buf_add_str(&text, str_head(str_skip(rule, at), end - 1 - at));
	return arena_str(&loader->world->arena, buf_str(&text));
}

/* Rules of other services (EventBridge's) have no RuleArn: they are none of these. */
int load_lb_rule(struct loader *loader, const cJSON *object, struct err *err)
{
	struct lb_rule *rule;

	if (json_text(object, "RuleArn").len == 0)
		return 0;
	rule = load_object(loader, WORLD_LB_RULE, object, "RuleArn", err);
	if (!rule)
		return -1;
	rule->listener_id = listener_of(loader, rule->object.id);
	rule->target_group_ids = load_forwards(loader, load_list(loader, object, "Actions"),
					       &rule->target_group_count);
	return 0;
}

int load_target_group(struct loader *loader, const cJSON *object, struct err *err)
{
	struct target_group *group = load_object(loader, WORLD_TARGET_GROUP, object,
						 "TargetGroupArn", err);

	if (!group || load_port(object, &group->port, err) < 0)
		return -1;
	group->object.name = load_text(loader, object, "TargetGroupName");
	group->protocol = load_text(loader, object, "Protocol");
	group->target_type = load_text(loader, object, "TargetType");
	group->vpc_id = load_text(loader, object, "VpcId");
	return 0;
}
