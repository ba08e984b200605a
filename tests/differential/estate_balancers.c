/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load balancers: nodes, listeners, rules, target groups with the health of their targets, and attributes; each
 * of these may be what the snapshot lacks.
 */
#include <stdio.h>

#include "lib/base/mem.h"
#include "tests/differential/estate_plan.h"

enum { NODE_FIRST = 112, NODES_MAX = 2, ID_SIZE = 160 };

void estate_draw_balancers(struct estate *estate)
{
	estate->balancer_count = estate_roll(estate, ESTATE_BALANCERS_MAX + 1);
	for (unsigned i = 0; i < estate->balancer_count; i++) {
		struct estate_balancer *balancer = &estate->balancers[i];
		unsigned		vpc = estate_roll(estate, estate->plan.vpcs);

		*balancer = (struct estate_balancer){
			.vpc = vpc,
			.subnets = { estate_subnet_of(estate, vpc), estate_subnet_of(estate, vpc) },
			.nodes = 1 + estate_roll(estate, NODES_MAX),
			.listeners = estate_one_in(estate, 10) ? 0 : 1 + estate_roll(estate, 3),
			.is_network = estate_one_in(estate, 2),
		};
	}
}

static const char *short_type(const struct estate *estate, unsigned index)
{
	return estate->balancers[index].is_network ? "net" : "app";
}

void estate_nodes(struct estate *estate)
{
	for (unsigned i = 0; i < estate->balancer_count; i++) {
		const struct estate_balancer *balancer = &estate->balancers[i];
		bool			      has_public = estate_one_in(estate, 2);

		for (unsigned j = 0; j < balancer->nodes; j++) {
			unsigned subnet = balancer->subnets[j], number = NODE_FIRST + i * 4 + j;

			buf_printf(estate->text,
				   ",\n{'NetworkInterfaceId': 'eni-lb-%u-%u', 'InterfaceType': "
				   "'%s', 'Description': 'ELB %s/lb-%u/%u', 'OwnerId': '%s', "
				   "'VpcId': 'vpc-%u', 'SubnetId': 'subnet-%u', 'Groups': [",
				   i, j,
				   balancer->is_network ? "network_load_balancer" : "interface",
				   short_type(estate, i), i, i, estate_owner(estate, balancer->vpc),
				   balancer->vpc, subnet);
			if (!balancer->is_network || estate_one_in(estate, 2))
				buf_printf(estate->text, "{'GroupId': 'sg-%u'}",
					   balancer->vpc +
						   estate->plan.vpcs * estate_roll(estate, 2));
			buf_printf(estate->text,
				   "], 'PrivateIpAddresses': [{'PrivateIpAddress': '10.%u.%u.%u'",
				   plan_vpc_octet(&estate->plan, balancer->vpc),
				   plan_subnet_octet(&estate->plan, subnet), number);
			if (has_public)
				buf_printf(estate->text,
					   ", 'Association': {'PublicIp': '52.1.%u.%u'}", j,
					   10 + i);
			buf_add_text(estate->text, "}]");
			if (estate->plan.v6 && estate_one_in(estate, 2))
				buf_printf(estate->text,
					   ", 'Ipv6Addresses': [{'Ipv6Address': "
					   "'2001:db8:%u:%u::%x'}]",
					   balancer->vpc, subnet, number);
			buf_add_char(estate->text, '}');
		}
	}
}

#define ARN "arn:aws:elasticloadbalancing:eu-west-1:111122223333:"

static unsigned some_port(struct estate *estate)
{
	static const unsigned ports[] = { 0, 22, 53, 80, 443, 1024, 8080 };

	return ports[estate_roll(estate, ARRAY_LEN(ports))];
}

static void add_listeners(struct estate *estate, unsigned index)
{
	static const char *const network[] = { "TCP", "TCP", "UDP", "TCP_UDP", "TLS" };
	static const char *const application[] = { "HTTP", "HTTPS" };

	if (estate->balancers[index].listeners == 0)
		return;
	estate_list(estate, "Listeners");
	for (unsigned i = 0; i < estate->balancers[index].listeners; i++) {
		plan_item(&estate->plan, i);
		buf_printf(estate->text,
			   "{'ListenerArn': '" ARN "listener/%s/lb-%u/%u/%u', 'LoadBalancerArn': "
			   "'" ARN "loadbalancer/%s/lb-%u/%u', 'Port': %u, 'Protocol': '%s', "
			   "'DefaultActions': [",
			   short_type(estate, index), index, index, i, short_type(estate, index),
			   index, index, some_port(estate),
			   estate->balancers[index].is_network
				   ? network[estate_roll(estate, ARRAY_LEN(network))]
				   : application[estate_roll(estate, ARRAY_LEN(application))]);
		if (estate_one_in(estate, 8))
			buf_add_text(estate->text, "{'Type': 'fixed-response'}]}");
		else
			buf_printf(estate->text,
				   "{'Type': 'forward', 'TargetGroupArn': '" ARN
				   "targetgroup/tg-%u-%u/1'}]}",
				   index, estate_roll(estate, 2));
	}
	estate_end(estate);
	if (estate->balancers[index].is_network || estate_one_in(estate, 5))
		return;
	estate_list(estate, "Rules");
	for (unsigned i = 0; i < estate->balancers[index].listeners; i++) {
		plan_item(&estate->plan, i);
		buf_printf(estate->text,
			   "{'RuleArn': '" ARN "listener-rule/app/lb-%u/%u/%u/1', 'Actions': "
			   "[{'Type': 'forward', 'TargetGroupArn': '" ARN
			   "targetgroup/tg-%u-%u/1'}]}",
			   index, index, i, index, estate_roll(estate, 2));
	}
	estate_end(estate);
}

static void add_attributes(struct estate *estate, const char *owner, const char *key)
{
	if (estate_one_in(estate, 2))
		buf_printf(estate->text,
			   "{'%s': '%s', 'Attributes': [{'Key': '%s', 'Value': '%s'}]}\n",
			   "TargetGroupArn", owner, key,
			   estate_one_in(estate, 2) ? "true" : "false");
}

/* Hosts by instance or by address; some of another VPC, some of nobody. */
static void add_targets(struct estate *estate, const char *arn, bool by_instance)
{
	static const char *const healths[] = { "healthy",   "healthy", "healthy",
					       "unhealthy", "initial", "unavailable" };
	unsigned		 count = estate_roll(estate, 4);

	buf_printf(estate->text, "{'TargetGroupArn': '%s', 'TargetHealthDescriptions': [", arn);
	for (unsigned i = 0; i < count; i++) {
		unsigned subnet = estate_roll(estate, estate->plan.subnets);

		plan_item(&estate->plan, i);
		buf_add_text(estate->text, "{'Target': {'Id': '");
		if (by_instance)
			buf_printf(estate->text, "i-%u",
				   estate_roll(estate, estate->plan.enis + 1));
		else
			buf_printf(estate->text, "10.%u.%u.%u",
				   plan_vpc_octet(&estate->plan, estate_vpc_of(estate, subnet)),
				   plan_subnet_octet(&estate->plan, subnet),
				   4 + estate_roll(estate, 4));
		buf_printf(estate->text, "', 'Port': %u}, 'TargetHealth': {'State': '%s'}}",
			   some_port(estate), healths[estate_roll(estate, ARRAY_LEN(healths))]);
	}
	estate_end(estate);
}

static void add_target_groups(struct estate *estate, unsigned index)
{
	static const char *const protocols[] = { "TCP", "UDP", "TLS", "TCP_UDP" };

	for (unsigned i = 0; i < 2; i++) {
		const struct estate_balancer *balancer = &estate->balancers[index];
		bool			      by_instance = estate_one_in(estate, 2);
		char			      arn[ID_SIZE];

		if (estate_one_in(estate, 15))
			continue;
		snprintf(arn, sizeof(arn), ARN "targetgroup/tg-%u-%u/1", index, i);
		buf_printf(estate->text,
			   "{'TargetGroups': [{'TargetGroupArn': '%s', 'TargetGroupName': "
			   "'tg-%u-%u', 'Protocol': '%s', 'Port': %u, 'VpcId': 'vpc-%u', "
			   "'TargetType': '%s'}]}\n",
			   arn, index, i,
			   balancer->is_network
				   ? protocols[estate_roll(estate, ARRAY_LEN(protocols))]
				   : "HTTP",
			   some_port(estate), balancer->vpc, by_instance ? "instance" : "ip");
		if (!estate_one_in(estate, 8))
			add_targets(estate, arn, by_instance);
		add_attributes(estate, arn, "preserve_client_ip.enabled");
		add_attributes(estate, arn, "load_balancing.cross_zone.enabled");
	}
}

void estate_balancers(struct estate *estate)
{
	for (unsigned i = 0; i < estate->balancer_count; i++) {
		char arn[ID_SIZE];

		snprintf(arn, sizeof(arn), ARN "loadbalancer/%s/lb-%u/%u", short_type(estate, i), i,
			 i);
		buf_printf(estate->text,
			   "{'LoadBalancers': [{'LoadBalancerArn': '%s', 'LoadBalancerName': "
			   "'lb-%u', 'Type': '%s', 'Scheme': 'internal', 'VpcId': 'vpc-%u'}]}\n",
			   arn, i, estate->balancers[i].is_network ? "network" : "application",
			   estate->balancers[i].vpc);
		add_attributes(estate, arn, "load_balancing.cross_zone.enabled");
		add_listeners(estate, i);
		add_target_groups(estate, i);
	}
}
