/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/made_network.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

enum { LINE_SIZE = 512, BALANCED_VPCS = 4, FIRST_HOST = 16, SUBNET_STEP = 16 };

enum layer { LAYER_PUBLIC, LAYER_PRIVATE, LAYER_DATA, LAYER_COUNT };

#define OWNER "123456789012"
#define ZONE  "eu-west-1"

static const struct {
	const char *name;
	enum layer  layer;
} services[NETWORK_SERVICES] = {
	[NETWORK_WEB] = { "web", LAYER_PUBLIC },  [NETWORK_BASTION] = { "bastion", LAYER_PUBLIC },
	[NETWORK_APP] = { "app", LAYER_PRIVATE }, [NETWORK_API] = { "api", LAYER_PRIVATE },
	[NETWORK_DB] = { "db", LAYER_DATA },	  [NETWORK_CACHE] = { "cache", LAYER_DATA },
};

static const char *const layers[LAYER_COUNT] = { "public", "private", "data" };

/* A document of one list while it is written. */
struct list {
	FILE	   *out;
	const char *between;
};

static struct list list_begin(FILE *out, const char *key)
{
	fprintf(out, "{\"%s\": [", key);
	return (struct list){ out, "\n" };
}

static FILE *list_item(struct list *list)
{
	fputs(list->between, list->out);
	list->between = ",\n";
	return list->out;
}

static void list_end(struct list *list)
{
	fputs("]}\n", list->out);
}

void network_eni_id(uint32_t vpc, enum network_service service, uint32_t index, char out[static 32])
{
	snprintf(out, 32, "eni-%02u-%s-%u", vpc, services[service].name, index);
}

/* 10.V.N.0/20, N = 16 * (3 * layer + zone); over IPv6 2600:1f18:V:NN00::/64. */
static unsigned subnet_octet(enum layer layer, unsigned zone)
{
	return SUBNET_STEP * (NETWORK_ZONES * (unsigned)layer + zone);
}

static void write_places(FILE *out)
{
	struct list list = list_begin(out, "Vpcs");

	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		fprintf(list_item(&list),
			"{\"VpcId\": \"vpc-%u\", \"OwnerId\": \"" OWNER
			"\", \"CidrBlock\": \"10.%u.0.0/16\", \"Ipv6CidrBlockAssociationSet\": "
			"[{\"Ipv6CidrBlock\": \"2600:1f18:%x::/48\"}]}",
			v, v, v);
	list_end(&list);
	list = list_begin(out, "Subnets");
	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		for (unsigned i = 0; i < LAYER_COUNT * NETWORK_ZONES; i++) {
			unsigned layer = i / NETWORK_ZONES, zone = i % NETWORK_ZONES;
			unsigned octet = subnet_octet((enum layer)layer, zone);

			fprintf(list_item(&list),
				"{\"SubnetId\": \"subnet-%u-%s-%u\", \"VpcId\": \"vpc-%u\", "
				"\"OwnerId\": \"" OWNER "\", \"CidrBlock\": \"10.%u.%u.0/20\", "
				"\"AvailabilityZone\": \"" ZONE "%c\", \"AvailabilityZoneId\": "
				"\"euw1-az%u\", \"Ipv6CidrBlockAssociationSet\": "
				"[{\"Ipv6CidrBlock\": \"2600:1f18:%x:%x00::/64\"}]}",
				v, layers[layer], zone, v, v, octet, 'a' + (int)zone, zone + 1, v,
				octet);
		}
	list_end(&list);
	fputs("{\"PrefixLists\": [{\"PrefixListId\": \"pl-s3\", \"PrefixListName\": "
	      "\"com.amazonaws.eu-west-1.s3\", \"Entries\": [{\"Cidr\": \"52.218.0.0/17\"}, "
	      "{\"Cidr\": \"3.5.64.0/21\"}]}, {\"PrefixListId\": \"pl-offices\", "
	      "\"PrefixListName\": "
	      "\"offices\", \"Entries\": [{\"Cidr\": \"198.51.100.0/24\"}, {\"Cidr\": "
	      "\"203.0.113.0/25\"}, {\"Cidr\": \"192.0.2.17/32\"}]}]}\n",
	      out);
}

static void write_gateways(FILE *out)
{
	struct list list = list_begin(out, "InternetGateways");

	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		fprintf(list_item(&list),
			"{\"InternetGatewayId\": \"igw-%u\", \"OwnerId\": \"" OWNER
			"\", \"Attachments\": [{\"State\": \"available\", \"VpcId\": \"vpc-%u\"}]}",
			v, v);
	list_end(&list);
	list = list_begin(out, "NatGateways");
	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		for (unsigned zone = 0; zone < NETWORK_ZONES; zone++)
			fprintf(list_item(&list),
				"{\"NatGatewayId\": \"nat-%u-%u\", \"State\": \"available\", "
				"\"VpcId\": \"vpc-%u\", \"SubnetId\": \"subnet-%u-public-%u\", "
				"\"ConnectivityType\": \"public\", \"NatGatewayAddresses\": "
				"[{\"NetworkInterfaceId\": \"eni-nat-%u-%u\", \"PrivateIp\": "
				"\"10.%u.%u.5\", \"PublicIp\": \"34.240.%u.%u\"}]}",
				v, zone, v, v, zone, v, zone, v, subnet_octet(LAYER_PUBLIC, zone),
				v, zone);
	list_end(&list);
	list = list_begin(out, "VpcEndpoints");
	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		fprintf(list_item(&list),
			"{\"VpcEndpointId\": \"vpce-%u\", \"State\": \"available\", "
			"\"VpcEndpointType\": \"Gateway\", \"VpcId\": \"vpc-%u\", \"ServiceName\": "
			"\"com.amazonaws.eu-west-1.s3\"}",
			v, v);
	list_end(&list);
}

/* VPC 0 is shared; of the others the even ones and the odd ones do not see each other. */
static unsigned tgw_table_of(unsigned vpc)
{
	return vpc == 0 ? 0 : 1 + vpc % 2;
}

static void write_tgw_table(FILE *out, unsigned table)
{
	fprintf(out,
		"{\"TransitGatewayRouteTableId\": \"tgw-rtb-%u\", \"Routes\": "
		"[{\"DestinationCidrBlock\": \"192.168.0.0/16\", \"Type\": \"propagated\", "
		"\"State\": \"active\", \"TransitGatewayAttachments\": "
		"[{\"TransitGatewayAttachmentId\": \"tgw-attach-vpn\"}]}",
		table);
	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		if (table == 0 || v == 0 || tgw_table_of(v) == table)
			fprintf(out,
				",\n{\"DestinationCidrBlock\": \"10.%u.0.0/16\", \"Type\": "
				"\"propagated\", \"State\": \"active\", "
				"\"TransitGatewayAttachments\": [{\"TransitGatewayAttachmentId\": "
				"\"tgw-attach-%u\"}]}",
				v, v);
	fputs("]}\n", out);
}

static void write_tgw(FILE *out)
{
	struct list list;

	fputs("{\"TransitGateways\": [{\"TransitGatewayId\": \"tgw-1\", \"OwnerId\": \"" OWNER
	      "\", \"State\": \"available\", \"Options\": {\"SecurityGroupReferencingSupport\": "
	      "\"enable\"}}]}\n",
	      out);
	list = list_begin(out, "TransitGatewayVpcAttachments");
	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		fprintf(list_item(&list),
			"{\"TransitGatewayAttachmentId\": \"tgw-attach-%u\", "
			"\"TransitGatewayId\": \"tgw-1\", \"VpcId\": \"vpc-%u\", \"State\": "
			"\"available\", \"SubnetIds\": [\"subnet-%u-private-0\", "
			"\"subnet-%u-private-1\", \"subnet-%u-private-2\"]}",
			v, v, v, v, v);
	list_end(&list);
	list = list_begin(out, "TransitGatewayAttachments");
	fputs("{\"TransitGatewayAttachmentId\": \"tgw-attach-vpn\", \"TransitGatewayId\": "
	      "\"tgw-1\", \"ResourceType\": \"vpn\", \"State\": \"available\", \"Association\": "
	      "{\"TransitGatewayRouteTableId\": \"tgw-rtb-0\", \"State\": \"associated\"}}",
	      list_item(&list));
	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		fprintf(list_item(&list),
			"{\"TransitGatewayAttachmentId\": \"tgw-attach-%u\", "
			"\"TransitGatewayId\": \"tgw-1\", \"ResourceType\": \"vpc\", "
			"\"ResourceId\": \"vpc-%u\", \"State\": \"available\", \"Association\": "
			"{\"TransitGatewayRouteTableId\": \"tgw-rtb-%u\", \"State\": "
			"\"associated\"}}",
			v, v, tgw_table_of(v));
	list_end(&list);
	list = list_begin(out, "TransitGatewayRouteTables");
	for (unsigned i = 0; i < 3; i++)
		fprintf(list_item(&list),
			"{\"TransitGatewayRouteTableId\": \"tgw-rtb-%u\", \"TransitGatewayId\": "
			"\"tgw-1\", \"State\": \"available\"}",
			i);
	list_end(&list);
	for (unsigned i = 0; i < 3; i++)
		write_tgw_table(out, i);
}

static void write_route(FILE *out, const char *destination, const char *target, const char *id)
{
	fprintf(out, ",\n  {\"%s\": \"%s\", \"%s\": \"%s\", \"State\": \"active\"}",
		strncmp(destination, "pl-", 3) == 0 ? "DestinationPrefixListId"
		: strchr(destination, ':')	    ? "DestinationIpv6CidrBlock"
						    : "DestinationCidrBlock",
		destination, target, id);
}

static void write_table(FILE *out, const struct network *network, unsigned v, enum layer layer,
			unsigned zone)
{
	char id[32];

	fprintf(out,
		"{\"RouteTableId\": \"rtb-%u-%s-%u\", \"VpcId\": \"vpc-%u\", \"OwnerId\": \"" OWNER
		"\", \"Associations\": [{\"SubnetId\": \"subnet-%u-%s-%u\"}], \"Routes\": "
		"[{\"DestinationCidrBlock\": \"10.%u.0.0/16\", \"GatewayId\": \"local\", "
		"\"State\": \"active\"}, {\"DestinationIpv6CidrBlock\": \"2600:1f18:%x::/48\", "
		"\"GatewayId\": \"local\", \"State\": \"active\"}",
		v, layers[layer], zone, v, v, layers[layer], zone, v, v);
	if (!(network->is_changed && v == 3 && layer == LAYER_DATA))
		write_route(out, "10.0.0.0/8", "TransitGatewayId", "tgw-1");
	write_route(out, "192.168.0.0/16", "TransitGatewayId", "tgw-1");
	snprintf(id, sizeof(id), layer == LAYER_PUBLIC ? "igw-%u" : "nat-%u-%u", v, zone);
	if (layer == LAYER_PUBLIC)
		write_route(out, "0.0.0.0/0", "GatewayId", id);
	if (layer == LAYER_PUBLIC)
		write_route(out, "::/0", "GatewayId", id);
	if (layer == LAYER_PRIVATE)
		write_route(out, "0.0.0.0/0", "NatGatewayId", id);
	snprintf(id, sizeof(id), "vpce-%u", v);
	if (layer != LAYER_PUBLIC)
		write_route(out, "pl-s3", "GatewayId", id);
	fputs("]}", out);
}

static void write_tables(FILE *out, const struct network *network)
{
	struct list list = list_begin(out, "RouteTables");

	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		for (unsigned i = 0; i < LAYER_COUNT * NETWORK_ZONES; i++)
			write_table(list_item(&list), network, v, (enum layer)(i / NETWORK_ZONES),
				    i % NETWORK_ZONES);
	list_end(&list);
}

static void write_entry(FILE *out, unsigned number, bool egress, const char *what)
{
	fprintf(out, "%s{\"RuleNumber\": %u, \"Egress\": %s, \"RuleAction\": \"allow\", %s}",
		number == 100 && !egress ? "" : ", ", number, egress ? "true" : "false", what);
}

static void write_acls(FILE *out)
{
	static const char *const all = "\"Protocol\": \"-1\", \"CidrBlock\": \"0.0.0.0/0\"";
	static const char *const all_v6 = "\"Protocol\": \"-1\", \"Ipv6CidrBlock\": \"::/0\"";
	static const char *const data[] = {
		"\"Protocol\": \"6\", \"PortRange\": {\"From\": 5432, \"To\": 5432}, "
		"\"CidrBlock\": \"10.0.0.0/8\"",
		"\"Protocol\": \"6\", \"PortRange\": {\"From\": 6379, \"To\": 6379}, "
		"\"CidrBlock\": \"10.0.0.0/8\"",
		"\"Protocol\": \"6\", \"PortRange\": {\"From\": 22, \"To\": 22}, \"CidrBlock\": "
		"\"10.0.0.0/8\"",
		"\"Protocol\": \"6\", \"PortRange\": {\"From\": 1024, \"To\": 65535}, "
		"\"CidrBlock\": \"0.0.0.0/0\"",
		"\"Protocol\": \"1\", \"IcmpTypeCode\": {\"Type\": -1, \"Code\": -1}, "
		"\"CidrBlock\": \"10.0.0.0/8\"",
	};
	struct list list = list_begin(out, "NetworkAcls");

	for (unsigned v = 0; v < NETWORK_VPCS; v++) {
		fprintf(list_item(&list),
			"{\"NetworkAclId\": \"acl-%u\", \"VpcId\": \"vpc-%u\", \"IsDefault\": "
			"true, \"Associations\": [], \"Entries\": [",
			v, v);
		for (unsigned egress = 0; egress < 2; egress++) {
			write_entry(out, 100, egress, all);
			write_entry(out, 101, egress, all_v6);
		}
		fputs("]}", out);
		fprintf(list_item(&list),
			"{\"NetworkAclId\": \"acl-data-%u\", \"VpcId\": \"vpc-%u\", \"IsDefault\": "
			"false, \"Associations\": [{\"SubnetId\": \"subnet-%u-data-0\"}, "
			"{\"SubnetId\": \"subnet-%u-data-1\"}, {\"SubnetId\": "
			"\"subnet-%u-data-2\"}], "
			"\"Entries\": [",
			v, v, v, v, v);
		for (unsigned i = 0; i < ARRAY_LEN(data); i++)
			write_entry(out, 100 + i, false, data[i]);
		write_entry(out, 100, true, all);
		fputs("]}", out);
	}
	list_end(&list);
}

/* A rule's protocol and ports, and who: a block, a list, or a service of the VPC. */
struct grant {
	const char *protocol;
	int	    from, to;
	const char *peer;
};

enum { GRANTS_MAX = 8 };

static void write_peer(FILE *out, unsigned v, const char *peer)
{
	static const char *const lists[] = { "IpRanges", "Ipv6Ranges", "PrefixListIds",
					     "UserIdGroupPairs" };
	static const char *const members[] = { "CidrIp", "CidrIpv6", "PrefixListId", "GroupId" };
	size_t			 which = strncmp(peer, "pl-", 3) == 0 ? 2
					 : strchr(peer, ':')	      ? 1
					 : strchr(peer, '/')	      ? 0
								      : 3;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		fprintf(out, ", \"%s\": [", lists[i]);
		if (i == which && which == 3)
			fprintf(out, "{\"GroupId\": \"sg-%u-%s\"}", v, peer);
		else if (i == which)
			fprintf(out, "{\"%s\": \"%s\"}", members[i], peer);
		fputs("]", out);
	}
}

static void write_grants(FILE *out, unsigned v, const struct grant *grants, size_t count)
{
	for (size_t i = 0; i < count && grants[i].protocol; i++) {
		fprintf(out, "%s{\"IpProtocol\": \"%s\"", i ? ",\n    " : "", grants[i].protocol);
		if (grants[i].protocol[0] != '-')
			fprintf(out, ", \"FromPort\": %d, \"ToPort\": %d", grants[i].from,
				grants[i].to);
		write_peer(out, v, grants[i].peer);
		fputs("}", out);
	}
}

static const struct grant ingress[NETWORK_SERVICES][GRANTS_MAX] = {
	[NETWORK_WEB] = { { "tcp", 443, 443, "0.0.0.0/0" },
			  { "tcp", 443, 443, "::/0" },
			  { "tcp", 80, 80, "0.0.0.0/0" },
			  { "tcp", 22, 22, "bastion" },
			  { "icmp", -1, -1, "10.0.0.0/8" },
			  { "tcp", 9100, 9110, "10.0.0.0/16" } },
	[NETWORK_BASTION] = { { "tcp", 22, 22, "pl-offices" },
			      { "tcp", 22, 22, "192.168.0.0/16" },
			      { "icmp", 8, -1, "10.0.0.0/8" },
			      { "tcp", 9100, 9110, "10.0.0.0/16" } },
	[NETWORK_APP] = { { "tcp", 8080, 8080, "web" },
			  { "tcp", 22, 22, "bastion" },
			  { "icmp", -1, -1, "10.0.0.0/8" },
			  { "tcp", 9100, 9110, "10.0.0.0/16" },
			  { "udp", 8125, 8125, "api" } },
	[NETWORK_API] = { { "tcp", 8443, 8443, "app" },
			  { "tcp", 8443, 8443, "192.168.10.0/24" },
			  { "tcp", 22, 22, "bastion" },
			  { "tcp", 9100, 9110, "10.0.0.0/16" },
			  { "tcp", 8443, 8500, "10.2.0.0/15" } },
	[NETWORK_DB] = { { "tcp", 5432, 5432, "app" },
			 { "tcp", 5432, 5432, "api" },
			 { "tcp", 22, 22, "bastion" },
			 { "tcp", 5432, 5432, "10.0.64.0/18" },
			 { "tcp", 9100, 9110, "10.0.0.0/16" } },
	[NETWORK_CACHE] = { { "tcp", 6379, 6379, "app" },
			    { "tcp", 6379, 6380, "web" },
			    { "tcp", 22, 22, "bastion" },
			    { "icmp", 8, -1, "10.0.0.0/8" } },
};

static void write_group(FILE *out, const struct network *network, unsigned v, unsigned service)
{
	static const struct grant everywhere[] = { { "-1", 0, 0, "0.0.0.0/0" },
						   { "-1", 0, 0, "::/0" } };
	static const struct grant data[] = { { "tcp", 443, 443, "pl-s3" },
					     { "udp", 53, 53, "10.0.0.0/8" } };
	struct grant		  grants[GRANTS_MAX];
	bool			  is_data = services[service].layer == LAYER_DATA;

	memcpy(grants, ingress[service], sizeof(grants));
	if (network->is_changed && v == 5 && service == NETWORK_DB)
		grants[3].peer = "10.0.0.0/8";
	if (network->is_changed && v == 7 && service == NETWORK_API)
		grants[4].to = 8450;
	fprintf(out,
		"{\"GroupId\": \"sg-%u-%s\", \"GroupName\": \"%u-%s\", \"VpcId\": \"vpc-%u\", "
		"\"OwnerId\": \"" OWNER "\", \"IpPermissions\": [",
		v, services[service].name, v, services[service].name, v);
	write_grants(out, v, grants, GRANTS_MAX);
	fputs("], \"IpPermissionsEgress\": [", out);
	write_grants(out, v, is_data ? data : everywhere, ARRAY_LEN(data));
	fputs("]}", out);
}

static void write_groups(FILE *out, const struct network *network)
{
	struct list list = list_begin(out, "SecurityGroups");

	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		for (unsigned service = 0; service < NETWORK_SERVICES; service++)
			write_group(list_item(&list), network, v, service);
	list_end(&list);
}

/* The n-th interface: VPCs in turn, then services, then zones. */
struct place {
	unsigned vpc, service, zone, number;
};

static struct place place_of(uint32_t n)
{
	return (struct place){ .vpc = n % NETWORK_VPCS,
			       .service = n / NETWORK_VPCS % NETWORK_SERVICES,
			       .zone = n / (NETWORK_VPCS * NETWORK_SERVICES) % NETWORK_ZONES,
			       .number = n / NETWORK_LEAST };
}

static void write_host(FILE *out, const struct network *network, uint32_t n)
{
	struct place place = place_of(n);
	const char  *name = services[place.service].name;
	enum layer   layer = services[place.service].layer;
	unsigned     octet = subnet_octet(layer, place.zone);
	unsigned     host = FIRST_HOST + 2 * place.number + place.service % 2;
	char	     id[32];

	network_eni_id(place.vpc, (enum network_service)place.service,
		       place.number * NETWORK_ZONES + place.zone, id);
	fprintf(out,
		"{\"NetworkInterfaceId\": \"%s\", \"OwnerId\": \"" OWNER
		"\", \"InterfaceType\": \"interface\", \"VpcId\": \"vpc-%u\", \"SubnetId\": "
		"\"subnet-%u-%s-%u\", \"Attachment\": {\"InstanceId\": \"i-%06u\"}, \"Groups\": "
		"[{\"GroupId\": \"sg-%u-%s\"}%s], \"PrivateIpAddresses\": [{\"PrivateIpAddress\": "
		"\"10.%u.%u.%u\"",
		id, place.vpc, place.vpc, layers[layer], place.zone, n, place.vpc, name,
		network->is_changed && n == 2 + NETWORK_VPCS * NETWORK_APP
			? ", {\"GroupId\": \"sg-2-api\"}"
			: "",
		place.vpc, octet + host / 256, host % 256);
	if (layer == LAYER_PUBLIC)
		fprintf(out, ", \"Association\": {\"PublicIp\": \"35.%u.%u.%u\"}", place.vpc,
			n / NETWORK_VPCS / 256, n / NETWORK_VPCS % 256);
	fputs("}]", out);
	if (place.service == NETWORK_WEB)
		fprintf(out, ", \"Ipv6Addresses\": [{\"Ipv6Address\": \"2600:1f18:%x:%x00::%x\"}]",
			place.vpc, octet, host);
	fputs("}", out);
}

/* Nodes of NAT gateways and load balancers, which are on others' ways. */
static void write_nodes(struct list *list)
{
	for (unsigned v = 0; v < NETWORK_VPCS; v++)
		for (unsigned zone = 0; zone < NETWORK_ZONES; zone++) {
			unsigned octet = subnet_octet(LAYER_PUBLIC, zone);

			fprintf(list_item(list),
				"{\"NetworkInterfaceId\": \"eni-nat-%u-%u\", \"InterfaceType\": "
				"\"nat_gateway\", \"SourceDestCheck\": false, \"VpcId\": "
				"\"vpc-%u\", \"SubnetId\": \"subnet-%u-public-%u\", \"Groups\": "
				"[], "
				"\"PrivateIpAddresses\": [{\"PrivateIpAddress\": \"10.%u.%u.5\", "
				"\"Association\": {\"PublicIp\": \"34.240.%u.%u\"}}]}",
				v, zone, v, v, zone, v, octet, v, zone);
			if (v >= BALANCED_VPCS)
				continue;
			fprintf(list_item(list),
				"{\"NetworkInterfaceId\": \"eni-lb-%u-%u\", \"InterfaceType\": "
				"\"interface\", \"Description\": \"ELB app/front-%u/1\", "
				"\"VpcId\": "
				"\"vpc-%u\", \"SubnetId\": \"subnet-%u-public-%u\", \"Groups\": "
				"[{\"GroupId\": \"sg-%u-web\"}], \"PrivateIpAddresses\": "
				"[{\"PrivateIpAddress\": \"10.%u.%u.6\", \"Association\": "
				"{\"PublicIp\": \"34.241.%u.%u\"}}]}",
				v, zone, v, v, v, zone, v, v, octet, v, zone);
		}
}

static void write_hosts(FILE *out, const struct network *network)
{
	struct list list = list_begin(out, "NetworkInterfaces");

	for (uint32_t n = 0; n < network->interfaces; n++)
		write_host(list_item(&list), network, n);
	write_nodes(&list);
	list_end(&list);
	list = list_begin(out, "Reservations");
	for (uint32_t n = 0; n < network->interfaces; n++) {
		struct place place = place_of(n);
		char	     id[32];

		network_eni_id(place.vpc, (enum network_service)place.service,
			       place.number * NETWORK_ZONES + place.zone, id);
		fprintf(list_item(&list),
			"{\"OwnerId\": \"" OWNER
			"\", \"Instances\": [{\"InstanceId\": \"i-%06u\", \"State\": {\"Name\": "
			"\"running\"}, \"NetworkInterfaces\": [{\"NetworkInterfaceId\": \"%s\"}], "
			"\"Tags\": [{\"Key\": \"Tier\", \"Value\": \"%s\"}]}]}",
			n, id, services[place.service].name);
	}
	list_end(&list);
}

#define ARN "arn:aws:elasticloadbalancing:eu-west-1:" OWNER ":"

static void write_balancers(FILE *out)
{
	for (unsigned v = 0; v < BALANCED_VPCS; v++)
		fprintf(out,
			"{\"LoadBalancers\": [{\"LoadBalancerArn\": \"" ARN
			"loadbalancer/app/front-%u/1\", \"LoadBalancerName\": \"front-%u\", "
			"\"Type\": \"application\", \"VpcId\": \"vpc-%u\"}], \"Listeners\": "
			"[{\"ListenerArn\": \"" ARN "listener/app/front-%u/1/1\", "
			"\"LoadBalancerArn\": \"" ARN "loadbalancer/app/front-%u/1\", \"Port\": "
			"443, \"Protocol\": \"HTTPS\", \"DefaultActions\": [{\"TargetGroupArn\": "
			"\"" ARN "targetgroup/app-%u/1\"}]}], \"Rules\": [{\"RuleArn\": \"" ARN
			"listener-rule/app/front-%u/1/1/1\", \"Actions\": [{\"TargetGroupArn\": "
			"\"" ARN "targetgroup/app-%u/1\"}]}], \"TargetGroups\": "
			"[{\"TargetGroupArn\": \"" ARN "targetgroup/app-%u/1\", \"Protocol\": "
			"\"HTTP\", \"Port\": 8080, \"VpcId\": \"vpc-%u\", \"TargetType\": "
			"\"instance\"}]}\n{\"TargetGroupArn\": \"" ARN
			"targetgroup/app-%u/1\", \"TargetHealthDescriptions\": [{\"Target\": "
			"{\"Id\": \"i-%06u\", \"Port\": 8080}, \"TargetHealth\": {\"State\": "
			"\"healthy\"}}]}\n",
			v, v, v, v, v, v, v, v, v, v, v, v + NETWORK_VPCS * NETWORK_APP);
}

static void write_snapshot(FILE *out, const struct network *network)
{
	write_places(out);
	write_gateways(out);
	write_tgw(out);
	write_tables(out, network);
	write_acls(out);
	write_groups(out, network);
	write_hosts(out, network);
	write_balancers(out);
}

static void write_policy(FILE *out, const struct network *network)
{
	(void)network;
	for (size_t i = 0; i < NETWORK_SERVICES; i++)
		fprintf(out, "tier %s = tag:Tier=%s\n", services[i].name, services[i].name);
	fputs("tier offices = 198.51.100.0/24 203.0.113.0/25 192.0.2.17/32\n\n"
	      "allow internet -> web : tcp/443 tcp/80\nallow offices -> bastion : tcp/22\n"
	      "allow web -> app : tcp/8080\nallow app -> api : tcp/8443\n"
	      "allow app -> db : tcp/5432\nallow api -> db : tcp/5432\n"
	      "allow app -> cache : tcp/6379\nallow web -> cache : tcp/6379\n"
	      "allow bastion -> any : tcp/22\ndeny any -> db\n",
	      out);
}

static int write_file(const char *folder, const char *name, const struct network *network,
		      void (*write)(FILE *out, const struct network *network))
{
	char  path[LINE_SIZE];
	FILE *out;
	int   failed;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	if (!out)
		return -1;
	write(out, network);
	failed = ferror(out);
	return fclose(out) != 0 || failed ? -1 : 0;
}

int network_write(const struct network *network, const char *folder)
{
	if (write_file(folder, "snapshot.json", network, write_snapshot) < 0)
		return -1;
	return write_file(folder, "network.policy", network, write_policy);
}
