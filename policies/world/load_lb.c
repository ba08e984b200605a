/* SPDX-License-Identifier: Apache-2.0 */
/* LoadBalancers, Listeners, TargetGroups of ELBv2.  Their ids are ARNs. */
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
	lb->sg_ids = load_texts(loader, json_list(object, "SecurityGroups"), NULL, &lb->sg_count);
	lb->subnet_ids = load_texts(loader, json_list(object, "AvailabilityZones"), "SubnetId",
				    &lb->subnet_count);
	return 0;
}

/* The groups that any default action forwards to. */
static void load_forwards(struct loader *loader, const cJSON *object, struct listener *listener)
{
	const cJSON *actions = json_list(object, "DefaultActions"), *action, *item;
	size_t	     room = 0;

	cJSON_ArrayForEach(action, actions)
		room += 1 + (size_t)cJSON_GetArraySize(json_list(
				    json_object(action, "ForwardConfig"), "TargetGroups"));
	listener->target_group_ids = arena_alloc(&loader->world->arena,
						 room * sizeof(*listener->target_group_ids));
	cJSON_ArrayForEach(action, actions) {
		const cJSON *groups = json_list(json_object(action, "ForwardConfig"),
						"TargetGroups");

		cJSON_ArrayForEach(item, groups)
			listener->target_group_ids[listener->target_group_count++] = load_text(
				loader, item, "TargetGroupArn");
		if (cJSON_GetArraySize(groups) == 0 && json_text(action, "TargetGroupArn").len)
			listener->target_group_ids[listener->target_group_count++] = load_text(
				loader, action, "TargetGroupArn");
	}
}

int load_listener(struct loader *loader, const cJSON *object, struct err *err)
{
	struct listener *listener = load_object(loader, WORLD_LISTENER, object, "ListenerArn", err);

	if (!listener || load_port(object, &listener->port, err) < 0)
		return -1;
	listener->lb_id = load_text(loader, object, "LoadBalancerArn");
	listener->protocol = load_text(loader, object, "Protocol");
	load_forwards(loader, object, listener);
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
