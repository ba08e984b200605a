/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/made_estate.h"

#include <stdio.h>

#include "lib/base/mem.h"

static const char *const tier_names[] = { "web", "app", "db" };
static const uint32_t	 tier_sizes[] = { MADE_WEBS, MADE_APPS, MADE_DBS };
static const char *const groups[] = { "sg-0e0000000000000a1", "sg-0e0000000000000b2",
				      "sg-0e0000000000000c3" };
static const char *const acls[] = { "acl-0e0000000000000a1", "acl-0e0000000000000b2",
				    "acl-0e0000000000000c3" };

uint64_t made_hash(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

static void put_id(char *out, size_t size, const char *kind, uint64_t hash)
{
	snprintf(out, size, "%s-0%016llx", kind, (unsigned long long)hash);
}

/* A subnet is 10.0.N.0/20, N = 32 * tier + 16 * zone, and 2600:1f18:1234:56NN::/64. */
static unsigned subnet_octet(enum made_tier tier, uint32_t zone)
{
	return (unsigned)tier * 32 + zone * 16;
}

static void put_subnet_id(char *out, size_t size, enum made_tier tier, uint32_t zone)
{
	put_id(out, size, "subnet", made_hash(0x5000 + subnet_octet(tier, zone)));
}

struct made_host made_host_at(enum made_tier tier, uint32_t index)
{
	struct made_host host = { .tier = tier, .index = index, .zone = index % MADE_ZONES };
	unsigned	 octet = subnet_octet(tier, host.zone);
	uint32_t	 number = 10 + index / MADE_ZONES;
	uint64_t	 hash = made_hash((uint64_t)tier << 32 | index);
	uint8_t		 v6[16] = { 0x26, 0x00, 0x1f, 0x18, 0x12, 0x34, 0x56, (uint8_t)octet };

	for (size_t i = 0; i < 8; i++)
		v6[8 + i] = (uint8_t)(hash >> (8 * i));
	host.v4 = ip_v4(10, 0, (uint8_t)(octet + number / 256), (uint8_t)number);
	host.v6 = ip_from_bytes(IP_V6, v6);
	put_id(host.eni, sizeof(host.eni), "eni", hash);
	put_id(host.instance, sizeof(host.instance), "i", made_hash(hash));
	put_subnet_id(host.subnet, sizeof(host.subnet), tier, host.zone);
	return host;
}

static void write_network(FILE *out)
{
	fputs("{\"Vpcs\": [{\"VpcId\": \"" MADE_VPC "\", \"OwnerId\": \"" MADE_ACCOUNT
	      "\", \"CidrBlock\": \"10.0.0.0/16\", \"CidrBlockAssociationSet\": [{\"CidrBlock\": "
	      "\"10.0.0.0/16\", \"CidrBlockState\": {\"State\": \"associated\"}}], "
	      "\"Ipv6CidrBlockAssociationSet\": [{\"Ipv6CidrBlock\": \"2600:1f18:1234:5600::/56\", "
	      "\"Ipv6CidrBlockState\": {\"State\": \"associated\"}}]}],\n"
	      "\"InternetGateways\": [{\"InternetGatewayId\": \"igw-0e0000000000000a1\", "
	      "\"OwnerId\": \"" MADE_ACCOUNT "\", \"Attachments\": [{\"State\": \"available\", "
	      "\"VpcId\": \"" MADE_VPC "\"}]}],\n"
	      "\"RouteTables\": [{\"RouteTableId\": \"rtb-0e0000000000000a1\", \"VpcId\": "
	      "\"" MADE_VPC "\", \"OwnerId\": \"" MADE_ACCOUNT
	      "\", \"Associations\": [{\"Main\": true}], "
	      "\"Routes\": [{\"DestinationCidrBlock\": \"10.0.0.0/16\", \"GatewayId\": \"local\", "
	      "\"State\": \"active\"}, {\"DestinationIpv6CidrBlock\": "
	      "\"2600:1f18:1234:5600::/56\", "
	      "\"GatewayId\": \"local\", \"State\": \"active\"}, {\"DestinationCidrBlock\": "
	      "\"0.0.0.0/0\", \"GatewayId\": \"igw-0e0000000000000a1\", \"State\": \"active\"}, "
	      "{\"DestinationIpv6CidrBlock\": \"::/0\", \"GatewayId\": \"igw-0e0000000000000a1\", "
	      "\"State\": \"active\"}]}],\n\"Subnets\": [",
	      out);
	for (unsigned i = 0; i < MADE_TIER_COUNT * MADE_ZONES; i++) {
		char	 id[25];
		unsigned octet = subnet_octet(i / MADE_ZONES, i % MADE_ZONES);

		put_subnet_id(id, sizeof(id), i / MADE_ZONES, i % MADE_ZONES);
		fprintf(out,
			"%s\n  {\"SubnetId\": \"%s\", \"VpcId\": \"" MADE_VPC
			"\", \"OwnerId\": \"" MADE_ACCOUNT "\", \"CidrBlock\": \"10.0.%u.0/20\", "
			"\"AvailabilityZone\": \"" MADE_REGION "%c\", \"AvailabilityZoneId\": "
			"\"euw1-az%u\", \"Ipv6CidrBlockAssociationSet\": [{\"Ipv6CidrBlock\": "
			"\"2600:1f18:1234:56%02x::/64\", \"Ipv6CidrBlockState\": {\"State\": "
			"\"associated\"}}]}",
			i ? "," : "", id, octet, 'a' + (char)(i % MADE_ZONES), i % MADE_ZONES + 1,
			octet);
	}
	fputs("]}\n", out);
}

struct permission {
	const char *protocol;
	int	    from, to;
	const char *v4, *v6; /* may be NULL */
	const char *group;   /* or this */
};

static void write_permissions(FILE *out, const struct permission *permissions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct permission *p = &permissions[i];

		fprintf(out, "%s{\"IpProtocol\": \"%s\", ", i ? ", " : "", p->protocol);
		if (p->protocol[0] != '-')
			fprintf(out, "\"FromPort\": %d, \"ToPort\": %d, ", p->from, p->to);
		fprintf(out, "\"IpRanges\": [%s%s%s], ", p->v4 ? "{\"CidrIp\": \"" : "",
			p->v4 ? p->v4 : "", p->v4 ? "\"}" : "");
		fprintf(out, "\"Ipv6Ranges\": [%s%s%s], ", p->v6 ? "{\"CidrIpv6\": \"" : "",
			p->v6 ? p->v6 : "", p->v6 ? "\"}" : "");
		fprintf(out, "\"UserIdGroupPairs\": [%s%s%s], \"PrefixListIds\": []}",
			p->group ? "{\"UserId\": \"" MADE_ACCOUNT "\", \"GroupId\": \"" : "",
			p->group ? p->group : "", p->group ? "\"}" : "");
	}
}

/* The database's second rule is the one that somebody forgot to take away. */
static void write_groups(FILE *out)
{
	static const struct permission ingress[MADE_TIER_COUNT][4] = {
		{ { "tcp", 443, 443, "0.0.0.0/0", "::/0", NULL },
		  { "tcp", 22, 22, "10.0.240.0/24", NULL, NULL },
		  { "icmp", -1, -1, "10.0.0.0/16", NULL, NULL } },
		{ { "tcp", 8080, 8080, NULL, NULL, "sg-0e0000000000000a1" },
		  { "tcp", 22, 22, "10.0.240.0/24", NULL, NULL },
		  { "icmp", -1, -1, "10.0.0.0/16", NULL, NULL } },
		{ { "tcp", 5432, 5432, NULL, NULL, "sg-0e0000000000000b2" },
		  { "tcp", 5432, 5432, "10.0.0.0/18", NULL, NULL },
		  { "icmp", -1, -1, "10.0.0.0/16", NULL, NULL } },
	};
	static const struct permission egress[] = { { "-1", 0, 0, "0.0.0.0/0", "::/0", NULL } };

	fputs("{\"SecurityGroups\": [", out);
	for (size_t tier = 0; tier < MADE_TIER_COUNT; tier++) {
		fprintf(out,
			"%s\n  {\"GroupId\": \"%s\", \"GroupName\": \"%s\", \"VpcId\": \"" MADE_VPC
			"\", \"OwnerId\": \"" MADE_ACCOUNT
			"\", \"Description\": \"%s servers\", \"IpPermissions\": [",
			tier ? "," : "", groups[tier], tier_names[tier], tier_names[tier]);
		write_permissions(out, ingress[tier], 3);
		fputs("], \"IpPermissionsEgress\": [", out);
		write_permissions(out, egress, ARRAY_LEN(egress));
		fputs("]}", out);
	}
	fputs("]}\n", out);
}

static void write_entry(FILE *out, unsigned number, const char *what)
{
	fprintf(out, "{\"RuleNumber\": %u, %s}, ", number, what);
}

/* Both directions' last entries, as AWS shows them. */
static void write_final_entries(FILE *out)
{
	write_entry(out, 32767,
		    "\"Protocol\": \"-1\", \"RuleAction\": \"deny\", \"Egress\": false, "
		    "\"CidrBlock\": \"0.0.0.0/0\"");
	write_entry(out, 32768,
		    "\"Protocol\": \"-1\", \"RuleAction\": \"deny\", \"Egress\": false, "
		    "\"Ipv6CidrBlock\": \"::/0\"");
	write_entry(out, 32767,
		    "\"Protocol\": \"-1\", \"RuleAction\": \"deny\", \"Egress\": true, "
		    "\"CidrBlock\": \"0.0.0.0/0\"");
	fputs("{\"RuleNumber\": 32768, \"Protocol\": \"-1\", \"RuleAction\": \"deny\", \"Egress\": "
	      "true, \"Ipv6CidrBlock\": \"::/0\"}",
	      out);
}

static void write_acl_entries(FILE *out, enum made_tier tier)
{
	static const char *const all =
		"\"Protocol\": \"-1\", \"RuleAction\": \"allow\", \"Egress\": false, "
		"\"CidrBlock\": \"0.0.0.0/0\"";
	static const char *const all_v6 =
		"\"Protocol\": \"-1\", \"RuleAction\": \"allow\", \"Egress\": false, "
		"\"Ipv6CidrBlock\": \"::/0\"";
	static const char *const database =
		"\"Protocol\": \"6\", \"RuleAction\": \"allow\", \"Egress\": false, \"CidrBlock\": "
		"\"10.0.0.0/16\", \"PortRange\": {\"From\": 5432, \"To\": 5432}";
	static const char *const database_v6 =
		"\"Protocol\": \"6\", \"RuleAction\": \"allow\", \"Egress\": false, "
		"\"Ipv6CidrBlock\": \"2600:1f18:1234:5600::/56\", \"PortRange\": {\"From\": 5432, "
		"\"To\": 5432}";

	if (tier == MADE_WEB)
		write_entry(out, 90,
			    "\"Protocol\": \"-1\", \"RuleAction\": \"deny\", \"Egress\": false, "
			    "\"CidrBlock\": \"" MADE_DENIED_BLOCK "\"");
	write_entry(out, 100, tier == MADE_DB ? database : all);
	write_entry(out, 101, tier == MADE_DB ? database_v6 : all_v6);
	write_entry(out, 100,
		    "\"Protocol\": \"-1\", \"RuleAction\": \"allow\", \"Egress\": true, "
		    "\"CidrBlock\": \"0.0.0.0/0\"");
	write_entry(out, 101,
		    "\"Protocol\": \"-1\", \"RuleAction\": \"allow\", \"Egress\": true, "
		    "\"Ipv6CidrBlock\": \"::/0\"");
	write_final_entries(out);
}

static void write_acls(FILE *out)
{
	fputs("{\"NetworkAcls\": [", out);
	for (unsigned tier = 0; tier < MADE_TIER_COUNT; tier++) {
		fprintf(out,
			"%s\n  {\"NetworkAclId\": \"%s\", \"VpcId\": \"" MADE_VPC
			"\", \"OwnerId\": \"" MADE_ACCOUNT
			"\", \"IsDefault\": false, \"Associations\": [",
			tier ? "," : "", acls[tier]);
		for (uint32_t zone = 0; zone < MADE_ZONES; zone++) {
			char id[25];

			put_subnet_id(id, sizeof(id), tier, zone);
			fprintf(out, "%s{\"NetworkAclId\": \"%s\", \"SubnetId\": \"%s\"}",
				zone ? ", " : "", acls[tier], id);
		}
		fputs("], \"Entries\": [", out);
		write_acl_entries(out, tier);
		fputs("]}", out);
	}
	fputs("]}\n", out);
}

static void write_eni(FILE *out, const struct made_host *host)
{
	char v4[IP_TEXT_SIZE], v6[IP_TEXT_SIZE];

	ip_print(host->v4, v4);
	ip_print(host->v6, v6);
	fprintf(out,
		"  {\"NetworkInterfaceId\": \"%s\", \"OwnerId\": \"" MADE_ACCOUNT
		"\", \"InterfaceType\": \"interface\", \"Status\": \"in-use\", \"VpcId\": "
		"\"" MADE_VPC "\", \"SubnetId\": \"%s\", \"AvailabilityZone\": \"" MADE_REGION
		"%c\", \"Attachment\": {\"InstanceId\": \"%s\", \"DeviceIndex\": 0, \"Status\": "
		"\"attached\"}, \"Groups\": [{\"GroupId\": \"%s\", \"GroupName\": \"%s\"}], "
		"\"PrivateIpAddress\": \"%s\", \"PrivateIpAddresses\": [{\"Primary\": true, "
		"\"PrivateIpAddress\": \"%s\"}], \"Ipv6Addresses\": [{\"Ipv6Address\": \"%s\"}], "
		"\"RequesterManaged\": false, \"SourceDestCheck\": true, \"TagSet\": []}",
		host->eni, host->subnet, 'a' + (char)host->zone, host->instance, groups[host->tier],
		tier_names[host->tier], v4, v4, v6);
}

static void write_instance(FILE *out, const struct made_host *host)
{
	char v4[IP_TEXT_SIZE];

	ip_print(host->v4, v4);
	fprintf(out,
		"  {\"OwnerId\": \"" MADE_ACCOUNT "\", \"Instances\": [{\"InstanceId\": \"%s\", "
		"\"State\": {\"Code\": 16, \"Name\": \"running\"}, \"VpcId\": \"" MADE_VPC
		"\", \"SubnetId\": \"%s\", \"PrivateIpAddress\": \"%s\", \"Placement\": "
		"{\"AvailabilityZone\": \"" MADE_REGION "%c\"}, \"Tags\": [{\"Key\": \"Name\", "
		"\"Value\": \"%s-%u\"}, {\"Key\": \"Tier\", \"Value\": \"%s\"}]}]}",
		host->instance, host->subnet, v4, 'a' + (char)host->zone, tier_names[host->tier],
		host->index + 1, tier_names[host->tier]);
}

static void write_hosts(FILE *out, const char *key,
			void (*write)(FILE *out, const struct made_host *host))
{
	const char *between = "\n";

	fprintf(out, "{\"%s\": [", key);
	for (unsigned tier = 0; tier < MADE_TIER_COUNT; tier++)
		for (uint32_t i = 0; i < tier_sizes[tier]; i++) {
			struct made_host host = made_host_at(tier, i);

			fputs(between, out);
			write(out, &host);
			between = ",\n";
		}
	fputs("]}\n", out);
}

static void write_snapshot(FILE *out)
{
	write_network(out);
	write_groups(out);
	write_acls(out);
	write_hosts(out, "NetworkInterfaces", write_eni);
	write_hosts(out, "Reservations", write_instance);
}

static void write_policy(FILE *out)
{
	fputs("tier web = tag:Tier=web\ntier app = tag:Tier=app\ntier db  = tag:Tier=db\n\n"
	      "allow internet -> web : tcp/443\nallow web -> app : tcp/8080\n"
	      "allow app -> db : tcp/5432\nallow web -> internet : tcp/443 udp/123\n"
	      "deny  any -> db\n",
	      out);
}

static int write_file(const char *folder, const char *name, void (*write)(FILE *out))
{
	char  path[4096];
	FILE *out;
	int   failed;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	if (!out)
		return -1;
	write(out);
	failed = ferror(out);
	return fclose(out) != 0 || failed ? -1 : 0;
}

int made_estate_write(const char *folder)
{
	if (write_file(folder, "snapshot.json", write_snapshot) < 0)
		return -1;
	return write_file(folder, "estate.policy", write_policy);
}
