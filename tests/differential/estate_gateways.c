/* SPDX-License-Identifier: Apache-2.0 */
/* Gateways of VPCs, NAT gateways, VPN connections, endpoints, and Block Public Access. */
#include "lib/base/mem.h"
#include "tests/differential/estate_plan.h"

/* Where their addresses begin in a subnet: hosts, of whom there are fewer, come before. */
enum { NAT_FIRST = 100, NAT_SECOND = 104 };

void estate_draw_nats(struct estate *estate)
{
	estate->nat_count = estate_roll(estate, ESTATE_NATS_MAX + 1);
	for (unsigned i = 0; i < estate->nat_count; i++) {
		unsigned vpc = estate_roll(estate, estate->plan.vpcs);

		estate->nats[i] = (struct estate_nat){
			.vpc = vpc,
			.subnet = estate_subnet_of(estate, vpc),
			.is_private = estate_one_in(estate, 4),
			.is_regional = estate_one_in(estate, 5),
			.has_two = estate_one_in(estate, 4),
			.has_interface = !estate_one_in(estate, 5),
		};
	}
}

static unsigned addresses_of(const struct estate_nat *nat)
{
	return nat->has_two ? 2 : 1;
}

static void add_private_ip(struct estate *estate, const struct estate_nat *nat, unsigned number)
{
	buf_printf(estate->text, "'10.%u.%u.%u'", plan_vpc_octet(&estate->plan, nat->vpc),
		   plan_subnet_octet(&estate->plan, nat->subnet), number);
}

void estate_nat_interfaces(struct estate *estate)
{
	for (unsigned i = 0; i < estate->nat_count; i++) {
		const struct estate_nat *nat = &estate->nats[i];

		for (unsigned j = 0; j < addresses_of(nat); j++) {
			if (nat->is_regional || !nat->has_interface)
				continue;
			buf_printf(estate->text,
				   ",\n{'NetworkInterfaceId': 'eni-nat-%u-%u', 'InterfaceType': "
				   "'nat_gateway', 'OwnerId': '%s', 'VpcId': 'vpc-%u', 'SubnetId': "
				   "'subnet-%u', 'SourceDestCheck': false, 'Groups': [], "
				   "'PrivateIpAddresses': [{'PrivateIpAddress': ",
				   i, j, estate_owner(estate, nat->vpc), nat->vpc, nat->subnet);
			add_private_ip(estate, nat, (j ? NAT_SECOND : NAT_FIRST) + i);
			if (!nat->is_private)
				buf_printf(estate->text,
					   ", 'Association': {'PublicIp': '3.0.%u.%u'}", j, 10 + i);
			buf_add_text(estate->text, "}]}");
		}
	}
}

static void add_nat_address(struct estate *estate, unsigned index, unsigned number)
{
	const struct estate_nat *nat = &estate->nats[index];

	buf_printf(estate->text, "%s{'AvailabilityZone': '%s%c'", number ? ", " : "",
		   estate_region(estate, nat->vpc), number ? 'b' : 'a');
	if (!nat->is_regional) {
		buf_printf(estate->text,
			   ", 'NetworkInterfaceId': 'eni-nat-%u-%u', 'PrivateIp': ", index, number);
		add_private_ip(estate, nat, (number ? NAT_SECOND : NAT_FIRST) + index);
	}
	if (!nat->is_private || nat->is_regional)
		buf_printf(estate->text, ", 'PublicIp': '3.0.%u.%u'", number, 10 + index);
	buf_add_char(estate->text, '}');
}

static void add_nats(struct estate *estate)
{
	estate_list(estate, "NatGateways");
	for (unsigned i = 0; i < estate->nat_count; i++) {
		const struct estate_nat *nat = &estate->nats[i];

		plan_item(&estate->plan, i);
		buf_printf(estate->text,
			   "{'NatGatewayId': 'nat-%u', 'VpcId': 'vpc-%u', 'State': 'available', "
			   "'ConnectivityType': '%s'",
			   i, nat->vpc,
			   nat->is_private && !nat->is_regional ? "private" : "public");
		if (nat->is_regional)
			buf_printf(estate->text, ", 'RouteTableId': 'rtb-nat-%u'", i);
		else
			buf_printf(estate->text, ", 'SubnetId': 'subnet-%u'", nat->subnet);
		buf_add_text(estate->text, ", 'NatGatewayAddresses': [");
		for (unsigned j = 0; j < addresses_of(nat); j++)
			add_nat_address(estate, i, j);
		buf_add_text(estate->text, "]}");
	}
	estate_end(estate);
}

/* Of each VPC one or none; detached ones are as good as none, and routes may still point at them. */
static void add_gateways(struct estate *estate)
{
	static const struct {
		const char *list, *member, *id;
		unsigned    one_in; /* is missing, or detached */
	} kinds[] = {
		{ "InternetGateways", "InternetGatewayId", "igw", 10 },
		{ "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId", "eigw", 5 },
		{ "VpnGateways", "VpnGatewayId", "vgw", 4 },
	};

	for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		unsigned written = 0;

		if (estate_one_in(estate, 15))
			continue; /* nobody asked for them */
		estate_list(estate, kinds[kind].list);
		for (unsigned i = 0; i < estate->plan.vpcs; i++) {
			if (estate_one_in(estate, kinds[kind].one_in))
				continue;
			plan_item(&estate->plan, written++);
			buf_printf(estate->text,
				   "{'%s': '%s-%u', 'OwnerId': '%s', '%s': [{'State': '%s', "
				   "'VpcId': 'vpc-%u'}]}",
				   kinds[kind].member, kinds[kind].id, i, estate_owner(estate, i),
				   kind == 2 ? "VpcAttachments" : "Attachments",
				   estate_one_in(estate, 12) ? "detached" : "attached", i);
		}
		estate_end(estate);
	}
}

static void add_vpns(struct estate *estate)
{
	char cidr[CIDR_TEXT_SIZE];

	estate_list(estate, "VpnConnections");
	for (unsigned i = 0; i < estate->plan.vpcs; i++) {
		plan_item(&estate->plan, i);
		plan_cidr(&estate->plan, false, cidr);
		buf_printf(estate->text,
			   "{'VpnConnectionId': 'vpn-%u', 'State': 'available', 'VpnGatewayId': "
			   "'vgw-%u', 'Routes': [{'DestinationCidrBlock': '192.168.%u.0/24'}, "
			   "{'DestinationCidrBlock': '%s'}]}",
			   i, i, i, cidr);
	}
	estate_end(estate);
}

/* vpce-N is of VPC N. */
static void add_endpoints(struct estate *estate)
{
	estate_list(estate, "VpcEndpoints");
	for (unsigned i = 0; i < estate->plan.vpcs; i++) {
		bool is_gateway = !estate_one_in(estate, 4);

		plan_item(&estate->plan, i);
		buf_printf(estate->text,
			   "{'VpcEndpointId': 'vpce-%u', 'VpcId': 'vpc-%u', 'State': 'available', "
			   "'VpcEndpointType': '%s', 'ServiceName': 'com.amazonaws.eu-west-1.s3'",
			   i, i, is_gateway ? "Gateway" : "GatewayLoadBalancer");
		if (!is_gateway)
			buf_printf(estate->text, ", 'SubnetIds': ['subnet-%u']",
				   estate_subnet_of(estate, i));
		buf_add_char(estate->text, '}');
	}
	estate_end(estate);
}

static void add_public_access(struct estate *estate)
{
	static const char *const exclusions[] = { "allow-bidirectional", "allow-egress" };
	unsigned		 subnet = estate_roll(estate, estate->plan.subnets);

	if (!estate_one_in(estate, 5))
		return;
	buf_printf(estate->text,
		   "{'VpcBlockPublicAccessOptions': {'AwsAccountId': '111122223333', 'AwsRegion': "
		   "'eu-west-1', 'InternetGatewayBlockMode': '%s'}}\n",
		   estate_one_in(estate, 2) ? "block-ingress" : "block-bidirectional");
	estate_list(estate, "VpcBlockPublicAccessExclusions");
	for (unsigned i = 0; i < ARRAY_LEN(exclusions); i++) {
		plan_item(&estate->plan, i);
		buf_printf(estate->text,
			   "{'ExclusionId': 'excl-%u', 'State': 'create-complete', "
			   "'InternetGatewayExclusionMode': '%s', 'ResourceArn': "
			   "'arn:aws:ec2:eu-west-1:111122223333:",
			   i, exclusions[i]);
		if (estate_one_in(estate, 2))
			buf_printf(estate->text, "subnet/subnet-%u'}",
				   (subnet + i) % estate->plan.subnets);
		else
			buf_printf(estate->text, "vpc/vpc-%u'}", i);
	}
	estate_end(estate);
}

void estate_gateways(struct estate *estate)
{
	add_gateways(estate);
	add_nats(estate);
	add_vpns(estate);
	add_endpoints(estate);
	add_public_access(estate);
}
