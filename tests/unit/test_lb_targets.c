/* SPDX-License-Identifier: Apache-2.0 */
/* Which listener takes a packet, and which targets a node passes it on to. */
#include "tests/unit/unit.h"

#include "simulator/lb_targets.h"
#include "tests/unit/estate.h"

#define ARN "arn:aws:elasticloadbalancing:eu-west-1:111122223333:"
#define LB(type, kind)                                                                             \
	"{'LoadBalancers': [{'LoadBalancerArn': '" ARN "loadbalancer/" kind "/x/1', "              \
	"'LoadBalancerName': 'x', 'Type': '" type "', 'VpcId': 'vpc-1', 'State': {'Code': "        \
	"'active'}}]} {'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', "   \
	"'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.10', 'Description': 'ELB " kind       \
	"/x/1'}, {'NetworkInterfaceId': 'eni-2', 'VpcId': 'vpc-1', 'SubnetId': 'subnet-b', "       \
	"'PrivateIpAddress': '10.0.2.10'}, {'NetworkInterfaceId': 'eni-3', 'VpcId': 'vpc-1', "     \
	"'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.20'}]}"
#define ZONES                                                                                      \
	"{'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.1.0/24', "     \
	"'AvailabilityZone': 'eu-west-1a'}, {'SubnetId': 'subnet-b', 'VpcId': 'vpc-1', "           \
	"'CidrBlock': '10.0.2.0/24', 'AvailabilityZone': 'eu-west-1b'}]}"
#define GROUP                                                                                      \
	"{'TargetGroups': [{'TargetGroupArn': '" ARN "targetgroup/g/1', 'Port': 8080, "            \
	"'Protocol': 'TCP', 'TargetType': 'ip', 'VpcId': 'vpc-1'}]}"
#define LISTENER(kind, protocol)                                                                   \
	"{'Listeners': [{'ListenerArn': '" ARN "listener/" kind                                    \
	"/x/1/2', 'LoadBalancerArn': '" ARN "loadbalancer/" kind                                   \
	"/x/1', 'Port': 443, 'Protocol': '" protocol                                               \
	"', 'DefaultActions': [{'Type': 'forward', 'TargetGroupArn': '" ARN                        \
	"targetgroup/g/1'}]}]}"
#define TARGET(ip, health)                                                                         \
	"{'Target': {'Id': '" ip "', 'Port': 9090}, 'TargetHealth': {'State': '" health "'}}"
#define TARGETS(list)                                                                              \
	"{'TargetGroupArn': '" ARN "targetgroup/g/1', 'TargetHealthDescriptions': [" list "]}"
#define NLB LB("network", "net") ZONES GROUP LISTENER("net", "TCP")

static struct lb_targets find(const char *estate, size_t number, struct ip *ip)
{
	auto_world struct world *world = estate_open(estate);
	struct lb_target	 target = { 0 };
	struct lb_targets found = lb_targets_find(world, 0, estate_eni(world, "eni-1"), number,
						  &target);

	*ip = target.ip;
	return found;
}

TEST(a_node_is_told_by_its_description)
{
	auto_world struct world *world = estate_open(NLB);

	CHECK(lb_of_eni(world, estate_eni(world, "eni-1")) == 0);
	CHECK(lb_of_eni(world, estate_eni(world, "eni-2")) == WORLD_NONE);
}

TEST(a_listener_takes_its_port_and_what_its_protocol_runs_on)
{
	static const struct {
		const char *protocol;
		bool	    tcp, udp;
	} cases[] = { { "TCP", true, false },  { "UDP", false, true },	 { "TCP_UDP", true, true },
		      { "TLS", true, false },  { "HTTPS", true, false }, { "QUIC", false, true },
		      { "SCTP", false, false } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char	      text[8192];
		struct world *world;
		struct packet packet = estate_tcp("10.0.9.9", "10.0.1.10", 443);

		snprintf(text, sizeof(text), "%s", NLB);
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "{'Listeners': [{'ListenerArn': '" ARN "listener/net/x/1/2', "
			 "'LoadBalancerArn': '" ARN "loadbalancer/net/x/1', 'Port': 443, "
			 "'Protocol': '%s'}]}",
			 cases[i].protocol);
		world = estate_open(text);
		CHECK((lb_listener_for(world, 0, &packet) == 0) == cases[i].tcp);
		packet.protocol = PROTO_UDP;
		CHECK((lb_listener_for(world, 0, &packet) == 0) == cases[i].udp);
		packet.dst_port = 444;
		CHECK(lb_listener_for(world, 0, &packet) == WORLD_NONE);
		world_free(world);
	}
}

TEST(healthy_targets_are_used_and_when_there_is_none_all)
{
	struct lb_targets found;
	struct ip	  ip;

	found = find(
		NLB TARGETS(TARGET("10.0.1.20", "unhealthy") ", " TARGET("10.0.1.10", "healthy")),
		0, &ip);
	CHECK(found.count == 1 && ip_eq(ip, estate_ip("10.0.1.10")) && !found.fails_open);
	found = find(NLB TARGETS(TARGET("10.0.1.20", "unhealthy")), 0, &ip);
	CHECK(found.count == 1 && ip_eq(ip, estate_ip("10.0.1.20")) && found.fails_open);
}

TEST(other_zones_are_only_for_those_that_cross_them)
{
	static const char far[] = NLB TARGETS(TARGET("10.0.2.10", "healthy"));
	static const char crossing[] = NLB TARGETS(TARGET(
		"10.0.2.10", "healthy")) "{'LoadBalancerArn': '" ARN
					 "loadbalancer/net/x/1', 'Attributes': [{'Key': "
					 "'load_balancing.cross_zone.enabled', 'Value': 'true'}]}";
	static const char staying[] = NLB TARGETS(TARGET(
		"10.0.2.10", "healthy")) "{'LoadBalancerArn': '" ARN
					 "loadbalancer/net/x/1', 'Attributes': [{'Key': "
					 "'load_balancing.cross_zone.enabled', 'Value': 'false'}]}";
	struct ip	  ip;
	struct lb_targets found = find(far, 0, &ip);

	CHECK(found.count == 0 && found.elsewhere == 1 && found.is_incomplete);
	CHECK(find(crossing, 0, &ip).count == 1);
	found = find(staying, 0, &ip);
	CHECK(found.count == 0 && found.elsewhere == 1 && !found.is_incomplete);
}

TEST(targets_or_rules_that_are_not_in_the_snapshot_leave_the_list_incomplete)
{
	struct ip ip;

	CHECK(find(NLB, 0, &ip).is_incomplete);
	CHECK(!find(NLB TARGETS(TARGET("10.0.1.20", "healthy")), 0, &ip).is_incomplete);
	CHECK(find(LB("application", "app") ZONES GROUP LISTENER("app", "HTTPS")
			   TARGETS(TARGET("10.0.1.20", "healthy")),
		   0, &ip)
		      .is_incomplete);
	CHECK(!find(LB("application", "app") ZONES GROUP LISTENER("app", "HTTPS") TARGETS(TARGET(
			    "10.0.1.20", "healthy")) "{'Rules': [{'RuleArn': '" ARN
						     "listener-rule/app/x/1/2/3', 'Actions': []}]}",
		    0, &ip)
		       .is_incomplete);
}

TEST(rules_and_attributes_of_other_services_are_none_of_these)
{
	auto_world struct world *world = estate_open(
		NLB "{'Rules': [{'Name': 'nightly', 'Arn': 'arn:aws:events:eu-west-1:1:rule/n'}]} "
		    "{'Attributes': {'QueueArn': 'arn:aws:sqs:eu-west-1:1:q'}}");

	CHECK(world->counts[WORLD_LB_RULE] == 0 && world->counts[WORLD_LB] == 1);
}

TEST(client_addresses_are_kept_by_network_load_balancers_as_the_group_says)
{
	static const struct {
		const char *type, *protocol, *target_type, *attribute;
		bool	    keeps, assumed;
	} cases[] = {
		{ "application", "HTTP", "instance", "", false, false },
		{ "network", "TCP", "instance", "", true, true },
		{ "network", "TCP", "ip", "", false, true },
		{ "network", "UDP", "ip", "", true, false },
		{ "network", "TCP", "ip", "true", true, false },
		{ "network", "TCP", "instance", "false", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lb	    lb = { .type = str_of(cases[i].type) };
		struct target_group group = { .protocol = str_of(cases[i].protocol),
					      .target_type = str_of(cases[i].target_type),
					      .preserve_client_ip = str_of(cases[i].attribute) };
		bool		    assumed;

		CHECK(lb_preserves_client(&lb, &group, &assumed) == cases[i].keeps);
		CHECK(assumed == cases[i].assumed);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_is_told_by_its_description),
		cmocka_unit_test(a_listener_takes_its_port_and_what_its_protocol_runs_on),
		cmocka_unit_test(healthy_targets_are_used_and_when_there_is_none_all),
		cmocka_unit_test(other_zones_are_only_for_those_that_cross_them),
		cmocka_unit_test(
			targets_or_rules_that_are_not_in_the_snapshot_leave_the_list_incomplete),
		cmocka_unit_test(rules_and_attributes_of_other_services_are_none_of_these),
		cmocka_unit_test(
			client_addresses_are_kept_by_network_load_balancers_as_the_group_says),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
